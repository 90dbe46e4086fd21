import { formatInstant } from '../../domain/instant.ts';
import { askedBy, newJobId } from '../jobs/job.ts';
import { beginJob, type JobStep, type LongJob, type RunJobDeps, type Worker } from '../jobs/run-job.ts';
import type { DeadLetter, DeadLetters, Queue } from '../ports.ts';
import { kindOfLetter, readLetter } from './letter-kind.ts';

/** Queues whose dead letters can be moved back: every one that drives a function. */
export const redrivenQueues = ['changes', 'recompute', 'sync', 'timers', 'push', 'jobs', 'imports'] as const;

export type RedrivenQueue = (typeof redrivenQueues)[number];

/** A queue with its dead letters. */
export interface Redriven {
  readonly queue: Queue;
  readonly letters: DeadLetters;
}

export interface RedriveDeps {
  readonly redriven: Readonly<Record<RedrivenQueue, Redriven>>;
}

/** What was found and done. A worker that died after a move did not count it: `moved` may be too low, never too high. */
export interface RedrivePart {
  readonly queue: RedrivenQueue;
  /** Dead letters when the job began, and how many of them may be moved: those that come meanwhile lie there again. */
  readonly found: number;
  readonly moved: number;
  /** Stay where they are, because they are no JSON. */
  readonly unreadable: number;
  /** Left when the job ended, unreadable ones too: out of sight because somebody had them in hand, or new. */
  readonly left: number;
  /** How many of each kind were moved or, in a dry run, looked at. */
  readonly kinds: Readonly<Record<string, number>>;
}

export interface RedriveJob extends LongJob {
  readonly what: 'redrive';
  readonly dryRun: boolean;
  readonly parts: readonly [RedrivePart];
  /** Whether `found` is known. */
  readonly counted: boolean;
  /** How often nothing was in sight though something was there. */
  readonly looks: number;
}

/** Longer than a step takes; so long a letter is out of sight when the worker dies that has it in hand. */
const HIDE_SECONDS = 60;
/** Moves between two notes of the job. */
const LETTERS_IN_STEP = 100;
/** Letters that a dry run looks at: enough to see what they are. */
const LETTERS_LOOKED_AT = 1_000;
const LOOK_AGAIN_SECONDS = 30;
const MOST_LOOKS = 6;

/** Asks for the dead letters of a queue to be moved back, or only to be looked at. Returns the job. */
export async function startRedrive(
  deps: Pick<RunJobDeps, 'state' | 'jobs' | 'clock'>,
  queue: RedrivenQueue,
  dryRun: boolean,
  by?: string,
): Promise<string> {
  const id = newJobId('redrive', deps.clock);
  await beginJob<RedriveJob>(deps, id, {
    what: 'redrive',
    state: 'running',
    over: false,
    startedAt: formatInstant(deps.clock.now().getTime()),
    ...askedBy(by),
    dryRun,
    parts: [{ queue, found: 0, moved: 0, unreadable: 0, left: 0, kinds: {} }],
    counted: false,
    looks: 0,
  });
  return id;
}

/**
 * Moves dead letters back to the queue that they belong to, at most as many as lay there when the job began: what fails
 * again is not sent round and round. A letter is sent before it is deleted, so dying at any line loses none; one may then
 * come twice, which every message may.
 */
export function redriveQueue(deps: RedriveDeps): Worker<RedriveJob> {
  return async function redrive(_id, job, signal): Promise<JobStep<RedriveJob>> {
    const [part] = job.parts;
    const { queue, letters } = deps.redriven[part.queue];
    if (!job.counted) {
      const { seen, hidden } = await letters.count();
      return { job: { ...job, counted: true, parts: [{ ...part, found: seen + hidden }] } };
    }
    if (job.dryRun) {
      const looked = await lookThrough(letters, Math.min(part.found, LETTERS_LOOKED_AT), signal);
      return ended(job, letters, { ...part, ...looked });
    }
    const most = Math.min(LETTERS_IN_STEP, part.found - part.moved);
    const { moved, unreadable, kinds } = await move({ queue, letters }, most, signal);
    const after = { ...part, moved: part.moved + moved, unreadable, kinds: added(part.kinds, kinds) };
    if (moved > 0 && after.moved < part.found) return { job: { ...job, parts: [after] } };
    const { hidden } = await letters.count();
    // Somebody has the rest in hand: a search for erased people, or a worker of this job that died.
    const waits = after.moved + unreadable < part.found && hidden > 0 && job.looks < MOST_LOOKS;
    if (!waits) return ended(job, letters, after);
    return { job: { ...job, parts: [after], looks: job.looks + 1 }, waitSeconds: LOOK_AGAIN_SECONDS };
  };
}

async function ended(job: RedriveJob, letters: DeadLetters, part: RedrivePart): Promise<JobStep<RedriveJob>> {
  const { seen, hidden } = await letters.count();
  return { job: { ...job, state: 'finished', over: true, parts: [{ ...part, left: seen + hidden }] } };
}

async function move({ queue, letters }: Redriven, most: number, signal: AbortSignal) {
  const back: Pick<DeadLetter, 'handle'>[] = [];
  const kinds: Record<string, number> = {};
  let moved = 0;
  let unreadable = 0;
  try {
    while (moved < most && unreadable < LETTERS_LOOKED_AT && !signal.aborted) {
      const found = await letters.receive(HIDE_SECONDS);
      if (found.length === 0) break;
      const readable = found.flatMap(({ handle, text }) => {
        const body = readLetter(text);
        return body === undefined ? [] : [{ handle, text, body }];
      });
      const taken = readable.slice(0, most - moved);
      const stay = found.filter(({ handle }) => !taken.some((one) => one.handle === handle));
      back.push(...stay.map(({ handle }) => ({ handle })));
      unreadable += found.length - readable.length;
      await queue.send(taken.map(({ body }) => ({ body })));
      for (const { handle, text } of taken) {
        await letters.remove({ handle, text });
        const kind = kindOfLetter(text);
        kinds[kind] = (kinds[kind] ?? 0) + 1;
      }
      moved += taken.length;
    }
  } finally {
    await letters.release(back);
  }
  return { moved, unreadable, kinds };
}

async function lookThrough(letters: DeadLetters, most: number, signal: AbortSignal) {
  const held: Pick<DeadLetter, 'handle'>[] = [];
  const kinds: Record<string, number> = {};
  try {
    while (held.length < most && !signal.aborted) {
      const found = await letters.receive(HIDE_SECONDS);
      if (found.length === 0) break;
      for (const { handle, text } of found) {
        held.push({ handle });
        const kind = kindOfLetter(text);
        kinds[kind] = (kinds[kind] ?? 0) + 1;
      }
    }
  } finally {
    await letters.release(held);
  }
  return { kinds, unreadable: kinds.unreadable ?? 0 };
}

function added(one: Readonly<Record<string, number>>, other: Readonly<Record<string, number>>): Record<string, number> {
  const sum: Record<string, number> = { ...one };
  for (const [name, count] of Object.entries(other)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}
