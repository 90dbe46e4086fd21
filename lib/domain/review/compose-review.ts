import type { DayFacts, Performance } from './facts.ts';
import { shareOf } from './interval.ts';
import { liftOf } from './lift.ts';
import type { Overlap } from './overlaps.ts';
import { propose } from './propose.ts';
import type { Comment, Cost, Coverage, Findings, LeafPart, Review } from './review.ts';

const OVERLAPS_SHOWN = 10;
const COMMENTS_SHOWN = 10;

/** Everything that a review is made of. */
export interface ReviewInput {
  readonly title: string;
  readonly because: Review['because'];
  /** Of the walk that the review follows. */
  readonly facts: DayFacts;
  /** Facts of days before, newest first; the last is what the review compares with. */
  readonly before: readonly DayFacts[];
  readonly performance: Performance | null;
  readonly overlaps: readonly Overlap[];
  readonly leaves: readonly LeafPart[];
  readonly coverage: readonly Coverage[];
  readonly marks: { readonly right: number; readonly wrong: number };
  readonly comments: readonly Comment[];
  readonly cost: Cost;
}

/** Puts a review together and proposes. Pure: the same facts give the same review. */
export function composeReview(input: ReviewInput): Review {
  const { facts, before, title, comments, marks } = input;
  const since = before.at(-1);
  const found: Findings = {
    segment: facts.segment,
    title,
    at: facts.at,
    since: since?.day ?? null,
    people: facts.people,
    size: sizeOf(facts, since),
    movement: movementOf(facts, before),
    engagement:
      facts.engaged === null || facts.size === 0
        ? null
        : { members: facts.engaged, share: shareOf(facts.engaged, facts.size) },
    accuracy: {
      label: labelOf(facts),
      sample:
        marks.right + marks.wrong === 0
          ? null
          : { ...marks, precision: shareOf(marks.right, marks.right + marks.wrong) },
    },
    performance: input.performance,
    lift: facts.holdouts.map((one) => liftOf(one, facts.revenue !== null)),
    overlaps: input.overlaps.slice(0, OVERLAPS_SHOWN),
    leaves: input.leaves,
    coverage: input.coverage,
    feedback: {
      comments: comments.slice(0, COMMENTS_SHOWN),
      commented: comments.filter(({ at }) => since === undefined || at > since.at).length,
      nps: npsOf(facts),
      sentiment:
        facts.sentiment === null || facts.sentiment.mean === null
          ? null
          : { people: facts.sentiment.people, mean: facts.sentiment.mean },
    },
    cost: input.cost,
  };
  return { ...found, ...propose(found), definitions: facts.definitions, because: input.because };
}

function sizeOf({ size: now }: DayFacts, since: DayFacts | undefined): Findings['size'] {
  const before = since?.size ?? null;
  return { now, before, change: before === null || before === 0 ? null : now / before - 1 };
}

/** Of whole days: the day of the review itself is not over. */
function movementOf({ size }: DayFacts, before: readonly DayFacts[]): Findings['movement'] {
  const closed = before.filter(({ entered }) => entered !== null);
  const entered = closed.reduce((sum, day) => sum + (day.entered ?? 0), 0);
  const left = closed.reduce((sum, day) => sum + (day.left ?? 0), 0);
  return { days: closed.length, entered, left, churn: size + left === 0 ? null : left / (size + left) };
}

function labelOf({ label, size }: DayFacts): Findings['accuracy']['label'] {
  if (label === null) return null;
  const { members, everybody } = label;
  return {
    members,
    everybody,
    precision: size === 0 ? null : shareOf(members, size),
    recall: everybody === 0 ? null : shareOf(members, everybody),
  };
}

function npsOf({ nps }: DayFacts): Findings['feedback']['nps'] {
  if (nps === null) return null;
  const { promoters, passives, detractors } = nps;
  const answers = promoters + passives + detractors;
  return answers === 0 ? null : { ...nps, score: ((promoters - detractors) / answers) * 100 };
}
