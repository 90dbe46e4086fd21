import { canonicalText } from '../canonical.ts';
import type { Milliseconds } from '../instant.ts';
import { openZone } from './calendar.ts';
import { type Duration, daysOf } from './duration.ts';
import type { Entry } from './entries.ts';
import { type Feed, keptValue } from './feed.ts';
import type {
  AggregateName,
  AggregateReduction,
  CountReduction,
  EdgeReduction,
  Reduction,
  RegularReduction,
} from './leaves/reduction.ts';
import type { Sight } from './probe.ts';
import { type Signed, signed, sooner } from './signed.ts';
import { zoneName } from './value-test.ts';

/** The entries that count at an instant, newest first, and until when they stay the same. */
export interface Found {
  readonly entries: readonly Entry[];
  readonly until: Milliseconds;
}

/** A compiled reduction: what is made of the entries found. */
export interface Reducer {
  readonly kind: Reduction['kind'];
  readonly key: string;
  /** How many of the newest entries decide; Infinity = all of them. */
  readonly needed: number;
  /** Decided by the very first entry. */
  readonly edge: boolean;
  readonly negate: boolean;
  /** Bounds of a count. */
  readonly bounds: { readonly least: number; readonly most: number };
  answer(found: Found, at: Milliseconds, feed: Feed): Signed;
  sight(found: Found, at: Milliseconds, feed: Feed): Sight;
}

const anyNumber = { least: 0, most: Number.POSITIVE_INFINITY };

/** Compiles a reduction; the time zone is the workspace's, for `calendar: true`. */
export function buildReducer(reduction: Reduction, timezone: string): Reducer {
  if (reduction.kind === 'count') return countReducer(reduction);
  if (reduction.kind === 'regularly') return regularReducer(reduction, timezone);
  return 'property' in reduction ? aggregateReducer(reduction, timezone) : edgeReducer(reduction, timezone);
}

function countReducer({ least, most }: CountReduction): Reducer {
  return {
    kind: 'count',
    key: canonicalText(['count', least, most === Number.POSITIVE_INFINITY ? null : most]),
    needed: Math.max(least, most === Number.POSITIVE_INFINITY ? 0 : most + 1),
    edge: false,
    negate: false,
    bounds: { least, most },
    answer: ({ entries, until }) => signed(entries.length >= least && entries.length <= most, until),
    sight: ({ entries }) => ({ saw: { count: entries.length } }),
  };
}

function aggregateReducer({ kind, test, exact }: AggregateReduction, timezone: string): Reducer {
  const matcher = test.build(timezone);
  const reduce = aggregates[kind];
  return {
    kind,
    key: canonicalText([kind, exact, matcher.key]),
    needed: Number.POSITIVE_INFINITY,
    edge: false,
    negate: matcher.negate,
    bounds: anyNumber,
    answer: ({ entries, until }, at, feed) => signed(matcher.answer(reduce(entries, feed), at) > 0, until),
    sight({ entries }, _at, feed) {
      const value = reduce(entries, feed);
      return value === undefined ? { saw: { [kind]: null }, because: 'missing' } : { saw: { [kind]: value } };
    },
  };
}

const aggregates: Readonly<Record<AggregateName, (entries: readonly Entry[], feed: Feed) => number | undefined>> = {
  sum: (entries, feed) => sumOf(numbersOf(entries, feed)),
  avg(entries, feed) {
    const numbers = numbersOf(entries, feed);
    return numbers.length === 0 ? undefined : sumOf(numbers) / numbers.length;
  },
  min(entries, feed) {
    const numbers = numbersOf(entries, feed);
    return numbers.length === 0 ? undefined : numbers.reduce((a, b) => Math.min(a, b));
  },
  max(entries, feed) {
    const numbers = numbersOf(entries, feed);
    return numbers.length === 0 ? undefined : numbers.reduce((a, b) => Math.max(a, b));
  },
  distinct: (entries, feed) =>
    new Set(entries.map((entry) => keptValue(entry, feed)).filter((value) => value !== undefined)).size,
};

