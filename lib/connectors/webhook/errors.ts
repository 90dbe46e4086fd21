import type { TributaryError } from '../../domain/errors.ts';
import { type Answer, errorOf, type Failure, networkErrors } from '../requests.ts';

const unauthorised: Failure = {
  kind: 'auth',
  code: 'webhook/refused',
  says: 'the endpoint refused the signature; check that it has the same signing secret',
};
const slow: Failure = {
  kind: 'rate-limited',
  code: 'webhook/throttled',
  says: 'the endpoint asked us to slow down',
  retryAfterMs: 60_000,
};
const notThere: Failure = {
  kind: 'config',
  code: 'webhook/not-found',
  says: 'nothing takes requests at the URL; correct `url` of the connection',
};
const unavailable: Failure = {
  kind: 'transient',
  code: 'webhook/unavailable',
  says: 'the endpoint could not answer; whether the members were taken is unknown',
};
const refused: Failure = {
  kind: 'config',
  code: 'webhook/request-refused',
  says: 'the endpoint does not accept the request; its own log says why',
};

const statuses: Readonly<Record<number, Failure>> = {
  401: unauthorised,
  403: unauthorised,
  404: notThere,
  405: notThere,
  408: unavailable,
  410: {
    kind: 'config',
    code: 'webhook/gone',
    says: 'the endpoint wants nothing more (410); take its audiences out of the workspace, or give the connection another url',
  },
  425: unavailable,
  429: slow,
};

/** An answer that is no success. A redirect is none: people's data goes where the operator said and nowhere else. */
export function endpointError({ status, waitMs }: Pick<Answer, 'status' | 'waitMs'>): TributaryError {
  return errorOf(failureOf(status, waitMs !== undefined), `HTTP ${status}`, waitMs);
}

export const networkError = networkErrors('the endpoint', {
  stopped: 'webhook/stopped',
  unreachable: 'webhook/unreachable',
});

function failureOf(status: number, saysHowLong: boolean): Failure {
  if (status >= 300 && status < 400) {
    const says = 'the endpoint answers with a redirect, which is not followed; give the connection the url it leads to';
    return { kind: 'config', code: 'webhook/redirected', says };
  }
  if (status >= 500) return saysHowLong ? slow : unavailable;
  return statuses[status] ?? refused;
}
