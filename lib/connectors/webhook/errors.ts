import { type FailureKind, TributaryError } from '../../domain/errors.ts';

const SECOND = 1_000;
const WAIT_MS = 60 * SECOND;

interface Verdict {
  readonly kind: FailureKind;
  readonly code: string;
  /** What it means for the operator; never the endpoint's own text, which may quote a person's data. */
  readonly says: string;
}

const unauthorised: Verdict = {
  kind: 'auth',
  code: 'webhook/refused',
  says: 'the endpoint refused the signature; check that it has the same signing secret',
};
const slow: Verdict = { kind: 'rate-limited', code: 'webhook/throttled', says: 'the endpoint asked us to slow down' };
const notThere: Verdict = {
  kind: 'config',
  code: 'webhook/not-found',
  says: 'nothing takes requests at the URL; correct `url` of the connection',
};
const unavailable: Verdict = {
  kind: 'transient',
  code: 'webhook/unavailable',
  says: 'the endpoint could not answer; whether the members were taken is unknown',
};
const refused: Verdict = {
  kind: 'config',
  code: 'webhook/request-refused',
  says: 'the endpoint does not accept the request; its own log says why',
};

const statuses: Readonly<Record<number, Verdict>> = {
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
export function endpointError(status: number, retryAfter: string | null, now: Date): TributaryError {
  const wait = waitOf(retryAfter, now);
  const verdict = verdictOf(status, wait !== undefined);
  return new TributaryError(
    verdict.kind,
    verdict.code,
    `${verdict.says} (HTTP ${status})`,
    verdict.kind === 'rate-limited' ? { retryAfterMs: wait ?? WAIT_MS } : {},
  );
}

/** A request that got no answer. `stopped`: our own time was up. */
export function networkError(thrown: unknown, stopped: boolean): TributaryError {
  if (stopped) return new TributaryError('transient', 'webhook/stopped', 'no time is left to call the endpoint');
  const name = thrown instanceof Error ? thrown.name : typeof thrown;
  return new TributaryError('transient', 'webhook/unreachable', `the endpoint could not be reached in time (${name})`);
}

function verdictOf(status: number, saysHowLong: boolean): Verdict {
  if (status >= 300 && status < 400) {
    const says = 'the endpoint answers with a redirect, which is not followed; give the connection the url it leads to';
    return { kind: 'config', code: 'webhook/redirected', says };
  }
  if (status >= 500) return saysHowLong ? slow : unavailable;
  return statuses[status] ?? refused;
}

/** Seconds or an HTTP date (RFC 9110, Retry-After). */
function waitOf(retryAfter: string | null, now: Date): number | undefined {
  if (retryAfter === null || retryAfter.trim() === '') return undefined;
  const seconds = Number(retryAfter);
  const wait = Number.isFinite(seconds) ? seconds * SECOND : Date.parse(retryAfter) - now.getTime();
  return Number.isFinite(wait) ? Math.max(0, wait) : undefined;
}
