import { type FailureKind, TributaryError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import type { ConnectorIo } from './contract.ts';

/** What an answer that is no success means. Each connector has its own as a table in `errors.ts`. */
export interface Failure {
  readonly kind: FailureKind;
  /** Written out, so that it can be searched for: docs/errors.md has a heading for each. */
  readonly code: string;
  /** What it means for the operator; never the tool's own text, which may quote a person's data. */
  readonly says: string;
  /** How long to wait where the answer does not say. */
  readonly retryAfterMs?: number;
}

/**
 * A failure as an error. `told`: what of the answer may be seen, such as `HTTP 429`. `waitMs`: how long the answer asks us
 * to wait; it counts for `rate-limited` alone.
 */
export function errorOf(failure: Failure, told: string, waitMs?: number): TributaryError {
  const { kind, code, says } = failure;
  const retryAfterMs = kind === 'rate-limited' ? (waitMs ?? failure.retryAfterMs) : undefined;
  return new TributaryError(kind, code, `${says} (${told})`, retryAfterMs === undefined ? {} : { retryAfterMs });
}

/** Milliseconds that a Retry-After asks for: seconds or an HTTP date (RFC 9110, 10.2.3). */
export function waitOf(retryAfter: string | null | undefined, now: Date): number | undefined {
  if (retryAfter == null || retryAfter.trim() === '') return undefined;
  const seconds = Number(retryAfter);
  const wait = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(retryAfter) - now.getTime();
  return Number.isFinite(wait) ? Math.max(0, wait) : undefined;
}

/** Node's fetch tells every network failure as a TypeError, and ours of time as one of the others. */
const NETWORK: ReadonlySet<string> = new Set(['TypeError', 'TimeoutError', 'AbortError']);

/** A request that got no answer. `stopped`: our own time was up. */
export type NetworkError = (thrown: unknown, stopped: boolean) => TributaryError;

/** Makes a connector's `networkError` from the tool's name and its own codes, written out. */
export function networkErrors(
  tool: string,
  codes: { readonly stopped: string; readonly unreachable: string },
): NetworkError {
  return (thrown, stopped) => {
    if (stopped) return new TributaryError('transient', codes.stopped, `no time is left to ask ${tool}`);
    const name = thrown instanceof Error ? thrown.name : typeof thrown;
    return NETWORK.has(name)
      ? new TributaryError('transient', codes.unreachable, `${tool} could not be reached in time (${name})`)
      : new TributaryError('defect', 'core/unknown-failure', `a request to ${tool} could not be sent (${name})`);
  };
}

/** Makes a connector's `unreadableAnswer`: a success that holds something else than `what` was asked for. */
export function unreadableAnswers(tool: string, code: string): (what: string) => TributaryError {
  return (what) => new TributaryError('transient', code, `${tool} answered ${what} with something that cannot be read`);
}

/** An answer, or undefined where it fails with this code: what was asked for is not there. */
export async function unless<T>(code: string, answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (thrown) {
    if (thrown instanceof TributaryError && thrown.code === code) return undefined;
    throw thrown;
  }
}

/** Who waits longer than this is better off asking again; most tools document no limit of their own. */
const TIMEOUT_MS = 30_000;

/** The tool's answer, as far as it was read. */
export interface Answer {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  text(): string;
  /** What `Retry-After` asks for. */
  readonly waitMs: number | undefined;
}

/** A request of `fetch` and what we decide of it. */
export interface Sent extends Omit<RequestInit, 'signal'> {
  readonly timeoutMs?: number;
  /** How the body of an answer is read; all of it, where nothing is said. */
  readonly readBody?: (response: Response) => Promise<Uint8Array>;
}

/** Sends requests for a client that has no SDK: one leave of the budget for each, no repetition, every failure ours. */
export interface Requests {
  /** Requests sent so far. */
  readonly calls: () => number;
  send(url: string, request: Sent): Promise<Answer>;
}

export function openRequests(io: ConnectorIo, networkError: NetworkError): Requests {
  let calls = 0;
  return {
    calls: () => calls,
    async send(url, { timeoutMs = TIMEOUT_MS, readBody = readAll, ...request }) {
      if (io.signal.aborted) throw networkError(undefined, true);
      await io.calls.ask();
      calls += 1;
      try {
        const signal = AbortSignal.any([io.signal, AbortSignal.timeout(timeoutMs)]);
        const response = await io.fetch(url, { ...request, signal });
        const { ok, status, headers } = response;
        const waitMs = waitOf(headers.get('retry-after'), io.now());
        const bytes = await readBody(response);
        return { ok, status, headers, bytes, text: () => new TextDecoder().decode(bytes), waitMs };
      } catch (thrown) {
        throw networkError(thrown, io.signal.aborted);
      }
    },
  };
}

async function readAll(response: Response): Promise<Uint8Array> {
  return new Uint8Array(await response.arrayBuffer());
}

/** A query as it stands behind a path, with its question mark; what is undefined is left out. */
export function queryText(query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}

/** The JSON of an answer; undefined where it is none, such as nothing or a page for people. */
export function jsonIn(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined; // Whoever needs it says so: the parser's own message would quote the text.
  }
}
