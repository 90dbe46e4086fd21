import { createSign } from 'node:crypto';
import * as z from 'zod';
import type { TributaryError } from '../domain/errors.ts';
import { type Answer, jsonIn, type Requests } from './requests.ts';

/** Where Google gives tokens. */
export const GOOGLE_TOKENS = 'https://oauth2.googleapis.com/token';

/** The key file of a service account, as Google Cloud gives it; what is not named here is not read. */
export const googleKey = z.object({
  client_email: z.string('expected client_email of the key file').min(3, 'expected client_email of the key file'),
  private_key: z.string('expected private_key of the key file').min(1, 'expected private_key of the key file'),
});

export type GoogleKey = z.infer<typeof googleKey>;

/** Tokens of an hour in the name of a service account: asked for when one is needed, and kept until it ends. */
export interface GoogleSignIn {
  token(): Promise<string>;
  /** The token was refused before its time. */
  forget(): void;
}

export interface GoogleSignInParts {
  /** Where tokens are given: `GOOGLE_TOKENS`, or an endpoint in its place. */
  readonly tokens: string;
  readonly scope: string;
  readonly key: GoogleKey;
  readonly now: () => Date;
  /** The connector's own errors: of a sign-in that was refused, of an answer that is none, of a key that is none. */
  readonly refused: (answer: Answer) => TributaryError;
  readonly unreadable: (what: string) => TributaryError;
  readonly unusableKey: () => TributaryError;
}

/** As long as Google allows an assertion to hold. */
const ASSERTION_SECONDS = 3_600;
/** A token that ends so soon is not begun with. */
const SPARE_MS = 60_000;

const granted = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() });

export function openGoogleSignIn(requests: Pick<Requests, 'send'>, parts: GoogleSignInParts): GoogleSignIn {
  let held: { readonly token: string; readonly until: number } | undefined;
  return {
    async token() {
      const now = parts.now();
      if (held !== undefined && held.until > now.getTime()) return held.token;
      const answer = await requests.send(parts.tokens, { method: 'POST', body: grantOf(parts, now) });
      if (!answer.ok) throw parts.refused(answer);
      const parsed = granted.safeParse(jsonIn(answer.text()));
      if (!parsed.success) throw parts.unreadable('the sign-in');
      const { access_token: token, expires_in } = parsed.data;
      held = { token, until: now.getTime() + expires_in * 1_000 - SPARE_MS };
      return token;
    },
    forget() {
      held = undefined;
    },
  };
}

/** The form that asks for a token (RFC 7523). https://developers.google.com/identity/protocols/oauth2/service-account */
function grantOf({ scope, key, unusableKey }: GoogleSignInParts, now: Date): URLSearchParams {
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
    throw unusableKey(); // The library's words may quote the key.
  }
  return new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion: `${body}.${signature}`,
  });
}
