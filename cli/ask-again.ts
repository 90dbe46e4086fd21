import { setTimeout as sleep } from 'node:timers/promises';
import { TributaryError } from '../lib/domain/errors.ts';

/** Statuses by which a gateway says that the one behind it is busy, being replaced, or too slow. */
const PASSING_STATUS = new Set([429, 502, 503, 504]);
/** Names under which Node tells of a connection that broke; one that is refused means that nobody is there. */
const BROKEN = new Set([
  'EAI_AGAIN',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_SOCKET',
]);

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;
/** For so long after its first failure something is asked again: a deployment or a throttled moment is over by then. */
export const PERSISTS_MS = 60_000;

/** Where time comes from, and where a notice goes. */
export interface Persistence {
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<unknown>;
  readonly tell: (notice: string) => void;
}

const ours: Persistence = { now: Date.now, wait: (ms) => sleep(ms), tell: tellOnStderr };

/** A failure that passes by itself: whoever may ask again does. */
export function passing(what: string, options: { readonly cause?: unknown } = {}): TributaryError {
  return new TributaryError('transient', 'cli/unavailable', what, options);
}

export function isPassingStatus(status: number): boolean {
  return PASSING_STATUS.has(status);
}

/** What broke the connection, or made it take too long; undefined where nobody is there at all. */
export function brokenBy(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error)) return undefined;
  if (thrown.name === 'TimeoutError') return 'gave no answer in time';
  const { code } = (thrown.cause ?? thrown) as { readonly code?: unknown };
  return typeof code === 'string' && BROKEN.has(code) ? `broke off (${code})` : undefined;
}

/** Asks until there is an answer or a failure that does not pass, with growing pauses, for a minute at most. */
export async function askAgain<Answer>(
  ask: () => Promise<Answer>,
  { now, wait, tell }: Persistence = ours,
): Promise<Answer> {
  let until: number | undefined;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      return await ask();
    } catch (thrown) {
      if (!(thrown instanceof TributaryError) || thrown.code !== 'cli/unavailable') throw thrown;
      if (until === undefined) tell(`${thrown.message}; asking again for a minute`);
      until ??= now() + PERSISTS_MS;
      if (now() + pause > until) throw passing(`${thrown.message}, and again for a minute`, { cause: thrown });
      await wait(pause);
    }
  }
}

function tellOnStderr(notice: string): void {
  // A status line may stand there.
  process.stderr.write(`${process.stderr.isTTY === true ? '\r\u001b[2K' : ''}tributary: ${notice}\n`);
}
