import type { Definitions } from '../../domain/definitions.ts';
import { formatInstant } from '../../domain/instant.ts';
import type { JsonObject } from '../../domain/json.ts';
import { reviewRuleOf } from '../../domain/review/objective.ts';
import { readPointer } from '../define/definitions.ts';
import { startRecount } from '../define/recount.ts';
import { JOB_KEPT_MS, newJobId } from '../jobs/job.ts';
import type { LongJob } from '../jobs/run-job.ts';
import type { Clock, Queue, StateStore } from '../ports.ts';
import { noteRound } from '../rounds.ts';
import { latestReviews } from './reviews.ts';

/** A recount with what follows from it: the facts of every segment, the reviews that are due, the digest. */
export interface ReviewJob extends LongJob {
  readonly what: 'review';
  readonly because: 'schedule' | 'asked';
  readonly definitions: string;
  /** Segments under review. */
  readonly review: readonly string[];
  /** How many segments have their facts, and how many of those under review their review. */
  readonly counted: number;
  readonly reviewed: number;
  /** One for each segment under review. */
  readonly parts: readonly JsonObject[];
}

interface StartDeps {
  readonly state: StateStore;
  readonly recompute: Queue;
  readonly clock: Clock;
  readonly definitions: () => Promise<Definitions>;
}

/** Reviews of one night; the others are due the next one, the longest overdue first. */
export const MOST_REVIEWS = 100;
/** A nightly round starts a little sooner or later than the one before, and summer time moves it by an hour. */
const EARLY_MS = 6 * 3_600_000;

/** The nightly round: counts everybody, and reviews what is due. Two firings of one schedule are one round. */
export async function startNightly(deps: StartDeps, scheduledAt?: string): Promise<void> {
  // Before anything is published there is nothing to count by.
  if ((await readPointer(deps.state)) === undefined) return;
  const now = deps.clock.now().getTime();
  const definitions = await deps.definitions();
  const startedAt = formatInstant(now);
  const review = await dueReviews(deps.state, definitions, now);
  await begin(deps, `review.${scheduledAt ?? startedAt}`, { definitions, review, because: 'schedule' });
  await noteRound(deps, 'recount');
}

/** Reviews one segment now: everybody is counted for it. Returns the job to follow. */
export async function startReview(deps: StartDeps, segment: string): Promise<string> {
  const id = newJobId('review', deps.clock);
  await begin(deps, id, { definitions: await deps.definitions(), review: [segment], because: 'asked' });
  return id;
}

/** Segments whose rhythm says that they are to be reviewed; one that never was is due at once. */
async function dueReviews(state: StateStore, definitions: Definitions, now: number): Promise<readonly string[]> {
  const latest = new Map((await latestReviews(state)).map(({ segment, at }) => [segment, Date.parse(at)]));
  const due = definitions.segments.flatMap((definition) => {
    const rule = reviewRuleOf(definition);
    if (rule === undefined) return [];
    const overdue = now - (latest.get(definition.segment) ?? 0) - rule.everyMs;
    return overdue >= -EARLY_MS ? [{ segment: definition.segment, overdue }] : [];
  });
  due.sort((a, b) => b.overdue - a.overdue || (a.segment < b.segment ? -1 : 1));
  return due.slice(0, MOST_REVIEWS).map(({ segment }) => segment);
}

async function begin(
  deps: StartDeps,
  id: string,
  asked: Pick<ReviewJob, 'review' | 'because'> & { readonly definitions: Definitions },
): Promise<void> {
  const now = deps.clock.now().getTime();
  const job: ReviewJob = {
    what: 'review',
    state: 'running',
    over: false,
    startedAt: formatInstant(now),
    because: asked.because,
    definitions: asked.definitions.version,
    review: asked.review,
    counted: 0,
    reviewed: 0,
    parts: asked.review.map((segment) => ({ segment, state: 'running' })),
  };
  await deps.state.put('job', id, job as unknown as JsonObject, 0, { expiresAt: now + JOB_KEPT_MS });
  // Of two who begin one job the first says what it is.
  const kept = ((await deps.state.get('job', id))?.body ?? job) as unknown as ReviewJob;
  const { definitions, review, startedAt } = kept;
  await startRecount(deps, startedAt, { definitions, review, job: id });
}
