import type { Json } from '../../domain/json.ts';
import type { ConnectorIo } from '../contract.ts';
import { type GoogleRequest, openGoogle } from '../google-sign-in.ts';
import { jsonIn, queryText } from '../requests.ts';
import type { Secret } from './config.ts';
import {
  googleError,
  networkError,
  type Refusal,
  refusalOf,
  signInError,
  unreadableAnswer,
  unusableKey,
} from './errors.ts';

const HOME = 'https://datamanager.googleapis.com';
const SCOPE = 'https://www.googleapis.com/auth/datamanager';
/** Ten thousand members are a megabyte and a half, and are checked before the answer. */
const TIMEOUT_MS = 60_000;

export interface Request extends GoogleRequest {
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
}

export interface Transport {
  /** Requests sent so far, sign-in included. */
  readonly calls: () => number;
  /** The answer's JSON. `what` names it in errors. `takes` may make an answer of a refusal that is none of ours to throw. */
  send(what: string, request: Request, takes?: (refusal: Refusal) => Json | undefined): Promise<Json>;
}

export function openTransport(endpoint: string | undefined, key: Secret, io: ConnectorIo): Transport {
  const errors = { networkError, signInError, unreadableAnswer, unusableKey };
  const google = openGoogle(io, { home: HOME, endpoint, scope: SCOPE, key, timeoutMs: TIMEOUT_MS, errors });
  return {
    calls: google.calls,
    async send(what, { path, query = {}, ...request }, takes) {
      const answer = await google.send(`${path}${queryText(query)}`, request);
      if (answer.ok) {
        const json = jsonIn(answer.text());
        if (json === undefined) throw unreadableAnswer(what);
        return json;
      }
      const refusal = refusalOf(answer);
      const taken = takes?.(refusal);
      if (taken === undefined) throw googleError(refusal);
      return taken;
    },
  };
}
