import { TributaryError } from '../../domain/errors.ts';
import { type Answer, errorOf, type Failure, networkErrors, unreadableAnswers } from '../requests.ts';

const statuses: Readonly<Record<number, Failure>> = {
  401: {
    kind: 'auth',
    code: 'forms/token-refused',
    says: 'Typeform refused the access token; put a new one into the secret',
  },
  403: {
    kind: 'auth',
    code: 'forms/token-refused',
    says: 'the access token may not read this form; give it the scope responses:read',
  },
  404: {
    kind: 'config',
    code: 'forms/form-not-found',
    says: 'Typeform knows no form of that id; correct `form` of the connection',
  },
  429: {
    kind: 'rate-limited',
    code: 'forms/throttled',
    says: 'Typeform asked us to slow down',
    // Two requests a second are allowed.
    retryAfterMs: 1_000,
  },
};
const unavailable: Failure = { kind: 'transient', code: 'forms/unavailable', says: 'Typeform could not answer' };
const refused: Failure = {
  kind: 'defect',
  code: 'forms/request-refused',
  says: 'Typeform did not accept a request as we made it',
};

/** An answer that is no success. */
export function typeformError({ status, waitMs }: Answer): TributaryError {
  return errorOf(status >= 500 ? unavailable : (statuses[status] ?? refused), `HTTP ${status}`, waitMs);
}

export const networkError = networkErrors('Typeform', {
  stopped: 'forms/stopped',
  unreachable: 'forms/unreachable',
});
export const unreadableAnswer = unreadableAnswers('Typeform', 'forms/unreadable-answer');

/** A back-fill that the connection does not say enough for. */
export function noBackfill(missing: 'preset' | 'form' | 'access_token'): TributaryError {
  const says = {
    preset: 'only forms of the preset typeform can be read again; take the stream out of the connection',
    form: 'the id of the form is needed to read its responses; set `form` of the connection',
    access_token: 'an access token is needed to read responses; put `access_token` into the secret',
  }[missing];
  return new TributaryError('config', 'forms/no-backfill', says);
}
