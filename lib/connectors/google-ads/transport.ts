import type { Json } from '../../domain/json.ts';
import type { ConnectorIo } from '../contract.ts';
import { GOOGLE_TOKENS, openGoogleSignIn } from '../google-sign-in.ts';
import { type Answer, jsonIn, openRequests } from '../requests.ts';
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

export interface Request {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Json;
}

/** Signs in when it must, and again once when a token is refused; one leave of the budget for each request. */
export interface Transport {
  /** Requests sent so far, sign-in included. */
  readonly calls: () => number;
  /** The answer's JSON. `what` names it in errors. `takes` may make an answer of a refusal that is none of ours to throw. */
  send(what: string, request: Request, takes?: (refusal: Refusal) => Json | undefined): Promise<Json>;
}

/** An endpoint of the connection's own is both: the API, and below it the place that gives tokens. */
export function openTransport(endpoint: string | undefined, secret: Secret, io: ConnectorIo): Transport {
  const own = endpoint?.replace(/(?<!\/)\/+$/, '');
  const requests = openRequests(io, networkError);
  const signIn = openGoogleSignIn(requests, {
    tokens: own === undefined ? GOOGLE_TOKENS : `${own}/token`,
    scope: SCOPE,
    key: secret,
    now: io.now,
    refused: signInError,
    unreadable: unreadableAnswer,
    unusableKey,
  });

  async function ask({ method, path, query, headers, body }: Request): Promise<Answer> {
    const search = query === undefined ? '' : `?${new URLSearchParams(query).toString()}`;
    return requests.send(`${own ?? HOME}${path}${search}`, {
      method,
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${await signIn.token()}`,
        ...headers,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      timeoutMs: TIMEOUT_MS,
    });
  }

  return {
    calls: requests.calls,
    async send(what, request, takes) {
      let answer = await ask(request);
      if (answer.status === 401) {
        // A token may end before its time. One that is new and refused means the account.
        signIn.forget();
        answer = await ask(request);
      }
      if (answer.ok) {
        const json = jsonIn(answer.text());
        if (json === undefined) throw unreadableAnswer(what);
        return json;
      }
      const refusal = refusalOf(answer.status, answer.text(), answer.headers.get('retry-after'));
      const taken = takes?.(refusal);
      if (taken === undefined) throw googleError(refusal);
      return taken;
    },
  };
}
