import { TributaryError } from '../../domain/errors.ts';
import { errorOf, type Failure, networkErrors, unless, unreadableAnswers } from '../requests.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** A segment that was just made takes users after some seconds, at times after one or two minutes. */
const NOT_READY_MS = 30 * SECOND;

const tokenRefused: Failure = {
  kind: 'auth',
  code: 'linkedin/token-refused',
  says: 'LinkedIn refused the access token; it expired or was withdrawn: put a new one into the secret',
};
const missingPermission: Failure = {
  kind: 'config',
  code: 'linkedin/missing-permission',
  says: 'the access token may not do this; give app and member the permissions and roles that docs/connectors/linkedin.md lists',
};
const notFound: Failure = {
  kind: 'rejected',
  code: 'linkedin/not-found',
  says: 'LinkedIn does not have what was asked for, or does not show it to this access token',
};
const refused: Failure = {
  kind: 'defect',
  code: 'linkedin/request-refused',
  says: 'LinkedIn did not accept a request as we made it',
};
const throttled: Failure = {
  kind: 'rate-limited',
  code: 'linkedin/throttled',
  says: 'LinkedIn takes no more requests for now',
  // It does not say how long: some limits are of a minute, others of a day that ends at midnight UTC.
  retryAfterMs: 5 * MINUTE,
};
const unavailable: Failure = {
  kind: 'transient',
  code: 'linkedin/unavailable',
  says: 'LinkedIn could not answer; whether a write was done is unknown',
};

/** LinkedIn, "API error details"; 426 is its answer to a version that is not there any more. */
const statuses: ReadonlyMap<number, Failure> = new Map([
  [401, tokenRefused],
  [403, missingPermission],
  [404, notFound],
  [
    426,
    {
      kind: 'config',
      code: 'linkedin/version-sunset',
      says: 'LinkedIn does not serve this version of its API any more; set a later `api_version`',
    },
  ],
  [429, throttled],
]);

/** LinkedIn's refusal as ours. `serviceCode`: the number of its own that the body holds, if any. `waitMs`: if it ever says. */
export function linkedinError(status: number, serviceCode: number | undefined, waitMs?: number): TributaryError {
  const failure = status >= 500 ? unavailable : (statuses.get(status) ?? refused);
  return errorOf(failure, `HTTP ${status}${serviceCode === undefined ? '' : `, code ${serviceCode}`}`, waitMs);
}

/** The token endpoint's refusal. It tells other things than the API: 400 is a refresh token or an app that it does not know. */
export function refreshError(status: number): TributaryError {
  if (status === 429 || status >= 500) return linkedinError(status, undefined);
  const says = `LinkedIn did not renew the access token (HTTP ${status}); the refresh token expired or is of another app: sign in again`;
  return new TributaryError('auth', 'linkedin/refresh-refused', says);
}

export const networkError = networkErrors('LinkedIn', {
  stopped: 'linkedin/stopped',
  unreachable: 'linkedin/unreachable',
});
export const unreadableAnswer = unreadableAnswers('LinkedIn', 'linkedin/unreadable-answer');

/** A listing whose records moved to other places again and again while it was read. */
export function listingMoved(): TributaryError {
  const says = 'LinkedIn’s listing changed each time that it was read on; the next run begins where this one stands';
  return new TributaryError('transient', 'linkedin/listing-moved', says);
}

/** A setting of the connection that is needed for what was asked. */
export function missingSetting(setting: 'ad_account' | 'organization' | 'source_platform', needed: string) {
  return new TributaryError('config', 'linkedin/missing-setting', `${needed} need \`${setting}\` of the connection`);
}

export function segmentNotReady(): TributaryError {
  const says = 'LinkedIn does not take users of the segment yet, which was made a moment ago';
  return new TributaryError('rate-limited', 'linkedin/segment-not-ready', says, { retryAfterMs: NOT_READY_MS });
}

export function segmentGone(): TributaryError {
  const says = 'the segment was deleted while people were being changed';
  return new TributaryError('transient', 'linkedin/segment-gone', says);
}

/** One bad user fails the whole request; whoever cuts the batch in halves finds them. */
export function usersRefused(): TributaryError {
  const says = 'LinkedIn did not accept at least one of the users';
  return new TributaryError('rejected', 'linkedin/users-refused', says);
}

/** An answer, or undefined where what was asked for is not there (any more). */
export function unlessNotFound<T>(answer: Promise<T>): Promise<T | undefined> {
  return unless(notFound.code, answer);
}

export function isNotFound(thrown: unknown): boolean {
  return isOf(thrown, notFound);
}

export function isRequestRefused(thrown: unknown): boolean {
  return isOf(thrown, refused);
}

export function isMissingPermission(thrown: unknown): boolean {
  return isOf(thrown, missingPermission);
}

export function isTokenRefused(thrown: unknown): boolean {
  return isOf(thrown, tokenRefused);
}

function isOf(thrown: unknown, { code }: Failure): boolean {
  return thrown instanceof TributaryError && thrown.code === code;
}
