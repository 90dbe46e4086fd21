import { z } from 'zod';
import type { Json } from '../../domain/json.ts';
import type { ConnectorIo } from '../contract.ts';
import { networkError, type Refusal, sendgridError, unreadableAnswer } from './errors.ts';

/** A search may take SendGrid 20 seconds; whoever waits longer than this is better off asking again. */
const TIMEOUT_MS = 30_000;
const DOWNLOAD_TIMEOUT_MS = 120_000;

export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: Json;
}

/** Sends requests with the connection's key: one leave of the budget for each, no repetition, every failure ours. */
export interface Transport {
  /** Requests sent so far. */
  readonly calls: () => number;
  /** The answer's JSON; undefined where it holds none. `what` names it in errors. */
  send(what: string, request: Request): Promise<Json | undefined>;
  /** A file of an export, from the URL that SendGrid signed: without the key, which is nobody's matter there. */
  download(url: string): Promise<Uint8Array>;
}

const told = z.object({ errors: z.array(z.object({ field: z.string().nullish() })).min(1) });

export function openTransport(base: string, headers: Readonly<Record<string, string>>, io: ConnectorIo): Transport {
  let calls = 0;

  async function ask(
    url: string,
    init: RequestInit,
    timeoutMs: number,
  ): Promise<{ response: Response; bytes: Uint8Array }> {
    if (io.signal.aborted) throw networkError(undefined, true);
    await io.calls.ask();
    calls += 1;
    try {
      const signal = AbortSignal.any([io.signal, AbortSignal.timeout(timeoutMs)]);
      const response = await io.fetch(url, { ...init, signal });
      return { response, bytes: new Uint8Array(await response.arrayBuffer()) };
    } catch (thrown) {
      throw networkError(thrown, io.signal.aborted);
    }
  }

  return {
    calls: () => calls,
    async send(what, { method, path, query = {}, body }) {
      const { response, bytes } = await ask(
        `${base}${path}${queryText(query)}`,
        {
          method,
          headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        },
        TIMEOUT_MS,
      );
      const text = new TextDecoder().decode(bytes);
      if (!response.ok) throw sendgridError(refusalOf(response, text), io.now());
      return text.trim() === '' ? undefined : readJson(text, what);
    },
    async download(url) {
      // A URL of another kind than SendGrid's own would be somebody else's.
      const safe = URL.canParse(url) && (url.startsWith('https://') || new URL(url).origin === new URL(base).origin);
      if (!safe) throw unreadableAnswer('an export');
      const { response, bytes } = await ask(url, {}, DOWNLOAD_TIMEOUT_MS);
      if (response.ok) return bytes;
      // The store of files answers 403 or 404 for one that has expired: neither says anything of the key.
      const status = response.status < 500 && response.status !== 429 ? 404 : response.status;
      throw sendgridError({ status }, io.now());
    },
  };
}

function queryText(query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}

function refusalOf({ status, headers }: Response, text: string): Refusal {
  const field = told.safeParse(parsedOr(text)).data?.errors[0]?.field;
  return { status, field: field ?? undefined, reset: headers.get('x-ratelimit-reset') ?? undefined };
}

function readJson(text: string, what: string): Json {
  const parsed = parsedOr(text);
  if (parsed === undefined) throw unreadableAnswer(what);
  return parsed;
}

function parsedOr(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    // The parser's own message quotes the text.
    return undefined;
  }
}
