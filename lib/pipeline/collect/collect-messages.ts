import type { RawRequest } from '../../connectors/contract-deliveries.ts';
import type { Change, Rejection } from '../../domain/change.ts';
import { isJsonObject, isShallow, type Json, type JsonObject } from '../../domain/json.ts';
import { changesOf } from '../../domain/tracking/change-of.ts';
import type { ReadClient } from '../../domain/tracking/device.ts';
import { objectIn, readMessage } from '../../domain/tracking/message.ts';
import { type Asked, type Envelope, MOST_MESSAGE_BYTES, MOST_MESSAGES, type Unopened } from './collect-request.ts';

/** What a request says, in our words. */
export interface Said {
  readonly changes: readonly Change[];
  readonly rejected: readonly Rejection[];
}

export interface ReadingOptions {
  /** When the request arrived, in milliseconds. */
  readonly at: number;
  readonly newId: () => string;
  readonly readClient: ReadClient;
  readonly blocked: ReadonlySet<string>;
  readonly source: string;
  readonly asked: Asked;
}

/** Of a body that is no JSON so much is kept for a person to look at. */
const MOST_TEXT = 10_000;

/** Reads every message of a request. One that cannot be used is a rejection; its neighbours go on. */
export function readMessages(envelope: Envelope, request: RawRequest, options: ReadingOptions): Said {
  const { messages, batch, bytes } = envelope;
  if (messages.length === 0) {
    return rejected(batch, 'collection/empty-batch', 'batch: expected a list of messages');
  }
  if (messages.length > MOST_MESSAGES) {
    const reason = `a batch holds at most ${MOST_MESSAGES} messages`;
    return rejected({ messages: messages.length }, 'collection/too-many-messages', reason);
  }
  const { asked, source, readClient, ...common } = options;
  const received = { ...common, batch, ...('type' in asked ? { type: asked.type } : {}) };
  const surroundings = { source, location: locationOf(request), readClient };
  const changes: Change[] = [];
  const rejections: Rejection[] = [];
  // What a batch says of all its messages is part of each: a small body could otherwise become very many large changes.
  const shared = Buffer.byteLength(JSON.stringify(batch.context ?? {}));
  for (const raw of messages) {
    const size = isShallow(raw) ? shared + Buffer.byteLength(JSON.stringify(raw)) : 0;
    if (bytes + shared > MOST_MESSAGE_BYTES && size > MOST_MESSAGE_BYTES) {
      const reason = `a message takes at most ${MOST_MESSAGE_BYTES} bytes`;
      rejections.push({ code: 'collection/too-large', reason, record: raw });
      continue;
    }
    const message = readMessage(asked.for === 'pixel' ? withUserAgent(raw, request) : raw, received);
    const understood = message.ok ? changesOf(message.message, surroundings) : message;
    if (understood.ok) changes.push(...understood.changes);
    else rejections.push(understood.rejection);
  }
  return { changes, rejected: rejections };
}

/** What is kept of a body that could not be read. */
export function unread({ problem, text }: Unopened): Rejection {
  const record = { text: text.slice(0, MOST_TEXT) };
  if (problem === 'too-large') {
    return { code: 'collection/too-large', reason: 'the body is larger than the protocol allows', record };
  }
  return { code: 'collection/invalid-json', reason: 'the body is no JSON object', record };
}

/** Where the edge saw a browser or a phone (CloudFront's headers). A server's place says nothing about a person. */
function locationOf({ headers }: RawRequest): JsonObject {
  const agent = headers['user-agent'] ?? '';
  const isDevice =
    headers.origin !== undefined || headers.referer !== undefined || /^(Mozilla|okhttp|Dalvik)|CFNetwork/.test(agent);
  if (!isDevice) return {};
  const said = {
    country: headers['cloudfront-viewer-country'],
    region: headers['cloudfront-viewer-country-region'],
    city: headers['cloudfront-viewer-city'],
    metro: headers['cloudfront-viewer-metro-code'],
    postal_code: headers['cloudfront-viewer-postal-code'],
    timezone: headers['cloudfront-viewer-time-zone'],
  };
  return Object.fromEntries(Object.entries(said).flatMap(([name, value]) => (value ? [[name, value] as const] : [])));
}

/** A pixel has no script that could say which browser it is. */
function withUserAgent(raw: Json, { headers }: RawRequest): Json {
  if (!isJsonObject(raw)) return raw;
  return { ...raw, context: { userAgent: headers['user-agent'] ?? '', ...objectIn(raw.context) } };
}

function rejected(record: unknown, code: string, reason: string): Said {
  return { changes: [], rejected: [{ code, reason, record }] };
}
