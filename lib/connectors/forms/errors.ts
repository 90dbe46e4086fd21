import { type FailureKind, TributaryError } from '../../domain/errors.ts';

const SECOND = 1_000;

interface Verdict {
  readonly kind: FailureKind;
  readonly code: string;
  /** What it means for the operator; never Typeform's own text. */
  readonly says: string;
}

const statuses: Readonly<Record<number, Verdict>> = {
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
  429: { kind: 'rate-limited', code: 'forms/throttled', says: 'Typeform asked us to slow down' },
};
const unavailable: Verdict = { kind: 'transient', code: 'forms/unavailable', says: 'Typeform could not answer' };
const refused: Verdict = {
  kind: 'defect',
  code: 'forms/request-refused',
  says: 'Typeform did not accept a request as we made it',
};

/** An answer that is no success. */
export function typeformError(status: number, retryAfter: string | null): TributaryError {
  const { kind, code, says } = status >= 500 ? unavailable : (statuses[status] ?? refused);
  const seconds = Number(retryAfter ?? Number.NaN);
  // Two requests a second are allowed, so a second is enough where Typeform does not say.
  const wait = Number.isFinite(seconds) && seconds >= 0 ? seconds * SECOND : SECOND;
  return new TributaryError(
    kind,
    code,
    `${says} (HTTP ${status})`,
    kind === 'rate-limited' ? { retryAfterMs: wait } : {},
  );
}

/** A request that got no answer. `stopped`: our own time was up. */
export function networkError(thrown: unknown, stopped: boolean): TributaryError {
  if (stopped) return new TributaryError('transient', 'forms/stopped', 'no time is left to ask Typeform');
  const name = thrown instanceof Error ? thrown.name : typeof thrown;
  return new TributaryError('transient', 'forms/unreachable', `Typeform could not be reached in time (${name})`);
}

/** A success that holds something else than what was asked for. */
export function unreadableAnswer(): TributaryError {
  return new TributaryError(
    'transient',
    'forms/unreadable-answer',
    'Typeform answered with something that cannot be read',
  );
}

/** A back-fill that the connection does not say enough for. */
export function noBackfill(missing: 'preset' | 'form' | 'access_token'): TributaryError {
  const says = {
    preset: 'only forms of the preset typeform can be read again; take the stream out of the connection',
    form: 'the id of the form is needed to read its responses; set `form` of the connection',
    access_token: 'an access token is needed to read responses; put `access_token` into the secret',
  }[missing];
  return new TributaryError('config', 'forms/no-backfill', says);
}
