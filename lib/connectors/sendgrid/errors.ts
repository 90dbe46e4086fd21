import { type FailureKind, TributaryError } from '../../domain/errors.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

interface Verdict {
  readonly kind: FailureKind;
  readonly code: string;
  /** What it means for the operator; never SendGrid's own text, which quotes addresses. */
  readonly says: string;
}

/** An answer that is no success, as far as it tells something. */
export interface Refusal {
  readonly status: number;
  /** The field that was wrong, of the first error: `contacts[0].email`, `list_ids`. */
  readonly field?: string | undefined;
  /** `x-ratelimit-reset`: seconds from now, or of the epoch; both were recorded. */
  readonly reset?: string | undefined;
}

const keyRefused: Verdict = {
  kind: 'auth',
  code: 'sendgrid/key-refused',
  says: 'SendGrid refused the API key; it was deleted or belongs elsewhere: put a new one into the secret',
};
const missingScope: Verdict = {
  kind: 'config',
  code: 'sendgrid/missing-scope',
  says: 'the API key may not do this; make one with the access that docs/connectors/sendgrid.md lists',
};
const throttled: Verdict = { kind: 'rate-limited', code: 'sendgrid/throttled', says: 'SendGrid asked us to slow down' };
const tooSlow: Verdict = {
  kind: 'transient',
  code: 'sendgrid/search-too-slow',
  says: 'a search took SendGrid longer than the 20 seconds that it gives one',
};
const unavailable: Verdict = {
  kind: 'transient',
  code: 'sendgrid/unavailable',
  says: 'SendGrid could not answer; whether a write was done is unknown',
};
const notFound: Verdict = {
  kind: 'rejected',
  code: 'sendgrid/not-found',
  says: 'SendGrid does not know what was asked for',
};
const refused: Verdict = {
  kind: 'defect',
  code: 'sendgrid/request-refused',
  says: 'SendGrid did not accept a request as we made it',
};

const statuses: Readonly<Record<number, Verdict>> = {
  401: keyRefused,
  403: missingScope,
  404: notFound,
  408: tooSlow,
  429: throttled,
};

/** SendGrid's refusal as ours. `now`: a reset may be told as a point in time. */
export function sendgridError(refusal: Refusal, now: Date): TributaryError {
  const { kind, code, says } = refusal.status >= 500 ? unavailable : (statuses[refusal.status] ?? refused);
  const field = refusal.field?.replace(/[^a-z_[\].]/g, '').slice(0, 60);
  const told = `HTTP ${refusal.status}${field === undefined || field === '' ? '' : `, field ${field}`}`;
  const wait = kind === 'rate-limited' ? { retryAfterMs: waitOf(refusal.reset, now) } : {};
  return new TributaryError(kind, code, `${says} (${told})`, wait);
}

/** A request that got no answer. `stopped`: our own time was up. */
export function networkError(thrown: unknown, stopped: boolean): TributaryError {
  if (stopped) return new TributaryError('transient', 'sendgrid/stopped', 'no time is left to ask SendGrid');
  const name = thrown instanceof Error ? thrown.name : typeof thrown;
  // Node's fetch tells every network failure as a TypeError, and ours of time as a TimeoutError.
  if (name === 'TypeError' || name === 'TimeoutError' || name === 'AbortError') {
    return new TributaryError('transient', 'sendgrid/unreachable', `SendGrid could not be reached in time (${name})`);
  }
  return new TributaryError('defect', refused.code, `a request could not be sent (${name})`);
}

/** A success that holds something else than what was asked for. */
export function unreadableAnswer(what: string): TributaryError {
  const says = `SendGrid answered ${what} with something that cannot be read`;
  return new TributaryError('transient', 'sendgrid/unreadable-answer', says);
}

/** The answer, or undefined where SendGrid says that it has no such thing. */
export async function unlessNotFound<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (thrown) {
    if (thrown instanceof TributaryError && thrown.code === notFound.code) return undefined;
    throw thrown;
  }
}

/** Whether a request itself was not accepted, as happens when one address of many is none in SendGrid's eyes. */
export function isRequestRefused(thrown: unknown): boolean {
  return thrown instanceof TributaryError && thrown.code === refused.code;
}

function waitOf(reset: string | undefined, now: Date): number {
  const seconds = Number(reset ?? Number.NaN);
  if (!Number.isFinite(seconds) || seconds < 0) return MINUTE;
  const wait = seconds > 1e9 ? seconds * SECOND - now.getTime() : seconds * SECOND;
  return Math.min(Math.max(wait, SECOND), 10 * MINUTE);
}
