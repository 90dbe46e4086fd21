import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Json } from '../../lib/domain/json.ts';
import type { Rig } from './rig.ts';

/** What happens to one answer on its way. `refused` is answered in the tool's place, which never hears the request. */
export type Trouble =
  | {
      readonly kind: 'refused';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: Json;
    }
  /** The tool did what it was asked, and the line breaks in the middle of its answer. */
  | { readonly kind: 'cut' }
  /** The same, before the first byte. */
  | { readonly kind: 'reset' }
  /** The answer is that many milliseconds late. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** A page for people in the answer's place, with a success, as hotels and proxies serve them. */
  | { readonly kind: 'page' }
  /** The tool calls a field otherwise since today. */
  | { readonly kind: 'renamed'; readonly field: string };

/** A request as the road sees it: the how-manieth it is, from 1. */
export interface Passing {
  readonly number: number;
  readonly method: string;
  readonly path: string;
}

/** What passes by itself, by what a connector must do about it. */
export const passingTroubles: Readonly<Record<string, (passing: Passing) => Trouble>> = {
  'comes through a storm of rate limits with nobody lost': () => ({
    kind: 'refused',
    status: 429,
    headers: { 'retry-after': '1' },
  }),
  'comes through server errors with nobody lost': ({ number }) => ({
    kind: 'refused',
    status: number % 2 === 0 ? 500 : 503,
  }),
  'never takes an answer that was cut off for the whole': () => ({ kind: 'cut' }),
  'comes through broken connections with nobody lost': () => ({ kind: 'reset' }),
  'never takes a page for people for an answer': () => ({ kind: 'page' }),
};

/** Requests that are troubled one by one before the steps grow. */
const EACH_OF_THE_FIRST = 12;

/** Which request meets trouble after the one that did: each of the first, then in wider steps. */
export function nextTroubled(at: number): number {
  return at + Math.ceil(at / EACH_OF_THE_FIRST);
}

/** Drives on a road of its own between a rig and its simulator. */
export async function onRoad<T>(
  rig: Pick<Rig, 'vendor'>,
  trouble: (passing: Passing) => Trouble | undefined,
  drive: (road: Road) => Promise<T>,
): Promise<T> {
  const road = await openRoad(rig.vendor.url, trouble);
  try {
    return await drive(road);
  } finally {
    await road.close();
  }
}

/** A road between a connector and its simulator, on a loopback port of its own. */
export interface Road {
  /** The simulator's address, by this road. */
  readonly url: string;
  /** Requests so far, refused ones too. */
  readonly passed: readonly Passing[];
  /** Names of fields in the JSON answers so far. */
  readonly fields: ReadonlySet<string>;
  close(): Promise<void>;
}

/** Opens a road to a simulator; `trouble` says what happens to each answer (undefined = nothing). */
export async function openRoad(vendorUrl: string, trouble: (passing: Passing) => Trouble | undefined): Promise<Road> {
  const passed: Passing[] = [];
  const fields = new Set<string>();
  const vendor = new URL(vendorUrl);
  const server = createServer((incoming, outgoing) => {
    const passing = { number: passed.length + 1, method: incoming.method ?? '', path: incoming.url ?? '' };
    passed.push(passing);
    const met = trouble(passing);
    if (met?.kind === 'refused') {
      incoming.resume();
      outgoing
        .writeHead(met.status, { 'content-type': 'application/json', ...met.headers })
        .end(JSON.stringify(met.body ?? {}));
      return;
    }
    forward(vendor, incoming)
      .then(async (answer) => {
        if (met?.kind === 'slow') await sleep(met.ms);
        hand(answer, outgoing, met);
      })
      .catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const vendors = vendor.origin;

  function hand({ status, headers, body }: Answer, outgoing: ServerResponse, met: Trouble | undefined): void {
    // What the tool says of its own address leads back to this road.
    const text = isText(headers) ? body.toString('utf8').replaceAll(vendors, origin) : undefined;
    if (text !== undefined) for (const [, name = ''] of text.matchAll(/"([\w$.]+)"\s*:/g)) fields.add(name);
    const content = text === undefined ? body : Buffer.from(renamed(text, met));
    if (met?.kind === 'reset') {
      outgoing.destroy();
      return;
    }
    if (met?.kind === 'page') {
      outgoing
        .writeHead(200, { 'content-type': 'text/html' })
        .end('<!doctype html><title>Sign in to the network</title>');
      return;
    }
    const { 'transfer-encoding': _chunks, ...rest } = headers;
    const location = rest.location?.replace(vendors, origin);
    const told = { ...rest, 'content-length': `${content.length}`, ...(location === undefined ? {} : { location }) };
    outgoing.writeHead(status, told);
    if (met?.kind !== 'cut') outgoing.end(content);
    else outgoing.write(content.subarray(0, Math.floor(content.length / 2)), () => outgoing.destroy());
  }

  return {
    url: vendorUrl.replace(vendors, origin),
    passed,
    fields,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

async function forward(vendor: URL, incoming: IncomingMessage): Promise<Answer> {
  const asked = await whole(incoming);
  const { host: _host, connection: _connection, 'transfer-encoding': _chunks, ...headers } = incoming.headers;
  return new Promise((resolve, reject) => {
    const options = {
      host: vendor.hostname,
      port: vendor.port,
      method: incoming.method,
      path: incoming.url,
      headers: { ...headers, host: vendor.host, 'content-length': `${asked.length}` },
      agent: false,
    };
    const outgoing = httpRequest(options, (answer) => {
      whole(answer).then(
        (body) => resolve({ status: answer.statusCode ?? 502, headers: answer.headers, body }),
        reject,
      );
    });
    outgoing.on('error', reject).end(asked);
  });
}

async function whole(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

function isText(headers: IncomingMessage['headers']): boolean {
  return headers['content-encoding'] === undefined && /json|text|xml/.test(headers['content-type'] ?? '');
}

function renamed(text: string, met: Trouble | undefined): string {
  return met?.kind === 'renamed' ? text.replaceAll(`"${met.field}"`, `"${met.field}_since_today"`) : text;
}
