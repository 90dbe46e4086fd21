import { TributaryError } from '../../domain/errors.ts';
import { errorOf, type Failure } from '../requests.ts';

const MINUTE = 60_000;

const refusedSignIn: Failure = {
  kind: 'auth',
  code: 'salesforce/sign-in-refused',
  says: 'Salesforce refused to sign us in; check the secret and that the app is approved for its user',
};
const refusedSession: Failure = {
  kind: 'auth',
  code: 'salesforce/session-refused',
  says: 'Salesforce refuses a session it has just given; check the session policies of the app and its user',
};
const noAccess: Failure = {
  kind: 'config',
  code: 'salesforce/no-access',
  says: 'the user we are signed in as may not do this; check its permissions and that the API is enabled',
};
const dailyLimit: Failure = {
  kind: 'rate-limited',
  code: 'salesforce/daily-limit-reached',
  says: 'the org has no API requests left in its rolling 24 hours',
  retryAfterMs: 60 * MINUTE,
};
const tooManyAtOnce: Failure = {
  kind: 'rate-limited',
  code: 'salesforce/too-many-at-once',
  says: 'the org runs too many long requests at the same time',
  retryAfterMs: MINUTE / 2,
};
const throttled: Failure = {
  kind: 'rate-limited',
  code: 'salesforce/throttled',
  says: 'Salesforce asked us to slow down',
  retryAfterMs: MINUTE,
};
const unavailable: Failure = {
  kind: 'transient',
  code: 'salesforce/unavailable',
  says: 'Salesforce could not answer; whether a write was done is unknown',
};
const unreachable: Failure = {
  kind: 'transient',
  code: 'salesforce/unreachable',
  says: 'Salesforce could not be reached in time',
};
const unreadable: Failure = {
  kind: 'transient',
  code: 'salesforce/unreadable-answer',
  says: 'Salesforce answered with something that cannot be read',
};
const busyRecord: Failure = {
  kind: 'transient',
  code: 'salesforce/record-busy',
  says: 'a record is locked by somebody else',
};
const staleLocator: Failure = {
  kind: 'transient',
  code: 'salesforce/stale-locator',
  says: 'a page of results expired before it was read; the page is asked for again',
};
const unknownField: Failure = {
  kind: 'config',
  code: 'salesforce/unknown-field',
  says: 'a field or object does not exist or is hidden from our user; check `fields` and field-level security',
};
const refusedLog: Failure = {
  kind: 'config',
  code: 'salesforce/delete-log-refused',
  says: 'the log of deleted records does not reach back as far as it was asked for',
};
const tooManyDeleted: Failure = {
  kind: 'transient',
  code: 'salesforce/too-many-deleted',
  says: 'more records were deleted than one answer holds; a shorter span is asked for',
};
const notFound: Failure = {
  kind: 'rejected',
  code: 'salesforce/not-found',
  says: 'Salesforce does not know what was asked for',
};
const refusedRequest: Failure = {
  kind: 'defect',
  code: 'salesforce/refused-request',
  says: 'Salesforce did not accept a request as we made it',
};

/** Vendor's error code, or `ERROR_HTTP_<status>` where a body holds none, to what it means. */
const failures: Readonly<Record<string, Failure>> = {
  invalid_grant: refusedSignIn,
  invalid_client: refusedSignIn,
  invalid_client_id: refusedSignIn,
  invalid_app_access: refusedSignIn,
  inactive_user: refusedSignIn,
  inactive_org: refusedSignIn,
  unauthorized_client: refusedSignIn,
  unsupported_grant_type: refusedSignIn,
  rate_limit_exceeded: throttled,
  INVALID_SESSION_ID: refusedSession,
  INVALID_AUTH_HEADER: refusedSession,
  ERROR_HTTP_401: refusedSession,
  API_DISABLED_FOR_ORG: noAccess,
  API_CURRENTLY_DISABLED: noAccess,
  INSUFFICIENT_ACCESS: noAccess,
  INSUFFICIENT_ACCESS_OR_READONLY: noAccess,
  ERROR_HTTP_403: noAccess,
  REQUEST_LIMIT_EXCEEDED: dailyLimit,
  TXN_SECURITY_METERING_ERROR: throttled,
  ERROR_HTTP_429: throttled,
  SERVER_UNAVAILABLE: unavailable,
  UNKNOWN_EXCEPTION: unavailable,
  QUERY_TIMEOUT: unavailable,
  UNABLE_TO_LOCK_ROW: busyRecord,
  INVALID_QUERY_LOCATOR: staleLocator,
  INVALID_REPLICATION_DATE: refusedLog,
  EXCEEDED_ID_LIMIT: tooManyDeleted,
  NOT_FOUND: notFound,
  ERROR_HTTP_404: notFound,
  INVALID_FIELD: unknownField,
  INVALID_TYPE: unknownField,
};

