import * as z from 'zod';
import type { Json } from '../../domain/json.ts';
import type { ConnectorIo } from '../contract.ts';
import { type Answer, jsonIn, openRequests, queryText } from '../requests.ts';
import { networkError, type Refusal, sendgridError, unreadableAnswer } from './errors.ts';

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
  const requests = openRequests(io, networkError);
  return {
    calls: requests.calls,
    async send(what, { method, path, query = {}, body }) {
      const answer = await requests.send(`${base}${path}${queryText(query)}`, {
        method,
        headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      if (!answer.ok) throw sendgridError(refusalOf(answer), io.now());
      const json = jsonIn(answer.text());
      if (json === undefined && answer.text().trim() !== '') throw unreadableAnswer(what);
      return json;
    },
    async download(url) {
      // A URL of another kind than SendGrid's own would be somebody else's.
      const safe = URL.canParse(url) && (url.startsWith('https://') || new URL(url).origin === new URL(base).origin);
      if (!safe) throw unreadableAnswer('an export');
      const answer = await requests.send(url, { timeoutMs: DOWNLOAD_TIMEOUT_MS });
      // A page for people comes from a network on the way: read as lines, it would be a file that ends there.
      if (answer.ok && /html/.test(answer.headers.get('content-type') ?? ''))
        throw unreadableAnswer('a file of an export');
      if (answer.ok) return answer.bytes;
      // The store of files answers 403 or 404 for one that has expired: neither says anything of the key.
      const status = answer.status < 500 && answer.status !== 429 ? 404 : answer.status;
      throw sendgridError({ status }, io.now());
    },
  };
}

function refusalOf({ status, headers, text }: Answer): Refusal {
  const field = told.safeParse(jsonIn(text())).data?.errors[0]?.field;
  return { status, field: field ?? undefined, reset: headers.get('x-ratelimit-reset') ?? undefined };
}
