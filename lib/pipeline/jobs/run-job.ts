import { asTributaryError, dispositions } from '../../domain/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import { delayOf } from '../delay.ts';
import type { Clock, Log, Queue, StateStore } from '../ports.ts';
import { JOB_KEPT_MS, type JobStanding } from './job.ts';

/** Work of many steps that is kept in `state` under kind `job` and done by messages that only name it. */
export interface LongJob extends JobStanding {
  /** Nothing is left to do. A job may be finished for those who follow it while something is still looked after. */
  readonly over: boolean;
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
  const expiresAt = deps.clock.now().getTime() + JOB_KEPT_MS;
  await deps.state.put('job', id, job as unknown as JsonObject, 0, { expiresAt });
  await deps.jobs.send([{ body: { job: id } }]);
}

/**
 * Does the jobs that messages name, step by step, and notes each step before the next. Stops when time is short and asks
 * for the rest. Who loses the note to another worker of the same message leaves the job to it.
 */
export function runJob(deps: RunJobDeps, workers: Readonly<Record<string, Worker<LongJob>>>) {
  return async function run(message: Json, signal: AbortSignal): Promise<void> {
    const id = isJsonObject(message) && typeof message.job === 'string' ? message.job : '';
    for (;;) {
      const held = await deps.state.get('job', id);
      const job = held?.body as unknown as LongJob | undefined;
      if (held === undefined || job === undefined || job.over) return;
      const step = await oneStep(workers, id, job, signal);
      const expiresAt = deps.clock.now().getTime() + JOB_KEPT_MS;
      if (!(await deps.state.put('job', id, step.job as unknown as JsonObject, held.version, { expiresAt }))) return;
      if (step.job.over) {
        deps.log('job ended', { job: id, state: step.job.state, code: step.job.error?.code ?? null });
        return;
      }
      if (step.waitSeconds !== undefined || signal.aborted) {
        await deps.jobs.send([{ body: { job: id }, ...delayOf(step.waitSeconds ?? 0) }]);
        return;
      }
    }
  };
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