function edgeReducer({ kind, test }: EdgeReduction, timezone: string): Reducer {
  const matcher = test.build(timezone);
  const pick = (entries: readonly Entry[]): Entry | undefined =>
    kind === 'first' ? entries[entries.length - 1] : entries[0];
  return {
    kind,
    key: canonicalText([kind, matcher.key]),
    needed: kind === 'first' ? Number.POSITIVE_INFINITY : 1,
    edge: kind === 'first',
    negate: matcher.negate,
    bounds: anyNumber,
    answer({ entries, until }, at) {
      const entry = pick(entries);
      if (entry === undefined) return signed(false, until);
      const when = matcher.mode === 'instant' ? entry[0] : new Date(entry[0]).toISOString();
      return sooner(matcher.answer(when, at), until);
    },
    sight({ entries }) {
      const entry = pick(entries);
      if (entry === undefined) return { saw: { [kind]: null }, because: 'missing' };
      return { saw: { [kind]: new Date(entry[0]).toISOString() } };
    },
  };
}

function regularReducer({ least, of, calendar }: RegularReduction, timezone: string): Reducer {
  const zone = calendar === false ? undefined : zoneName(calendar, timezone);
  const periods = zone === undefined ? rollingPeriods(of) : civilPeriods(of, zone);
  const seen = new Set<number>();

  function countPeriods({ entries }: Found, at: Milliseconds): number {
    seen.clear();
    for (const [when] of entries) seen.add(periods.periodOf(when, at));
    return seen.size;
  }

  return {
    kind: 'regularly',
    key: canonicalText(['regularly', least, of.amount, of.unit, zone ?? null]),
    needed: Number.POSITIVE_INFINITY,
    edge: false,
    negate: false,
    bounds: anyNumber,
    answer(found, at) {
      let { until } = found;
      for (const [when] of found.entries) until = Math.min(until, periods.crossing(when, at));
      return signed(countPeriods(found, at) >= least, until);
    },
    sight: (found, at) => ({ saw: { periods: countPeriods(found, at) } }),
  };
}

interface Periods {
  /** 0 = the current period, 1 = the one before it. */
  periodOf(when: Milliseconds, at: Milliseconds): number;
  /** When an instant gets into the next older period. */
  crossing(when: Milliseconds, at: Milliseconds): Milliseconds;
}

function rollingPeriods(of: Duration): Periods {
  const length = of.ms / of.amount;
  const periodOf: Periods['periodOf'] = (when, at) => Math.floor((at - when) / length);
  return { periodOf, crossing: (when, at) => when + (periodOf(when, at) + 1) * length };
}

/** Whole days in each period; the current one ends with today. */
function civilPeriods(of: Duration, name: string): Periods {
  const zone = openZone(name);
  const days = (daysOf(of) ?? of.amount) / of.amount;
  const periodOf: Periods['periodOf'] = (when, at) => Math.floor((zone.dayOf(at) - zone.dayOf(when)) / days);
  return { periodOf, crossing: (when, at) => zone.startOf(zone.dayOf(when) + (periodOf(when, at) + 1) * days) };
}

function numbersOf(entries: readonly Entry[], feed: Feed): number[] {
  const numbers: number[] = [];
  for (const entry of entries) {
    const value = keptValue(entry, feed);
    if (typeof value === 'number') numbers.push(value);
  }
  return numbers;
}

/** Sum with a carried error (Neumaier), so that ten times 0.1 is 1. */
function sumOf(numbers: readonly number[]): number {
  let sum = 0;
  let carried = 0;
  for (const number of numbers) {
    const next = sum + number;
    carried += Math.abs(sum) >= Math.abs(number) ? sum - next + number : number - next + sum;
    sum = next;
  }
  return sum + carried;
}
