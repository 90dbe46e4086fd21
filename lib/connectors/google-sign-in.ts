import { createSign } from 'node:crypto';
import * as z from 'zod';
import type { TributaryError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import { plainPath } from '../domain/plain-path.ts';
import type { ConnectorIo } from './contract.ts';
import { type Answer, jsonIn, type NetworkError, openRequests, type Requests } from './requests.ts';

/** Where Google gives tokens. */
const GOOGLE_TOKENS = 'https://oauth2.googleapis.com/token';

/** The key file of a service account, as Google Cloud gives it; what is not named here is not read. */
export const googleKey = z.object({
  client_email: z.string('expected client_email of the key file').min(3, 'expected client_email of the key file'),
  private_key: z.string('expected private_key of the key file').min(1, 'expected private_key of the key file'),
});

export type GoogleKey = z.infer<typeof googleKey>;

export interface GoogleParts {
  /** Where the API is. */
  readonly home: string;
  /** An endpoint of the connection's own is both: the API, and below it the place that gives tokens. */
  readonly endpoint: string | undefined;
  readonly scope: string;
  readonly key: GoogleKey;
  readonly timeoutMs: number;
  /** The connector's own errors. */
  readonly errors: {
    readonly networkError: NetworkError;
    /** Of a sign-in that was refused, of an answer that is none, of a key that is none. */
    readonly signInError: (answer: Answer) => TributaryError;
    readonly unreadableAnswer: (what: string) => TributaryError;
    readonly unusableKey: () => TributaryError;
  };
}

/** Requests to an API of Google in the name of a service account. */
export interface GoogleRequests {
  /** Requests sent so far, sign-in included. */
  readonly calls: () => number;
  /** Signs in when it must, and once more when a token is refused. `path` begins at the API. */
  send(path: string, request: GoogleRequest): Promise<Answer>;
}

export interface GoogleRequest {
  readonly method: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Json;
}

/** Opens them: one leave of the budget for each request. */
export function openGoogle(io: ConnectorIo, parts: GoogleParts): GoogleRequests {
  const own = parts.endpoint === undefined ? undefined : plainPath(parts.endpoint);
  const requests = openRequests(io, parts.errors.networkError);
  const signIn = openSignIn(requests, parts, own === undefined ? GOOGLE_TOKENS : `${own}/token`, io.now);

  async function ask(path: string, { method, headers, body }: GoogleRequest): Promise<Answer> {
    return requests.send(`${own ?? parts.home}${path}`, {
      method,
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${await signIn.token()}`,
        ...headers,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      timeoutMs: parts.timeoutMs,
    });
  }

  return {
    calls: requests.calls,
    async send(path, request) {
      const answer = await ask(path, request);
      if (answer.status !== 401) return answer;
      // A token may end before its time. One that is new and refused means the account.
      signIn.forget();
      return ask(path, request);
    },
  };
}

/** As long as Google allows an assertion to hold. */
const ASSERTION_SECONDS = 3_600;
/** A token that ends so soon is not begun with. */
const SPARE_MS = 60_000;

const granted = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() });

/** Tokens of an hour: asked for when one is needed, and kept until it ends, or is refused before. */
function openSignIn(requests: Requests, parts: GoogleParts, tokens: string, clock: () => Date) {
  let held: { readonly token: string; readonly until: number } | undefined;
  return {
    async token(): Promise<string> {
      const now = clock();
      if (held !== undefined && held.until > now.getTime()) return held.token;
      const answer = await requests.send(tokens, { method: 'POST', body: grantOf(parts, now) });
      if (!answer.ok) throw parts.errors.signInError(answer);
      const parsed = granted.safeParse(jsonIn(answer.text()));
      if (!parsed.success) throw parts.errors.unreadableAnswer('the sign-in');
      const { access_token: token, expires_in } = parsed.data;
      held = { token, until: now.getTime() + expires_in * 1_000 - SPARE_MS };
      return token;
    },
    forget(): void {
      held = undefined;
    },
  };
}

/** The form that asks for a token (RFC 7523). https://developers.google.com/identity/protocols/oauth2/service-account */
function grantOf({ scope, key, errors }: GoogleParts, now: Date): URLSearchParams {
  const issued = Math.floor(now.getTime() / 1_000);
  // Who the assertion is for, wherever it is sent.
  const claims = { iss: key.client_email, scope, aud: GOOGLE_TOKENS, iat: issued, exp: issued + ASSERTION_SECONDS };
  const body = [{ alg: 'RS256', typ: 'JWT' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  let signature: string;
  try {
    signature = createSign('RSA-SHA256').update(body).sign(key.private_key, 'base64url');
  } catch {
    throw errors.unusableKey(); // The library's words may quote the key.
  }
  return new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion: `${body}.${signature}`,
  });
}
