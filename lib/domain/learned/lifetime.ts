import type { Milliseconds } from '../instant.ts';
import { inWords } from './features.ts';
import type { EntriesOf, openReadings } from './feeds.ts';
import { hypergeometric } from './gamma.ts';
import type { LifetimeModel } from './model.ts';
import type { Part } from './part.ts';
import type { LifetimeRule } from './rules.ts';

const DAY_MS = 86_400_000;
const DAYS_IN_WEEK = 7;

/**
 * A customer as the models of Fader and Hardie see one: purchases after the first (`x`), the weeks from the first to the
 * last (`tx`) and until now (`age`), and the mean of what each of the later ones brought (`spend`, 0 = nothing).
 */
export interface Buyer {
  readonly x: number;
  readonly tx: number;
  readonly age: number;
  readonly spend: number;
}

export function lifetimePart(
  rule: LifetimeRule,
  readings: ReturnType<typeof openReadings>,
): Omit<Part<LifetimeModel>, 'rule'> {
  const { feed, doneIn } = readings.read(rule.did, rule.value, 'ever');
  const buyerOf = (entriesOf: EntriesOf, asOf: Milliseconds): Buyer | undefined => {
    // What is bought on one day (UTC) is one purchase, as the models count.
    const days = new Map<number, number>();
    for (const { at, value } of doneIn(entriesOf, asOf, 'ever').toSorted((a, b) => a.at - b.at || a.value - b.value)) {
      const day = Math.floor(at / DAY_MS);
      days.set(day, (days.get(day) ?? 0) + value);
    }
    return buyerFrom([...days], Math.floor(asOf / DAY_MS));
  };
  const horizon = rule.horizonMs / DAY_MS / DAYS_IN_WEEK;
  return {
    name: 'lifetime_value',
    lookBackMs: 'ever',
    hears: [feed.key],
    rowOf(entriesOf, asOf) {
      const one = buyerOf(entriesOf, asOf);
      return one === undefined ? undefined : { values: [one.x, one.tx, one.age, one.spend] };
    },
    tell(model, entriesOf, asOf) {
      const one = buyerOf(entriesOf, asOf);
      if (one === undefined) return [];
      const alive = aliveOf(model, one);
      const purchases = purchasesOf(model, one, horizon);
      const because =
        `${one.x + 1} days with ${feed.activity}, the first ${inWords(one.age * DAYS_IN_WEEK)} days before, ` +
        `the last ${inWords((one.age - one.tx) * DAYS_IN_WEEK)} days before`;
      const spend = spendOf(model, one);
      const value = spend === undefined ? undefined : spend * purchases;
      const days = `in the ${rule.horizonMs / DAY_MS} days to come`;
      return [
        ['learned.alive', { value: Number(alive.toFixed(3)), because }],
        ['learned.expected_purchases', { value: Number(purchases.toFixed(2)), because: `${because}; ${days}` }],
        ...(value === undefined
          ? []
          : ([
              [
                'learned.lifetime_value',
                {
                  value: Number(value.toFixed(2)),
                  because: `${inWords(purchases)} purchases ${days} of ${inWords(spend ?? 0)} ${rule.value} each; ${because}`,
                },
              ],
            ] as const)),
      ];
    },
  };
}

/** A buyer from the sums of each day, the earliest day first, as of a day. Undefined for nobody's days. */
export function buyerFrom(days: readonly (readonly [day: number, paid: number])[], asOf: number): Buyer | undefined {
  const [first] = days;
  const last = days.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const later = days.slice(1).map(([, paid]) => paid);
  const spend = later.length === 0 ? 0 : later.reduce((sum, paid) => sum + paid, 0) / later.length;
  const [tx, age] = [(last[0] - first[0]) / DAYS_IN_WEEK, (asOf - first[0]) / DAYS_IN_WEEK];
  return { x: later.length, tx, age, spend: Math.max(0, spend) };
}

/** The probability that a customer has not turned away (Fader, Hardie and Lee, Marketing Science 24:2, 2005). */
export function aliveOf({ r, alpha, a, b }: LifetimeModel, { x, tx, age }: Buyer): number {
  if (x === 0) return 1;
  return 1 / (1 + (a / (b + x - 1)) * ((alpha + age) / (alpha + tx)) ** (r + x));
}

/**
 * Expected purchases in so many weeks to come (the same paper, equation 10). The hypergeometric function is taken by Euler's
 * transformation: its power of (1 − z) and the one before it then cancel, and no large number is left.
 */
export function purchasesOf(model: LifetimeModel, buyer: Buyer, weeks: number): number {
  const { r, alpha, b } = model;
  const { x, age } = buyer;
  // The formula has a gap at a = 1 that means nothing.
  const a = Math.abs(model.a - 1) < 1e-6 ? 1 + 1e-6 : model.a;
  const z = weeks / (alpha + age + weeks);
  // The same at a + b = 1 for whoever bought once: the factor before the brackets and the series meet there.
  const c = Math.abs(a + b + x - 1) < 1e-9 ? 1e-9 : a + b + x - 1;
  const inner = hypergeometric(c - r - x, a - 1, c, z) * (1 - z) ** (a - 1);
  const unlived = (c / (a - 1)) * (1 - inner);
  return Math.max(0, unlived * aliveOf(model, buyer));
}

/** Expected value of one purchase of a buyer (Fader and Hardie, "The Gamma-Gamma Model", 2013). Undefined: unknown. */
export function spendOf({ spend }: LifetimeModel, buyer: Buyer): number | undefined {
  if (spend === undefined) return undefined;
  const { p, q, v } = spend;
  // Whoever paid nothing in the later purchases tells as little as whoever made none.
  const x = buyer.spend > 0 ? buyer.x : 0;
  return (p * (v + x * buyer.spend)) / (p * x + q - 1);
}
