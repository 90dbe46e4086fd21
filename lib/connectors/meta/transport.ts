import { z } from 'zod';
import type { Json } from '../../domain/json.ts';
import { macOf } from '../../domain/signed-message.ts';
import type { ConnectorIo } from '../contract.ts';
import type { Secret } from './config.ts';
import { metaError, networkError, type Refusal, unreadableAnswer } from './errors.ts';
import { VERSION } from './manifest.ts';
import { waitIn } from './usage.ts';

/** Meta documents no limit of its own; ten thousand rows take some seconds. */
const TIMEOUT_MS = 60_000;

export interface Request {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below the version: `/me`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: Json;
  /** Another than the connection's own, such as a page's. */
  readonly token?: string;
}

/** Sends requests: one leave of the budget for each, the token in a header, no repetition, every failure ours. */
export interface Transport {
  /** Requests sent so far. */
  readonly calls: () => number;
  /** The answer's JSON. `what` names it in errors. */
  send(what: string, request: Request): Promise<Json>;
}

const told = z.object({
  error: z.object({
    code: z.number(),
    message: z.string().nullish(),
    error_subcode: z.number().nullish(),
    error_user_title: z.string().nullish(),
    error_user_msg: z.string().nullish(),
    is_transient: z.boolean().nullish(),
  }),
});

export function openTransport(base: string, secret: Secret, io: ConnectorIo): Transport {
  let calls = 0;
  return {
    calls: () => calls,
    async send(what, { method, path, query = {}, body, token = secret.access_token }) {
      if (io.signal.aborted) throw networkError(undefined, true);
      await io.calls.ask();
      calls += 1;
      let response: Response;
      let text: string;
      try {
        const proof = { appsecret_proof: proofOf(token, secret.app_secret) };
        response = await io.fetch(`${base}/${VERSION}${path}${queryText({ ...query, ...proof })}`, {
          method,
          headers: {
            accept: 'application/json',
            authorization: `Bearer ${token}`,
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          signal: AbortSignal.any([io.signal, AbortSignal.timeout(TIMEOUT_MS)]),
        });
        text = await response.text();
      } catch (thrown) {
        throw networkError(thrown, io.signal.aborted);
      }
      const answer = parsedOr(text);
      const error = told.safeParse(answer).data?.error;
      // Some calls answer 200 with an error in the body.
      if (error !== undefined || !response.ok) throw metaError(refusalOf(response, error));
      if (answer === undefined) throw unreadableAnswer(what);
      return answer;
    },
  };
}

/** Proves that whoever has the token has the app's secret too (Graph API, "Secure Graph API calls"); itself no secret. */
function proofOf(token: string, appSecret: string | undefined): string | undefined {
  return appSecret === undefined ? undefined : macOf({ algorithm: 'sha256', encoding: 'hex' }, appSecret, [token]);
}

function queryText(query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}

function refusalOf(response: Response, error: z.infer<typeof told>['error'] | undefined): Refusal {
  return {
    status: response.status,
    code: error?.code,
    subcode: error?.error_subcode ?? undefined,
    transient: error?.is_transient ?? undefined,
    words: [error?.message, error?.error_user_title, error?.error_user_msg].join('\n'),
    waitMs: waitIn(response.headers),
  };
}

/** Large or unlucky requests are answered with a page for people, or with half an answer. */
function parsedOr(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined; // The caller says what was asked for.
  }
}
