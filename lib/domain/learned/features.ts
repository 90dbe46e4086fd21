import type { Milliseconds } from '../instant.ts';
import type { EntriesOf, openReadings, Reading } from './feeds.ts';
import type { FeatureRule } from './rules.ts';

const DAY_MS = 86_400_000;

/** Features of people, ready to be read as of an instant. */
export interface Features {
  readonly names: readonly string[];
  /** Leaf keys that they are read from. */
  readonly hears: readonly string[];
  /** What somebody's numbers are; undefined = nothing of it was ever done in its window. */
  valuesOf(entriesOf: EntriesOf, asOf: Milliseconds): readonly number[] | undefined;
}

/** `further`: how much longer entries are needed, because training looks back from an earlier instant. */
export function openFeatures(
  rules: readonly FeatureRule[],
  readings: ReturnType<typeof openReadings>,
  further: Milliseconds = 0,
): Features {
  const read = rules.map((rule) => {
    const property = typeof rule.take === 'object' ? rule.take.sum : undefined;
    return { rule, reading: readings.read(rule.did, property, rule.withinMs + further) };
  });
  return {
    names: rules.map(({ name }) => name),
    hears: read.map(({ reading }) => reading.feed.key),
    valuesOf(entriesOf, asOf) {
      let any = false;
      const values = read.map(({ rule, reading }) => {
        const done = reading.doneIn(entriesOf, asOf, rule.withinMs);
        if (done.length > 0) any = true;
        return numberOf(rule, done, asOf);
      });
      return any ? values : undefined;
    },
  };
}

function numberOf({ take, withinMs }: FeatureRule, done: ReturnType<Reading['doneIn']>, asOf: Milliseconds): number {
  if (take === 'count') return done.length;
  if (take === 'days_since_last') return (asOf - (done[0]?.at ?? asOf - withinMs)) / DAY_MS;
  // In the order of the values: of numbers with fractions another order of arrival may give another sum.
  const values = done.map(({ value }) => value).sort((a, b) => a - b);
  return values.reduce((sum, value) => sum + value, 0);
}

/** How far a number is from the middle of all, in standard deviations of the logarithm. */
export function standardised(
  values: readonly number[],
  { mean, spread }: { readonly mean: readonly number[]; readonly spread: readonly number[] },
): number[] {
  return values.map((value, at) => (logged(value) - (mean[at] ?? 0)) / (spread[at] ?? 1));
}

/** The logarithm of one more than a number; of what is negative, as far below nothing. */
export function logged(value: number): number {
  return Math.sign(value) * Math.log1p(Math.abs(value));
}

/** The number whose `logged` it is. */
export function unlogged(value: number): number {
  return Math.sign(value) * Math.expm1(Math.abs(value));
}

/** A number as people read it: whole from a hundred on, else with at most two decimals. */
export function inWords(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return String(Number(value.toFixed(digits)));
}
