import { TributaryError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Proposal, Reason } from '../../domain/review/proposal.ts';
import type { Review } from '../../domain/review/review.ts';
import type { Clock, StateStore } from '../ports.ts';
import { FACTS_KEPT_MS } from './day-facts.ts';

/** The latest review of a segment, in short. */
export interface ReviewLine {
  readonly segment: string;
  readonly title: string;
  readonly at: string;
  readonly size: number;
  readonly proposal: Proposal;
  readonly reasons: readonly Reason[];
  /** The job that made it: its digest tells of it. */
  readonly job: string;
}

const LATEST = 'review';
const kindOf = (segment: string): string => `review#${segment}`;

/** The latest review of every segment that was ever reviewed, by segment. */
export async function latestReviews(state: StateStore): Promise<readonly ReviewLine[]> {
  const found: ReviewLine[] = [];
  for await (const page of state.all(LATEST)) found.push(...page.map(({ body }) => body as unknown as ReviewLine));
  return found;
}

/** Reviews of one segment, newest first. */
export async function listReviews(state: StateStore, segment: string, most: number): Promise<readonly Review[]> {
  return (await state.list(kindOf(segment), { most })).map(({ body }) => body as unknown as Review);
}

/** One review by its instant. Throws `api/no-such-review`. */
export async function readReview(state: StateStore, segment: string, at: string): Promise<Review> {
  const found = await state.get(kindOf(segment), at);
  if (found !== undefined) return found.body as unknown as Review;
  throw new TributaryError('rejected', 'api/no-such-review', `${segment} has no review of that instant`);
}

/** Keeps a review, and that it is the latest unless a later one is there. What is kept stays: twice is once. */
export async function keepReview(
  { state, clock }: { readonly state: StateStore; readonly clock: Pick<Clock, 'now'> },
  review: Review,
  job: string,
): Promise<void> {
  const expiresAt = clock.now().getTime() + FACTS_KEPT_MS;
  const { segment, title, at, proposal, reasons } = review;
  await state.put(kindOf(segment), at, review as unknown as JsonObject, 0, { expiresAt });
  const line: ReviewLine = { segment, title, at, size: review.size.now, proposal, reasons, job };
  for (;;) {
    const held = await state.get(LATEST, segment);
    if (held !== undefined && String(held.body.at) >= at) return;
    if (await state.put(LATEST, segment, line as unknown as JsonObject, held?.version ?? 0)) return;
  }
}
