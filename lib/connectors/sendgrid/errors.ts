import { TributaryError } from '../../domain/errors.ts';
import { errorOf, type Failure, networkErrors, unless, unreadableAnswers } from '../requests.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** An answer that is no success, as far as it tells something. */
export interface Refusal {
  readonly status: number;
  /** The field that was wrong, of the first error: `contacts[0].email`, `list_ids`. */
  readonly field?: string | undefined;
  /** `x-ratelimit-reset`: seconds from now, or of the epoch; both were recorded. */
  readonly reset?: string | undefined;
}

const keyRefused: Failure = {
  kind: 'auth',
  code: 'sendgrid/key-refused',
  says: 'SendGrid refused the API key; it was deleted or belongs elsewhere: put a new one into the secret',
};
const missingScope: Failure = {
  kind: 'config',
  code: 'sendgrid/missing-scope',
  says: 'the API key may not do this; make one with the access that docs/connectors/sendgrid.md lists',
};
const throttled: Failure = { kind: 'rate-limited', code: 'sendgrid/throttled', says: 'SendGrid asked us to slow down' };
const tooSlow: Failure = {
  kind: 'transient',
  code: 'sendgrid/search-too-slow',
  says: 'a search took SendGrid longer than the 20 seconds that it gives one',
};
const unavailable: Failure = {
  kind: 'transient',
  code: 'sendgrid/unavailable',
  says: 'SendGrid could not answer; whether a write was done is unknown',
};
const notFound: Failure = {
  kind: 'rejected',
  code: 'sendgrid/not-found',
  says: 'SendGrid does not know what was asked for',
};
const refused: Failure = {
  kind: 'defect',
  code: 'sendgrid/request-refused',
  says: 'SendGrid did not accept a request as we made it',
};

const statuses: Readonly<Record<number, Failure>> = {
  401: keyRefused,
  403: missingScope,
  404: notFound,
  408: tooSlow,
  429: throttled,
};

/** SendGrid's refusal as ours. `now`: a reset may be told as a point in time. */
export function sendgridError(refusal: Refusal, now: Date): TributaryError {
  const failure = refusal.status >= 500 ? unavailable : (statuses[refusal.status] ?? refused);
  const field = refusal.field?.replace(/[^a-z_[\].]/g, '').slice(0, 60);
  const told = `HTTP ${refusal.status}${field === undefined || field === '' ? '' : `, field ${field}`}`;
  return errorOf(failure, told, waitOf(refusal.reset, now));
}

export const networkError = networkErrors('SendGrid', {
  stopped: 'sendgrid/stopped',
  unreachable: 'sendgrid/unreachable',
});
export const unreadableAnswer = unreadableAnswers('SendGrid', 'sendgrid/unreadable-answer');

/** The answer, or undefined where SendGrid says that it has no such thing. */
export function unlessNotFound<T>(answer: Promise<T>): Promise<T | undefined> {
  return unless(notFound.code, answer);
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
