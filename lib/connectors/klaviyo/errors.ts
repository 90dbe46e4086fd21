import { type FailureKind, TributaryError } from '../../domain/errors.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

interface Verdict {
  readonly kind: FailureKind;
  readonly code: string;
  /** What it means for the operator; never Klaviyo's own text, which may quote a person's data. */
  readonly says: string;
}

/** An answer that is no success, as far as it tells something. */
export interface Refusal {
  readonly status: number;
  /** The body's own word; absent where the body is none of the API's, such as a page for people. */
  readonly code?: string | undefined;
  /** The query parameter that was wrong. */
  readonly parameter?: string | undefined;
  /** Seconds, on 429. */
  readonly retryAfter?: string | undefined;
}

/** Without Retry-After: the longer of the two windows that Klaviyo counts in. */
const STEADY_WINDOW_MS = MINUTE;

const keyRefused: Verdict = {
  kind: 'auth',
  code: 'klaviyo/key-refused',
  says: 'Klaviyo refused the private key; it was deleted or belongs elsewhere: put a new one into the secret',
};
const missingScope: Verdict = {
  kind: 'config',
  code: 'klaviyo/missing-scope',
  says: 'the private key may not do this; make one with the scopes that docs/connectors/klaviyo.md lists',
};
const throttled: Verdict = { kind: 'rate-limited', code: 'klaviyo/throttled', says: 'Klaviyo asked us to slow down' };
const challenged: Verdict = {
  kind: 'transient',
  code: 'klaviyo/challenged',
  says: 'the network in front of Klaviyo took the request for a robot’s',
};
const unavailable: Verdict = {
  kind: 'transient',
  code: 'klaviyo/unavailable',
  says: 'Klaviyo could not answer; whether a write was done is unknown',
};
const notFound: Verdict = {
  kind: 'rejected',
  code: 'klaviyo/not-found',
  says: 'Klaviyo does not know what was asked for',
};
const cursorRefused: Verdict = {
  kind: 'transient',
  code: 'klaviyo/cursor-refused',
  says: 'Klaviyo does not know the page any more',
};
const refused: Verdict = {
  kind: 'defect',
  code: 'klaviyo/request-refused',
  says: 'Klaviyo did not accept a request as we made it',
};

/** Codes of the body, which say more than the status. */
const codes: Readonly<Record<string, Verdict>> = {
  authentication_failed: keyRefused,
  not_authenticated: keyRefused,
  permission_denied: missingScope,
  throttled,
  not_found: notFound,
};

const statuses: Readonly<Record<number, Verdict>> = {
  401: keyRefused,
  403: missingScope,
  404: notFound,
  429: throttled,
};

/** Klaviyo's refusal as ours. */
export function klaviyoError(refusal: Refusal): TributaryError {
  const { kind, code, says } = verdictOf(refusal);
  const word = refusal.code?.replace(/[^a-z_]/g, '').slice(0, 60);
  const told = `HTTP ${refusal.status}${word === undefined || word === '' ? '' : ` ${word}`}`;
  const wait = kind === 'rate-limited' ? { retryAfterMs: secondsOf(refusal.retryAfter) ?? STEADY_WINDOW_MS } : {};
  return new TributaryError(kind, code, `${says} (${told})`, wait);
}

/** A request that got no answer. `stopped`: our own time was up. */
export function networkError(thrown: unknown, stopped: boolean): TributaryError {
  if (stopped) return new TributaryError('transient', 'klaviyo/stopped', 'no time is left to ask Klaviyo');
  const name = thrown instanceof Error ? thrown.name : typeof thrown;
  // Node's fetch tells every network failure as a TypeError, and ours of time as a TimeoutError.
  if (name === 'TypeError' || name === 'TimeoutError' || name === 'AbortError') {
    return new TributaryError('transient', 'klaviyo/unreachable', `Klaviyo could not be reached in time (${name})`);
  }
  return new TributaryError('defect', 'klaviyo/request-refused', `a request could not be sent (${name})`);
}

/** A success that holds something else than what was asked for. */
export function unreadableAnswer(what: string): TributaryError {
  const says = `Klaviyo answered ${what} with something that cannot be read`;
  return new TributaryError('transient', 'klaviyo/unreadable-answer', says);
}

/** The answer, or undefined where Klaviyo says that it has no such thing. */
export async function unlessNotFound<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (thrown) {
    if (thrown instanceof TributaryError && thrown.code === notFound.code) return undefined;
    throw thrown;
  }
}

export function isCursorRefused(thrown: unknown): boolean {
  return thrown instanceof TributaryError && thrown.code === cursorRefused.code;
}

function verdictOf({ status, code, parameter }: Refusal): Verdict {
  if (status >= 500) return unavailable;
  // A 403 that is no answer of the API comes from the network in front of it, now and then, to functions on AWS
  // (klaviyo-api-python#84): nothing is wrong with the key.
  if (status === 403 && code === undefined) return challenged;
  if (status === 400 && parameter === 'page[cursor]') return cursorRefused;
  return codes[code ?? ''] ?? statuses[status] ?? refused;
}

function secondsOf(retryAfter: string | undefined): number | undefined {
  const seconds = Number(retryAfter ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * SECOND : undefined;
}
