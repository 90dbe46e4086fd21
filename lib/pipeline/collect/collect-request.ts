import { gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import type { RawRequest } from '../../connectors/contract-deliveries.ts';
import { isJsonObject, isShallow, type Json, type JsonObject } from '../../domain/json.ts';
import { plainPath } from '../../domain/plain-path.ts';
import { type MessageType, messageTypeNamed, objectIn } from '../../domain/tracking/message.ts';

/** What a path of the tracking protocol asks for. */
export type Asked =
  | { readonly for: 'batch' }
  | { readonly for: 'message' | 'pixel'; readonly type: MessageType }
  | { readonly for: 'settings'; readonly writeKey: string }
  | { readonly for: 'source-config' | 'metrics' | 'nothing' };

/** Paths of Segment's and RudderStack's clients, and of Jitsu's (`/api/s/…`). */
const paths: readonly (readonly [form: RegExp, read: (part: string) => Asked])[] = [
  [/^\/v1\/(?:batch|import|b)$|^\/beacon\/v1\/batch$/, () => ({ for: 'batch' })],
  [/^\/v1\/m$/, () => ({ for: 'metrics' })],
  [/^\/v1\/projects\/([^/]+)\/settings$/, (writeKey) => ({ for: 'settings', writeKey })],
  [/^\/(?:v1\/pixel|pixel\/v1)\/([a-z]+)$/, (name) => asked('pixel', name)],
  [/^\/(?:v1|api\/s(?:\/s2s)?)\/([a-z]+)$/, (name) => asked('message', name)],
  [/^\/sourceConfig$/, () => ({ for: 'source-config' })],
];

/** Segment's limits (docs, "HTTP API source"): one call, and one batch. */
export const MOST_MESSAGE_BYTES = 32 * 1024;
const MOST_BATCH_BYTES = 500 * 1024;
export const MOST_MESSAGES = 2_500;

/** A body that was read: the messages in it, and what the batch says for all of them. */
export interface Envelope {
  readonly messages: readonly Json[];
  readonly batch: JsonObject;
  readonly bytes: number;
}

/** A body that cannot be read, and as much of it as is text. */
export interface Unopened {
  readonly ok: false;
  readonly problem: 'invalid-json' | 'too-large' | 'empty';
  readonly text: string;
}

export type Opened = { readonly ok: true; readonly envelope: Envelope } | Unopened;

/** What a request asks for; a slash at the end of its path means nothing. */
export function askedBy({ path }: Pick<RawRequest, 'path'>): Asked {
  const plain = plainPath(path) || path;
  for (const [form, read] of paths) {
    const match = form.exec(plain);
    if (match !== null) return read(match[1] ?? '');
  }
  return { for: 'nothing' };
}

/** Opens the body of a request, or the query of a pixel. */
export function openEnvelope(request: RawRequest, asked: Asked): Opened {
  if (asked.for === 'pixel') return openPixel(request.query);
  const most = asked.for === 'batch' ? MOST_BATCH_BYTES : MOST_MESSAGE_BYTES;
  const bytes = inflated(request, most);
  if (bytes === 'broken') return { ok: false, problem: 'invalid-json', text: '' };
  if (bytes === 'too-large' || bytes.byteLength > most) return { ok: false, problem: 'too-large', text: '' };
  const text = bytes.toString('utf8');
  if (text.trim() === '') return { ok: false, problem: 'empty', text };
  const value = parsed(text);
  if (!isJsonObject(value)) return { ok: false, problem: 'invalid-json', text };
  if (asked.for !== 'batch') return { ok: true, envelope: { messages: [value], batch: {}, bytes: bytes.byteLength } };
  const { batch: messages, ...batch } = value;
  if (!isShallow(batch)) return { ok: false, problem: 'invalid-json', text: '' };
  const list = Array.isArray(messages) ? (messages as readonly Json[]) : [];
  return { ok: true, envelope: { messages: list, batch, bytes: bytes.byteLength } };
}

/**
 * The write keys that a request shows, the most trusted first: a header before the query, the query before the body,
 * because clients of some vendors write a masked key into the body.
 */
export function writeKeysOf({ headers, query }: RawRequest, envelope?: Envelope): readonly string[] {
  const [first] = envelope?.messages ?? [];
  const shown = [
    basicUser(headers.authorization),
    headers['x-write-key'],
    query.writeKey,
    envelope?.batch.writeKey,
    objectIn(first).writeKey,
  ];
  return shown.filter((key): key is string => typeof key === 'string' && key !== '');
}

function asked(what: 'message' | 'pixel', name: string): Asked {
  const type = messageTypeNamed(name);
  return type === undefined ? { for: 'nothing' } : { for: what, type };
}

/** Basic authorisation: the key is the user name. Some clients leave out the colon after it. */
function basicUser(authorization: string | undefined): string | undefined {
  const encoded = /^Basic\s+(\S+)$/i.exec(authorization ?? '')?.[1];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8').split(':')[0];
}

/**
 * The body as text bytes. Inflation stops at the limit, so that a small body cannot become a large one. What says that it
 * is compressed may not be, and the other way round: the first bytes tell.
 */
function inflated({ headers, body }: RawRequest, most: number): Buffer | 'too-large' | 'broken' {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const encoding = (headers['content-encoding'] ?? '').trim().toLowerCase();
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  try {
    const limit = { maxOutputLength: most };
    if (isGzip) return gunzipSync(bytes, limit);
    if (encoding !== 'deflate' || bytes[0] === 0x7b) return bytes;
    // "deflate" means the zlib form; some clients send the bare one (RFC 9110, 8.4.1.2).
    return (bytes[0] ?? 0) % 16 === 8 ? inflateSync(bytes, limit) : inflateRawSync(bytes, limit);
  } catch (error) {
    const isLarge = error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    return isLarge ? 'too-large' : 'broken';
  }
}

/** Segment's pixel carries a message in `data`, RudderStack's a parameter for each field: `properties.plan=pro`. */
function openPixel(query: Readonly<Record<string, string>>): Opened {
  const { data, ...fields } = query;
  const text = Buffer.from((data ?? '').replaceAll(' ', '+'), 'base64').toString('utf8');
  const message = data === undefined ? nested(fields) : parsed(text);
  if (!isJsonObject(message) || !isShallow(message)) return { ok: false, problem: 'invalid-json', text };
  const bytes = Buffer.byteLength(JSON.stringify(message));
  return { ok: true, envelope: { messages: [message], batch: {}, bytes } };
}

function nested(fields: Readonly<Record<string, string>>): JsonObject {
  const message = new Map<string, Json>();
  for (const [path, value] of Object.entries(fields)) {
    const [name = '', inner] = path.split('.', 2);
    message.set(name, inner === undefined ? value : { ...objectIn(message.get(name)), [inner]: value });
  }
  return Object.fromEntries(message);
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined; // The refusal is the answer: this is no JSON.
  }
}
