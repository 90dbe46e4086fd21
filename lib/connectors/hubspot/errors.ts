import { TributaryError } from '../../domain/errors.ts';
import { errorOf, type Failure, networkErrors, unless, unreadableAnswers } from '../requests.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** An answer that is no success, as far as it tells something. */
export interface Refusal {
  readonly status: number;
  /** The body's own words: category and, of rate limits, the policy that was broken. */
  readonly category?: string | undefined;
  readonly policy?: string | undefined;
  readonly message?: string | undefined;
  /** By its Retry-After; documented of 477 only. */
  readonly waitMs?: number | undefined;
}

const tokenExpired: Failure = {
  kind: 'auth',
  code: 'hubspot/token-expired',
  says: 'the access token has expired; put a new one into the secret',
};
const tokenRefused: Failure = {
  kind: 'auth',
  code: 'hubspot/token-refused',
  says: 'HubSpot refused the access token; check the secret and that the app is still installed',
};
const missingScope: Failure = {
  kind: 'config',
  code: 'hubspot/missing-scope',
  says: 'the app may not do this; give it the scopes that docs/connectors/hubspot.md lists',
};
const dailyLimit: Failure = {
  kind: 'rate-limited',
  code: 'hubspot/daily-limit-reached',
  says: 'the account has no API requests left today',
  retryAfterMs: 60 * MINUTE,
};
const throttledTen: Failure = {
  kind: 'rate-limited',
  code: 'hubspot/throttled',
  says: 'HubSpot asked us to slow down',
  retryAfterMs: 10 * SECOND,
};
const throttledSecond: Failure = { ...throttledTen, retryAfterMs: SECOND };
const locked: Failure = {
  kind: 'rate-limited',
  code: 'hubspot/locked',
  says: 'the records are locked by another write',
  retryAfterMs: 2 * SECOND,
};
const migrating: Failure = {
  kind: 'rate-limited',
  code: 'hubspot/migrating',
  says: 'HubSpot moves the account to another data centre',
  retryAfterMs: 10 * MINUTE,
};
const unavailable: Failure = {
  kind: 'transient',
  code: 'hubspot/unavailable',
  says: 'HubSpot could not answer; whether a write was done is unknown',
};
const notFound: Failure = {
  kind: 'rejected',
  code: 'hubspot/not-found',
  says: 'HubSpot does not know what was asked for',
};
const conflict: Failure = {
  kind: 'rejected',
  code: 'hubspot/conflict',
  says: 'what was to be made exists already',
};
const tooManyFields: Failure = {
  kind: 'config',
  code: 'hubspot/too-many-fields',
  says: 'the names of all properties do not fit into one request; shorten `fields`',
};
const refused: Failure = {
  kind: 'defect',
  code: 'hubspot/request-refused',
  says: 'HubSpot did not accept a request as we made it',
};

/** Policies of a 429 (usage guidelines; recorded bodies of 2026). */
const policies: Readonly<Record<string, Failure>> = {
  DAILY: dailyLimit,
  TEN_SECONDLY_ROLLING: throttledTen,
  SECONDLY: throttledSecond,
};

/** Categories, which say more than the status. */
const categories: Readonly<Record<string, Failure>> = {
  EXPIRED_AUTHENTICATION: tokenExpired,
  INVALID_AUTHENTICATION: tokenRefused,
  MISSING_SCOPES: missingScope,
  OBJECT_NOT_FOUND: notFound,
  CONFLICT: conflict,
};

const statuses: Readonly<Record<number, Failure>> = {
  401: tokenRefused,
  403: missingScope,
  404: notFound,
  409: conflict,
  414: tooManyFields,
  423: locked,
  429: throttledTen,
  477: migrating,
};

/** HubSpot's refusal as ours. */
export function hubspotError(refusal: Refusal): TributaryError {
  const word = refusal.policy ?? refusal.category;
  const told = `HTTP ${refusal.status}${word === undefined ? '' : ` ${word.replace(/[^A-Z_]/g, '')}`}`;
  return errorOf(failureOf(refusal), told, refusal.waitMs);
}

/** The token endpoint's refusal: whatever it says, the secret does not sign in. */
export function signInError(refusal: Refusal): TributaryError {
  if (refusal.status === 429 || refusal.status >= 500) return hubspotError(refusal);
  const says = 'HubSpot does not renew the access token; check client_id, client_secret and refresh_token';
  return new TributaryError('auth', 'hubspot/token-refused', `${says} (HTTP ${refusal.status})`);
}

export const networkError = networkErrors('HubSpot', {
  stopped: 'hubspot/stopped',
  unreachable: 'hubspot/unreachable',
});
export const unreadableAnswer = unreadableAnswers('HubSpot', 'hubspot/unreadable-answer');

/** The answer, or undefined where HubSpot says that it has no such thing. */
export function unlessNotFound<T>(answer: Promise<T>): Promise<T | undefined> {
  return unless(notFound.code, answer);
}

function failureOf({ status, category, policy, message }: Refusal): Failure {
  if (status === 429) {
    const known = policies[policy ?? ''];
    if (known !== undefined) return known;
    // Search answers name no policy, only this sentence (recorded 2026; @hubspot/api-client 13.5.0 matches it too).
    return /secondly limit/i.test(message ?? '') ? throttledSecond : throttledTen;
  }
  if (status >= 500) return unavailable;
  return categories[category ?? ''] ?? statuses[status] ?? refused;
}
