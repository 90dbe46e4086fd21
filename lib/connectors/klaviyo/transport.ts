import { z } from 'zod';
import type { Json } from '../../domain/json.ts';
import type { ConnectorIo } from '../contract.ts';
import type { Secret } from './config.ts';
import { klaviyoError, networkError, type Refusal, unreadableAnswer } from './errors.ts';
import { REVISION } from './manifest.ts';

/** Klaviyo documents no limit of its own; whoever waits longer than this is better off asking again. */
const TIMEOUT_MS = 30_000;

export interface Request {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
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
}

const told = z.object({
  errors: z
    .array(z.object({ code: z.string(), source: z.object({ parameter: z.string().optional() }).nullish() }))
    .min(1),
});

export function openTransport(base: string, secret: Secret, io: ConnectorIo): Transport {
  let calls = 0;
  return {
    calls: () => calls,
    async send(what, { method, path, query = {}, body }) {
      if (io.signal.aborted) throw networkError(undefined, true);
      await io.calls.ask();
      calls += 1;
      let response: Response;
      let text: string;
      try {
        response = await io.fetch(`${base}${path}${queryText(query)}`, {
          method,
          headers: {
            accept: 'application/vnd.api+json',
            authorization: `Klaviyo-API-Key ${secret.private_key}`,
            revision: REVISION,
            ...(body === undefined ? {} : { 'content-type': 'application/vnd.api+json' }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          signal: AbortSignal.any([io.signal, AbortSignal.timeout(TIMEOUT_MS)]),
        });
        text = await response.text();
      } catch (thrown) {
        throw networkError(thrown, io.signal.aborted);
      }
      if (!response.ok) throw klaviyoError(refusalOf(response, text));
      return text === '' ? undefined : readJson(text, what);
    },
  };
}

function queryText(query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}

function refusalOf(response: Response, text: string): Refusal {
  const first = told.safeParse(parsedOr(text)).data?.errors[0];
  return {
    status: response.status,
    code: first?.code,
    parameter: first?.source?.parameter,
    retryAfter: response.headers.get('retry-after') ?? undefined,
  };
}

/** An error's body may be a page for people, or nothing. */
function parsedOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readJson(text: string, what: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw unreadableAnswer(what);
  }
}
