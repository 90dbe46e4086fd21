import * as z from 'zod';
import { TributaryError } from '../../domain/errors.ts';
import { type Answer, errorOf, type Failure, jsonIn, networkErrors, unreadableAnswers } from '../requests.ts';

const MINUTE = 60_000;

const signInRefused: Failure = {
  kind: 'auth',
  code: 'google-analytics/sign-in-refused',
  says: 'Google does not sign the service account in; its key was deleted, or it was disabled: put a new key into the secret',
};
const tokenRefused: Failure = {
  kind: 'auth',
  code: 'google-analytics/token-refused',
  says: 'Google refused a token that it had just given; see that the service account is enabled',
};
const notPermitted: Failure = {
  kind: 'config',
  code: 'google-analytics/not-permitted',
  says: 'the service account may not read the property; see that `property` is its number, that the account is a viewer of it, and that the Data API is enabled in its project',
};
const reportRefused: Failure = {
  kind: 'config',
  code: 'google-analytics/report-refused',
  says: 'Google does not take a report as it is written; see that its dimensions and metrics are of the Data API schema and go together',
};
const throttled: Failure = {
  kind: 'rate-limited',
  code: 'google-analytics/throttled',
  says: 'a quota of the property is used up for now',
  // Quotas are of an hour and of a day, and come back bit by bit.
  retryAfterMs: 10 * MINUTE,
};
const unavailable: Failure = {
  kind: 'transient',
  code: 'google-analytics/unavailable',
  says: 'Google could not answer',
};
const refused: Failure = {
  kind: 'defect',
  code: 'google-analytics/request-refused',
  says: 'Google did not accept a request as we made it',
};

const statuses: Readonly<Record<number, Failure>> = {
  400: reportRefused,
  401: tokenRefused,
  403: notPermitted,
  404: notPermitted,
  408: unavailable,
  429: throttled,
};

/** google.rpc.Status, of which only the word is read: the message may quote what was asked. */
const told = z.object({ error: z.object({ status: z.string().regex(/^[A-Z_]{2,40}$/) }) });

/** An answer of the API that is no success. */
export function googleError(answer: Answer): TributaryError {
  const { status, waitMs } = answer;
  const word = told.safeParse(jsonIn(answer.text())).data?.error.status;
  const failure = status >= 500 ? unavailable : (statuses[status] ?? refused);
  return errorOf(failure, word === undefined ? `HTTP ${status}` : `HTTP ${status} ${word}`, waitMs);
}

/** What the place that gives tokens answered (RFC 6749): everything but its own trouble is about the service account. */
export function signInError({ status, waitMs }: Answer): TributaryError {
  const failure = status === 429 ? throttled : status >= 500 ? unavailable : signInRefused;
  return errorOf(failure, `HTTP ${status}`, waitMs);
}

/** What the secret holds is no key. */
export function unusableKey(): TributaryError {
  const says = 'private_key is no RSA key in PEM form; put the whole key file into the secret';
  return new TributaryError('config', 'google-analytics/unusable-key', says);
}

/** Reports are read of a property, and the connection names none. */
export function noProperty(): TributaryError {
  const says = 'reports need `property` of the connection, the number of the GA4 property';
  return new TributaryError('config', 'google-analytics/no-property', says);
}

/** A report splits a day into more rows than anybody looks at. */
export function tooWide(report: string, most: number): TributaryError {
  const says = `report ${report} has more than ${most} figures on one day; take a dimension or a metric out of it`;
  return new TributaryError('config', 'google-analytics/report-too-wide', says);
}

export const networkError = networkErrors('Google Analytics', {
  stopped: 'google-analytics/stopped',
  unreachable: 'google-analytics/unreachable',
});
export const unreadableAnswer = unreadableAnswers('Google Analytics', 'google-analytics/unreadable-answer');
