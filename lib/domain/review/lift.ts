import type { HoldoutFacts, SideFacts } from './facts.ts';
import { differenceOfMeans, differenceOfShares, type Interval } from './interval.ts';

/** Below so many people on a side, or so few conversions on both together, nothing is said. */
export const LIFT_PEOPLE = 30;
export const LIFT_CONVERSIONS = 5;

/** A difference that may be told, or why not: a number is never told without its interval. */
export type Effect =
  | ({ readonly told: true; readonly exposed: number; readonly heldOut: number; readonly sure: boolean } & Interval)
  | { readonly told: false; readonly because: 'too few' | 'not measured' };

/** What being sent did, as the difference to those who were held out. */
export interface Lift {
  readonly experiment: string;
  readonly exposed: number;
  readonly heldOut: number;
  /** Share of people who reached the goal after first exposure. */
  readonly conversion: Effect;
  /** Mean revenue after first exposure, in the window of the measures. */
  readonly revenue: Effect;
}

/**
 * Compares exposed with held-out people since their recorded first exposure (ADR 0039), everybody on the side they were
 * given, whatever became of them. Conversion by Newcombe's interval, revenue by Welch's (see `interval.ts`); `sure` = the
 * 95 % interval does not hold 0. `measuresRevenue`: the workspace says what revenue is.
 */
export function liftOf({ experiment, metric, exposed, heldOut }: HoldoutFacts, measuresRevenue: boolean): Lift {
  const enough = exposed.people >= LIFT_PEOPLE && heldOut.people >= LIFT_PEOPLE;
  return {
    experiment,
    exposed: exposed.people,
    heldOut: heldOut.people,
    conversion: metric === null ? NOT_MEASURED : enough ? conversionOf(exposed, heldOut) : TOO_FEW,
    revenue: !measuresRevenue ? NOT_MEASURED : enough ? revenueOf(exposed, heldOut) : TOO_FEW,
  };
}

const NOT_MEASURED: Effect = { told: false, because: 'not measured' };
const TOO_FEW: Effect = { told: false, because: 'too few' };

function conversionOf(exposed: SideFacts, heldOut: SideFacts): Effect {
  if (exposed.converted + heldOut.converted < LIFT_CONVERSIONS) return TOO_FEW;
  const a = { found: exposed.converted, of: exposed.people };
  const b = { found: heldOut.converted, of: heldOut.people };
  return effect(differenceOfShares(a, b), a.found / a.of, b.found / b.of);
}

function revenueOf(exposed: SideFacts, heldOut: SideFacts): Effect {
  if (exposed.squares + heldOut.squares === 0) return TOO_FEW;
  const a = { of: exposed.people, sum: exposed.revenue, squares: exposed.squares };
  const b = { of: heldOut.people, sum: heldOut.revenue, squares: heldOut.squares };
  return effect(differenceOfMeans(a, b), a.sum / a.of, b.sum / b.of);
}

function effect(interval: Interval, exposed: number, heldOut: number): Effect {
  return { told: true, ...interval, exposed, heldOut, sure: interval.least > 0 || interval.most < 0 };
}
