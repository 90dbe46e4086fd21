import type { HoldoutFacts, SideFacts } from './facts.ts';
import { differenceOfMeans, differenceOfShares, type Interval } from './interval.ts';
import { isShare, type Metric } from './objective.ts';

/** Below so many people on a side, or so few who reached the goal on both together, nothing is said. */
export const LIFT_PEOPLE = 30;
export const LIFT_CONVERSIONS = 5;

/** Why no difference is told. */
export const untold = ['too few', 'not measured', 'no objective', 'told as revenue', 'size is of nobody'] as const;

/** A difference that may be told, or why not: a number is never told without its interval. */
export type Effect =
  | ({ readonly told: true; readonly exposed: number; readonly heldOut: number; readonly sure: boolean } & Interval)
  | { readonly told: false; readonly because: (typeof untold)[number] };

/** What being sent did, as the difference to those who were held out. */
export interface Lift {
  readonly experiment: string;
  readonly exposed: number;
  readonly heldOut: number;
  /** The metric of the segment's objective; null where it has none. */
  readonly metric: Metric | null;
  /** `exposure`: by what was done after it; `now`: as it stands. */
  readonly since: 'exposure' | 'now';
  /** Of the share of people who reached what the objective counts. */
  readonly objective: Effect;
  /** Mean revenue after first exposure, in the window of the measures. */
  readonly revenue: Effect;
}

/**
 * Compares exposed with held-out people since their recorded first exposure (ADR 0039), everybody on the side they were
 * given, whatever became of them: sides are drawn by chance, so what differs is what being sent did. Shares by Newcombe's
 * interval, revenue by Welch's (see `interval.ts`); `sure` = the 95 % interval does not hold 0. `measuresRevenue`: the
 * workspace says what revenue is.
 */
export function liftOf(holdout: HoldoutFacts, measuresRevenue: boolean): Lift {
  const { experiment, metric, since, exposed, heldOut } = holdout;
  const enough = exposed.people >= LIFT_PEOPLE && heldOut.people >= LIFT_PEOPLE;
  return {
    experiment,
    exposed: exposed.people,
    heldOut: heldOut.people,
    metric,
    since,
    objective: objectiveOf(holdout),
    revenue: !measuresRevenue ? because('not measured') : enough ? revenueOf(exposed, heldOut) : because('too few'),
  };
}

function because(why: (typeof untold)[number]): Effect {
  return { told: false, because: why };
}

function objectiveOf({ metric, exposed, heldOut }: HoldoutFacts): Effect {
  if (metric === null) return because('no objective');
  if (metric === 'revenue_per_member') return because('told as revenue');
  if (!isShare(metric)) return because('size is of nobody');
  const few = exposed.asked < LIFT_PEOPLE || heldOut.asked < LIFT_PEOPLE;
  if (few || exposed.converted + heldOut.converted < LIFT_CONVERSIONS) return because('too few');
  const a = { found: exposed.converted, of: exposed.asked };
  const b = { found: heldOut.converted, of: heldOut.asked };
  return effect(differenceOfShares(a, b), a.found / a.of, b.found / b.of);
}

function revenueOf(exposed: SideFacts, heldOut: SideFacts): Effect {
  if (exposed.squares + heldOut.squares === 0) return because('too few');
  const a = { of: exposed.people, sum: exposed.revenue, squares: exposed.squares };
  const b = { of: heldOut.people, sum: heldOut.revenue, squares: heldOut.squares };
  return effect(differenceOfMeans(a, b), a.sum / a.of, b.sum / b.of);
}

function effect(interval: Interval, exposed: number, heldOut: number): Effect {
  return { told: true, ...interval, exposed, heldOut, sure: interval.least > 0 || interval.most < 0 };
}
