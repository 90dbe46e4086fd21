import { pushDollars } from '../cost/cost.ts';

/** What the pushes of a segment's audiences did. */
export interface Pushed {
  readonly runs: number;
  readonly added: number;
  readonly removed: number;
  readonly calls: number;
}

/** A day's facts, as far as what was spent needs them. */
interface SpentDay {
  readonly day: string;
  readonly pushed?: Pushed | null;
}

/** What pushing a segment's audiences cost, at list prices, beside the budget of its objective. */
export interface Spent {
  readonly dollars: number;
  /** The last day that is over and counted; null = none is yet. */
  readonly to: string | null;
  /** Of the budget, 0 and up; null where the budget is not in US dollars, in which list prices are. */
  readonly share: number | null;
}

const DOLLARS = /^(?:(?:USD|US\$|\$)\s?([\d.,]+)|([\d.,]+)\s?(?:USD|US\$|\$|dollars))$/i;

/**
 * Adds up what was pushed since a day. It is the price of this side alone: what a tool charges for sending is known to the
 * tool. Budgets of other currencies are not compared: no rate of exchange is known here.
 */
export function spentSince(since: string, known: readonly SpentDay[], budget: string): Spent {
  const days = known.flatMap(({ day, pushed }) => (pushed == null || day < since ? [] : [{ day, pushed }]));
  const sum = (what: 'added' | 'removed' | 'calls') => days.reduce((all, { pushed }) => all + pushed[what], 0);
  const dollars = pushDollars({ changed: sum('added') + sum('removed'), calls: sum('calls') });
  const whole = dollarsIn(budget);
  const to = days.reduce<string | null>((last, { day }) => (last === null || day > last ? day : last), null);
  return { dollars, to, share: whole === undefined || whole === 0 ? null : dollars / whole };
}

/** `3,000 USD`, `$3000`: as a number. Undefined for anything else. */
function dollarsIn(budget: string): number | undefined {
  const [, before, after] = DOLLARS.exec(budget.trim()) ?? [];
  const amount = Number((before ?? after ?? '').replaceAll(',', ''));
  return (before ?? after) === undefined || !Number.isFinite(amount) ? undefined : amount;
}