/** What Salesforce says of a field at the end of the text of INVALID_FIELD, behind the query that it quotes. */
const NO_SUCH_COLUMN = /No such column '([A-Za-z][\w.]{0,79})' on entity '([A-Za-z]\w{0,79})'/g;

/**
 * A failure of the vendor's client as ours. The vendor's text is dropped: it can hold addresses and queries. Of it stays the
 * name of a field that is not there.
 */
export function salesforceError(thrown: unknown): TributaryError {
  if (thrown instanceof TributaryError) return thrown;
  const { name, code, message } = parts(thrown);
  const failure = failureOf(name, code, message);
  const [, field, entity] = [...message.matchAll(NO_SUCH_COLUMN)].at(-1) ?? [];
  const known = failure === unknownField && field !== undefined ? `: ${field} of ${entity}` : '';
  return errorOf(failure, `${code ?? name}${known}`);
}

/** The answer to a status that carries its own waiting time; undefined for every other answer. */
export function askedToWait(status: number, retryAfter: string | null | undefined): TributaryError | undefined {
  if (status !== 429 && status !== 503) return undefined;
  const seconds = Number(retryAfter ?? Number.NaN);
  if (!Number.isFinite(seconds) || seconds < 0) return undefined;
  return errorOf(throttled, `HTTP ${status}`, seconds * 1_000);
}

/**
 * An answer that no call can be read from, whatever its body: a server error, or a page for people in the answer's place
 * such as networks on the way put there. Undefined for every other answer.
 */
export function brokenDown(status: number, contentType: string | null | undefined): TributaryError | undefined {
  if (status === 420 || status >= 500) return errorOf(unavailable, `HTTP ${status}`);
  return status < 400 && /html/.test(contentType ?? '') ? errorOf(unreadable, 'a page for people') : undefined;
}

/** Signed in, and given no token. */
export function unreadableGrant(): TributaryError {
  return errorOf(unreadable, 'a sign-in without a token');
}

/** A session that was new and still answered 401. */
export function sessionRefused(): TributaryError {
  return errorOf(refusedSession, 'HTTP 401');
}

function failureOf(name: string, code: string | undefined, message: string): Failure {
  // The same code means "wait a day" and "wait a moment"; only the text tells (Salesforce REST guide, status 403; 2026-08).
  if (code === 'REQUEST_LIMIT_EXCEEDED' && /concurrent/i.test(message)) return tooManyAtOnce;
  const known = failures[code ?? name] ?? failures[name];
  if (known !== undefined) return known;
  if (/^ERROR_HTTP_(?:420|5\d\d)$/.test(code ?? name)) return unavailable;
  if (name === 'FetchError' || name === 'AbortError' || name === 'TimeoutError' || message === 'Request Timeout')
    return unreachable;
  // Node's own fetch tells every network failure as a TypeError.
  if (name === 'TypeError' && /fetch failed|terminated/.test(message)) return unreachable;
  // The vendor's client takes the form of an answer for granted.
  if (name === 'TypeError' || name === 'SyntaxError') return unreadable;
  return refusedRequest;
}

function parts(thrown: unknown): { name: string; code: string | undefined; message: string } {
  if (!(thrown instanceof Error)) return { name: typeof thrown, code: undefined, message: '' };
  const several = 'data' in thrown && Array.isArray(thrown.data) ? thrown.data[0]?.errorCode : undefined;
  const code = 'errorCode' in thrown ? thrown.errorCode : undefined;
  const told = code === 'MULTIPLE_API_ERRORS' ? several : code;
  return { name: thrown.name, code: typeof told === 'string' ? told : undefined, message: thrown.message };
}
