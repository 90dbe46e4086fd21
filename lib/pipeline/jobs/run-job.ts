import { asTributaryError, dispositions } from '../../domain/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import { delayOf } from '../delay.ts';
import type { Clock, Log, Queue, StateStore } from '../ports.ts';
import { LEASE_MS } from '../run-list.ts';
import { JOB_KEPT_MS, type JobStanding } from './job.ts';

/** Work of many steps that is kept in `state` under kind `job` and done by messages that only name it. */
export interface LongJob extends JobStanding {
  /** Nothing is left to do. A job may be finished for those who follow it while something is still looked after. */
  readonly over: boolean;
  /** In ms. Nobody does a step before it: somebody is at one, or the job waits. `runJob` keeps it, as it does `turn`. */
  readonly notBefore?: number;
  /** How often the job went on with another message. One that names an earlier turn has a successor. */
  readonly turn?: number;
}

/** One step: what the job is after it. `waitSeconds`: go on that much later. */
export interface JobStep<Job extends LongJob> {
  readonly job: Job;
  readonly waitSeconds?: number;
}

/** Does one step of a job. Doing it twice does no harm: a worker may die after its effects and before it is noted. */
export type Worker<Job extends LongJob> = (id: string, job: Job, signal: AbortSignal) => Promise<JobStep<Job>>;

/** Closes over a worker's kind of job, so that workers of different kinds stand in one table: each only gets its own. */
export function anyWorker<Job extends LongJob>(worker: Worker<Job>): Worker<LongJob> {
  return worker as unknown as Worker<LongJob>;
}

export interface RunJobDeps {
  readonly state: StateStore;
  readonly jobs: Queue;
  readonly clock: Clock;
  readonly log: Log;
}

/** Keeps a job and asks for it to be done. A job of that id that is known already is asked for again, as it stands. */
export async function beginJob<Job extends LongJob>(
  deps: Pick<RunJobDeps, 'state' | 'jobs' | 'clock'>,
  id: string,
  job: Job,
): Promise<void> {
  await note(deps, id, job, 0);
  await deps.jobs.send([{ body: { job: id } }]);
}

/** Longer than a worker lives, and shorter than the message of one that died stays hidden. */
const LEASE_SECONDS = LEASE_MS / 1_000;
/** What is sent for the next turn arrives when that turn is noted. */
const HAND_OVER_SECONDS = 1;

/**
 * Does the jobs that messages name, step by step, and notes each step before the next; stops when a step waits or time is
 * short. A message is done only when another one stands for it, because a queue may bring one twice and delete it for both
 * (ADR 0077): before a turn is noted its message is sent, and a message that comes too early, or loses the job to another,
 * is sent again. One whose turn is over is answered with nothing, so that repetitions end with the turn they came in.
 */
export function runJob(deps: RunJobDeps, workers: Readonly<Record<string, Worker<LongJob>>>) {
  return async function run(message: Json, signal: AbortSignal): Promise<void> {
    const held = await takeJob(deps, message);
    if (held === undefined) return;
    const { id, turn } = held;
    for (let { job, version } = held; ; version += 1) {
      const step = await oneStep(workers, id, job, signal).catch(async (thrown: unknown) => {
        await letGo(deps, { id, turn, job, version });
        throw thrown;
      });
      const now = deps.clock.now().getTime();
      const waits = step.waitSeconds ?? (signal.aborted ? 0 : undefined);
      if (waits !== undefined && !step.job.over) {
        const seconds = Math.max(HAND_OVER_SECONDS, waits);
        await carryOn(deps, { id, turn: turn + 1 }, seconds);
        await note(deps, id, { ...step.job, turn: turn + 1, notBefore: now + seconds * 1_000 }, version);
        return;
      }
      job = { ...step.job, turn, notBefore: now + LEASE_MS };
      if (!(await note(deps, id, job, version))) return carryOn(deps, { id, turn }, LEASE_SECONDS);
      if (job.over) {
        deps.log('job ended', { job: id, state: job.state, code: job.error?.code ?? null });
        return;
      }
    }
  };
}

/** A job in the hands of one worker, as it was noted last. */
interface HeldJob {
  readonly id: string;
  readonly turn: number;
  readonly job: LongJob;
  readonly version: number;
}

/** Takes the job of a message, unless nothing is to be done for it now. A message without a turn asks as the job stands. */
async function takeJob(deps: RunJobDeps, message: Json): Promise<HeldJob | undefined> {
  const named = isJsonObject(message) ? message : {};
  const id = typeof named.job === 'string' ? named.job : '';
  const stored = await deps.state.get('job', id);
  const job = stored?.body as unknown as LongJob | undefined;
  if (stored === undefined || job === undefined || job.over) return undefined;
  const { turn: noted = 0, notBefore = 0 } = job;
  // Sent ahead of its turn by a worker that died over the note, a message may name a later one.
  const turn = typeof named.turn === 'number' ? named.turn : noted;
  if (turn < noted) return undefined;
  const now = deps.clock.now().getTime();
  if (notBefore > now) {
    await carryOn(deps, { id, turn }, (notBefore - now) / 1_000);
    return undefined;
  }
  const taken = { ...job, turn, notBefore: now + LEASE_MS };
  if (await note(deps, id, taken, stored.version)) return { id, turn, job: taken, version: stored.version + 1 };
  await carryOn(deps, { id, turn }, LEASE_SECONDS);
  return undefined;
}

/** Sends the message that carries a turn of a job on. */
async function carryOn(
  { jobs }: RunJobDeps,
  { id, turn }: Pick<HeldJob, 'id' | 'turn'>,
  seconds: number,
): Promise<void> {
  await jobs.send([{ body: { job: id, turn }, ...delayOf(seconds) }]);
}

/** Stores how the job stands. False when somebody else did since it was read. */
async function note(
  { state, clock }: Pick<RunJobDeps, 'state' | 'clock'>,
  id: string,
  job: LongJob,
  version: number,
): Promise<boolean> {
  const expiresAt = clock.now().getTime() + JOB_KEPT_MS;
  return state.put('job', id, job as unknown as JsonObject, version, { expiresAt });
}

/**
 * Frees a job whose step failed: its message comes again as it is, however soon the queue shows it, and not as a new one
 * for the end of the lease, whose failures nobody has counted.
 */
async function letGo(deps: RunJobDeps, { id, job, version }: HeldJob): Promise<void> {
  try {
    await note(deps, id, { ...job, notBefore: deps.clock.now().getTime() }, version);
  } catch {
    // What has to be told is the failure of the step; the lease ends by itself.
  }
}

async function oneStep(
  workers: Readonly<Record<string, Worker<LongJob>>>,
  id: string,
  job: LongJob,
  signal: AbortSignal,
): Promise<JobStep<LongJob>> {
  const worker = workers[job.what];
  if (worker === undefined) return { job: failed(job, { code: 'job/unknown', message: `nobody does ${job.what}` }) };
  try {
    return await worker(id, job, signal);
  } catch (thrown) {
    const { kind, code, message } = asTributaryError(thrown);
    // What may pass comes again with the message; a defect too, until it lies in the dead letters and rings the alarm.
    if (dispositions[kind].does === 'retry-later' || kind === 'defect') throw thrown;
    return { job: failed(job, { code, message }) };
  }
}

function failed(job: LongJob, error: { readonly code: string; readonly message: string }): LongJob {
  return { ...job, state: 'failed', over: true, error };
}
