import * as z from 'zod';
import type { Json } from '../../domain/json.ts';
import type { ConnectorIo } from '../contract.ts';
import { type Answer, jsonIn, openRequests, queryText } from '../requests.ts';
import type { Secret } from './config.ts';
import { klaviyoError, networkError, type Refusal, unreadableAnswer } from './errors.ts';
import { REVISION } from './manifest.ts';

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
  const requests = openRequests(io, networkError);
  return {
    calls: requests.calls,
    async send(what, { method, path, query = {}, body }) {
      const answer = await requests.send(`${base}${path}${queryText(query)}`, {
        method,
        headers: {
          accept: 'application/vnd.api+json',
          authorization: `Klaviyo-API-Key ${secret.private_key}`,
          revision: REVISION,
          ...(body === undefined ? {} : { 'content-type': 'application/vnd.api+json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      if (!answer.ok) throw klaviyoError(refusalOf(answer));
      const json = jsonIn(answer.text());
      if (json === undefined && answer.text() !== '') throw unreadableAnswer(what);
      return json;
    },
  };
}

function refusalOf({ status, text, waitMs }: Answer): Refusal {
  // An error's body may be a page for people, or nothing.
  const first = told.safeParse(jsonIn(text())).data?.errors[0];
  return { status, code: first?.code, parameter: first?.source?.parameter, waitMs };
}
