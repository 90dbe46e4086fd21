import { type FailureKind, TributaryError } from '../../domain/errors.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

interface Verdict {
  readonly kind: FailureKind;
  readonly code: string;
  /** What it means for the operator; never HubSpot's own text, which may quote a person's data. */
  readonly says: string;
  readonly retryAfterMs?: number;
}

/** An answer that is no success, as far as it tells something. */
export interface Refusal {
  readonly status: number;
  /** The body's own words: category and, of rate limits, the policy that was broken. */
  readonly category?: string | undefined;
  readonly policy?: string | undefined;
  readonly message?: string | undefined;
  /** Seconds; documented of 477 only. */
  readonly retryAfter?: string | undefined;
}

const tokenExpired: Verdict = {
  kind: 'auth',
  code: 'hubspot/token-expired',
  says: 'the access token has expired; put a new one into the secret',
};
const tokenRefused: Verdict = {
  kind: 'auth',
  code: 'hubspot/token-refused',
  says: 'HubSpot refused the access token; check the secret and that the app is still installed',
};
const missingScope: Verdict = {
  kind: 'config',
  code: 'hubspot/missing-scope',
  says: 'the app may not do this; give it the scopes that docs/connectors/hubspot.md lists',
};
const dailyLimit: Verdict = {
  kind: 'rate-limited',
  code: 'hubspot/daily-limit-reached',
  says: 'the account has no API requests left today',
  retryAfterMs: 60 * MINUTE,
};
const throttledTen: Verdict = {
  kind: 'rate-limited',
  code: 'hubspot/throttled',
  says: 'HubSpot asked us to slow down',
  retryAfterMs: 10 * SECOND,
};
const throttledSecond: Verdict = { ...throttledTen, retryAfterMs: SECOND };
const locked: Verdict = {
  kind: 'rate-limited',
  code: 'hubspot/locked',
  says: 'the records are locked by another write',
  retryAfterMs: 2 * SECOND,
};
const migrating: Verdict = {
  kind: 'rate-limited',
  code: 'hubspot/migrating',
  says: 'HubSpot moves the account to another data centre',
  retryAfterMs: 10 * MINUTE,
};
const unavailable: Verdict = {
  kind: 'transient',
  code: 'hubspot/unavailable',
  says: 'HubSpot could not answer; whether a write was done is unknown',
};
const notFound: Verdict = {
  kind: 'rejected',
  code: 'hubspot/not-found',
  says: 'HubSpot does not know what was asked for',
};
const conflict: Verdict = {
  kind: 'rejected',
  code: 'hubspot/conflict',
  says: 'what was to be made exists already',
};
const tooManyFields: Verdict = {
  kind: 'config',
  code: 'hubspot/too-many-fields',
  says: 'the names of all properties do not fit into one request; shorten `fields`',
};
const refused: Verdict = {
  kind: 'defect',
  code: 'hubspot/request-refused',
  says: 'HubSpot did not accept a request as we made it',
};

/** Policies of a 429 (usage guidelines; recorded bodies of 2026). */
const policies: Readonly<Record<string, Verdict>> = {
  DAILY: dailyLimit,
  TEN_SECONDLY_ROLLING: throttledTen,
  SECONDLY: throttledSecond,
};

/** Categories, which say more than the status. */
const categories: Readonly<Record<string, Verdict>> = {
  EXPIRED_AUTHENTICATION: tokenExpired,
  INVALID_AUTHENTICATION: tokenRefused,
  MISSING_SCOPES: missingScope,
  OBJECT_NOT_FOUND: notFound,
  CONFLICT: conflict,
};

const statuses: Readonly<Record<number, Verdict>> = {
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
  const verdict = verdictOf(refusal);
  const word = refusal.policy ?? refusal.category;
  const told = `HTTP ${refusal.status}${word === undefined ? '' : ` ${word.replace(/[^A-Z_]/g, '')}`}`;
  const wait = verdict.kind === 'rate-limited' ? (secondsOf(refusal.retryAfter) ?? verdict.retryAfterMs) : undefined;
  return new TributaryError(
    verdict.kind,
    verdict.code,
    `${verdict.says} (${told})`,
    wait === undefined ? {} : { retryAfterMs: wait },
  );
}

/** The token endpoint's refusal: whatever it says, the secret does not sign in. */
export function signInError(refusal: Refusal): TributaryError {
  if (refusal.status === 429 || refusal.status >= 500) return hubspotError(refusal);
  const says = 'HubSpot does not renew the access token; check client_id, client_secret and refresh_token';
  return new TributaryError('auth', 'hubspot/token-refused', `${says} (HTTP ${refusal.status})`);
}

/** A request that got no answer. `stopped`: our own time was up. */
export function networkError(thrown: unknown, stopped: boolean): TributaryError {
  if (stopped) return new TributaryError('transient', 'hubspot/stopped', 'no time is left to ask HubSpot');
  const name = thrown instanceof Error ? thrown.name : typeof thrown;
  // Node's fetch tells every network failure as a TypeError, and ours of time as a TimeoutError.
  if (name === 'TypeError' || name === 'TimeoutError' || name === 'AbortError') {
    return new TributaryError('transient', 'hubspot/unreachable', `HubSpot could not be reached in time (${name})`);
  }
  return new TributaryError('defect', 'hubspot/request-refused', `a request could not be sent (${name})`);
}

/** A success that holds something else than what was asked for. */
export function unreadableAnswer(what: string): TributaryError {
  return new TributaryError(
    'transient',
    'hubspot/unreadable-answer',
    `HubSpot answered ${what} with something that cannot be read`,
  );
}

/** The answer, or undefined where HubSpot says that it has no such thing. */
export async function unlessNotFound<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (thrown) {
    if (thrown instanceof TributaryError && thrown.code === notFound.code) return undefined;
    throw thrown;
  }
}

function verdictOf({ status, category, policy, message }: Refusal): Verdict {
  if (status === 429) {
    const known = policies[policy ?? ''];
    if (known !== undefined) return known;
    // Search answers name no policy, only this sentence (recorded 2026; @hubspot/api-client 13.5.0 matches it too).
    return /secondly limit/i.test(message ?? '') ? throttledSecond : throttledTen;
  }
  if (status >= 500) return unavailable;
  return categories[category ?? ''] ?? statuses[status] ?? refused;
}

function secondsOf(retryAfter: string | undefined): number | undefined {
  const seconds = Number(retryAfter ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * SECOND : undefined;
}
