import { TributaryError } from '../../domain/errors.ts';
import { errorOf, type Failure, networkErrors, unless, unreadableAnswers } from '../requests.ts';

const MINUTE = 60_000;

/** An answer that is no success, as far as it tells something. */
export interface Refusal {
  readonly status: number;
  /** The body's own word; absent where the body is none of the API's, such as a page for people. */
  readonly code?: string | undefined;
  /** The query parameter that was wrong. */
  readonly parameter?: string | undefined;
  /** By its Retry-After, on 429. */
  readonly waitMs?: number | undefined;
}

const keyRefused: Failure = {
  kind: 'auth',
  code: 'klaviyo/key-refused',
  says: 'Klaviyo refused the private key; it was deleted or belongs elsewhere: put a new one into the secret',
};
const missingScope: Failure = {
  kind: 'config',
  code: 'klaviyo/missing-scope',
  says: 'the private key may not do this; make one with the scopes that docs/connectors/klaviyo.md lists',
};
const throttled: Failure = {
  kind: 'rate-limited',
  code: 'klaviyo/throttled',
  says: 'Klaviyo asked us to slow down',
  // The longer of the two windows that Klaviyo counts in.
  retryAfterMs: MINUTE,
};
const challenged: Failure = {
  kind: 'transient',
  code: 'klaviyo/challenged',
  says: 'the network in front of Klaviyo took the request for a robot’s',
};
const unavailable: Failure = {
  kind: 'transient',
  code: 'klaviyo/unavailable',
  says: 'Klaviyo could not answer; whether a write was done is unknown',
};
const notFound: Failure = {
  kind: 'rejected',
  code: 'klaviyo/not-found',
  says: 'Klaviyo does not know what was asked for',
};
const cursorRefused: Failure = {
  kind: 'transient',
  code: 'klaviyo/cursor-refused',
  says: 'Klaviyo does not know the page any more',
};
const refused: Failure = {
  kind: 'defect',
  code: 'klaviyo/request-refused',
  says: 'Klaviyo did not accept a request as we made it',
};

/** Codes of the body, which say more than the status. */
const codes: Readonly<Record<string, Failure>> = {
  authentication_failed: keyRefused,
  not_authenticated: keyRefused,
  permission_denied: missingScope,
  throttled,
  not_found: notFound,
};

const statuses: Readonly<Record<number, Failure>> = {
  401: keyRefused,
  403: missingScope,
  404: notFound,
  429: throttled,
};

/** Klaviyo's refusal as ours. */
export function klaviyoError(refusal: Refusal): TributaryError {
  const word = refusal.code?.replace(/[^a-z_]/g, '').slice(0, 60);
  const told = `HTTP ${refusal.status}${word === undefined || word === '' ? '' : ` ${word}`}`;
  return errorOf(failureOf(refusal), told, refusal.waitMs);
}

export const networkError = networkErrors('Klaviyo', {
  stopped: 'klaviyo/stopped',
  unreachable: 'klaviyo/unreachable',
});
export const unreadableAnswer = unreadableAnswers('Klaviyo', 'klaviyo/unreadable-answer');

/** The answer, or undefined where Klaviyo says that it has no such thing. */
export function unlessNotFound<T>(answer: Promise<T>): Promise<T | undefined> {
  return unless(notFound.code, answer);
}

export function isCursorRefused(thrown: unknown): boolean {
  return thrown instanceof TributaryError && thrown.code === cursorRefused.code;
}

function failureOf({ status, code, parameter }: Refusal): Failure {
  if (status >= 500) return unavailable;
  // A 403 that is no answer of the API comes from the network in front of it, now and then, to functions on AWS
  // (klaviyo-api-python#84): nothing is wrong with the key.
  if (status === 403 && code === undefined) return challenged;
  if (status === 400 && parameter === 'page[cursor]') return cursorRefused;
  return codes[code ?? ''] ?? statuses[status] ?? refused;
}
