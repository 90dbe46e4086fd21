import { createSign } from 'node:crypto';
import { TributaryError } from '../../domain/errors.ts';
import type { Secret } from './config.ts';

const SCOPE = 'https://www.googleapis.com/auth/datamanager';
/** Who the assertion is for, wherever it is sent: https://developers.google.com/identity/protocols/oauth2/service-account */
const AUDIENCE = 'https://oauth2.googleapis.com/token';
/** As long as Google allows. */
const ASSERTION_SECONDS = 3_600;

/** The form that asks for a token of an hour in the name of the service account (RFC 7523). */
export function grantOf({ client_email, private_key }: Secret, now: Date): URLSearchParams {
  const issued = Math.floor(now.getTime() / 1_000);
  const claims = { iss: client_email, scope: SCOPE, aud: AUDIENCE, iat: issued, exp: issued + ASSERTION_SECONDS };
  const body = [{ alg: 'RS256', typ: 'JWT' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion: `${body}.${signatureOf(body, private_key)}`,
  });
}

function signatureOf(text: string, privateKey: string): string {
  try {
    return createSign('RSA-SHA256').update(text).sign(privateKey, 'base64url');
  } catch {
    // The library's words may quote the key.
    const says = 'private_key is no RSA key in PEM form; put the whole key file into the secret';
    throw new TributaryError('config', 'google-ads/unusable-key', says);
  }
}
