import * as z from 'zod';
import type { Json } from '../../domain/json.ts';
import { macOf } from '../../domain/signed-message.ts';
import type { ConnectorIo } from '../contract.ts';
import { type Answer, jsonIn, openRequests, queryText } from '../requests.ts';
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
  const requests = openRequests(io, networkError);
  return {
    calls: requests.calls,
    async send(what, { method, path, query = {}, body, token = secret.access_token }) {
      const proof = { appsecret_proof: proofOf(token, secret.app_secret) };
      const answer = await requests.send(`${base}/${VERSION}${path}${queryText({ ...query, ...proof })}`, {
        method,
        headers: {
          accept: 'application/json',
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        timeoutMs: TIMEOUT_MS,
      });
      const json = jsonIn(answer.text());
      const error = told.safeParse(json).data?.error;
      // Some calls answer 200 with an error in the body.
      if (error !== undefined || !answer.ok) throw metaError(refusalOf(answer, error));
      // Large or unlucky requests are answered with a page for people, or with half an answer.
      if (json === undefined) throw unreadableAnswer(what);
      return json;
    },
  };
}

/** Proves that whoever has the token has the app's secret too (Graph API, "Secure Graph API calls"); itself no secret. */
function proofOf(token: string, appSecret: string | undefined): string | undefined {
  return appSecret === undefined ? undefined : macOf({ algorithm: 'sha256', encoding: 'hex' }, appSecret, [token]);
}

function refusalOf({ status, headers }: Answer, error: z.infer<typeof told>['error'] | undefined): Refusal {
  return {
    status,
    code: error?.code,
    subcode: error?.error_subcode ?? undefined,
    transient: error?.is_transient ?? undefined,
    words: [error?.message, error?.error_user_title, error?.error_user_msg].join('\n'),
    waitMs: waitIn(headers),
  };
}
