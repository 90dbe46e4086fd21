import { createSign } from 'node:crypto';
import { TributaryError } from '../../domain/errors.ts';
import type { SalesforceSecret } from './config.ts';

/** Reports differ on whether Salesforce takes an assertion for three or five minutes; three always passes. */
const ASSERTION_SECONDS = 180;

/** The form that asks the token endpoint for a session: JWT bearer if the secret holds a key, else client credentials. */
export function grantOf(
  secret: SalesforceSecret,
  loginUrl: string,
  now: Date,
): { grant_type: string; [name: string]: string } {
  if (secret.private_key === undefined || secret.username === undefined) return { grant_type: 'client_credentials' };
  const claims = {
    iss: secret.client_id,
    sub: secret.username,
    aud: secret.audience ?? audienceOf(secret.login_url ?? loginUrl),
    exp: Math.floor(now.getTime() / 1000) + ASSERTION_SECONDS,
  };
  return {
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion: signed(claims, secret.private_key),
  };
}

function audienceOf(loginUrl: string): string {
  return /\.sandbox\.|^https:\/\/test\./.test(loginUrl)
    ? 'https://test.salesforce.com'
    : 'https://login.salesforce.com';
}

function signed(claims: object, privateKey: string): string {
  const body = [{ alg: 'RS256' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  try {
    return `${body}.${createSign('RSA-SHA256').update(body).sign(privateKey, 'base64url')}`;
  } catch {
    throw new TributaryError('config', 'salesforce/unusable-key', 'private_key is no RSA key in PEM form');
  }
}
