import { formatInstant } from '../../domain/instant.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Trained } from '../../domain/learned/model.ts';
import { newJobId } from '../jobs/job.ts';
import { beginJob, type LongJob, type RunJobDeps } from '../jobs/run-job.ts';

/** A training of everything that a workspace learns. */
export interface LearnJob extends LongJob {
  readonly what: 'learn';
  /** Everything is as of this instant, in ms. */
  readonly asOf: number;
  /** Definitions whose rules are learned by; absent until people are sampled. */
  readonly definitions?: string;
  readonly trained: Readonly<Record<string, Trained>>;
  /** Parts of the rules that are done, each with what came of it. */
  readonly parts: readonly JsonObject[];
}

/** Asks for a training. Two firings of one schedule are one training. */
export async function startLearning(
  deps: Pick<RunJobDeps, 'state' | 'jobs' | 'clock'>,
  scheduledAt?: string,
): Promise<LearnJob & { readonly id: string }> {
  const asOf = deps.clock.now().getTime();
  const startedAt = formatInstant(asOf);
  const id = scheduledAt === undefined ? newJobId('learn', deps.clock) : `learn.${scheduledAt}`;
  const job: LearnJob = { what: 'learn', state: 'running', over: false, startedAt, asOf, trained: {}, parts: [] };
  await beginJob(deps, id, job);
  return { id, ...job };
}
