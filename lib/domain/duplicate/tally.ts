import { createHash } from 'node:crypto';
import { agreement, byField, type Field, fields, levelOf, levels, type Pattern } from './agreement.ts';
import type { Comparable } from './comparable.ts';
import { areTwo, pairsAmong } from './suggest.ts';

/**
 * What weights are estimated from: counts of patterns, nothing of a person. Pairs that share a block are counted all;
 * the others by a random sample, field by field, because none of them is taken for one person.
 */
export interface Tally {
  /** So many pairs the counts stand for. */
  readonly pairs: number;
  /** Pattern → pairs that share a block. */
  readonly met: Readonly<Record<Pattern, number>>;
  /** A sample of pairs that share none. */
  readonly strangers: { readonly pairs: number; readonly levels: Readonly<Record<Field, readonly number[]>> };
}

export function emptyTally(): Tally {
  return { pairs: 0, met: {}, strangers: { pairs: 0, levels: byField((field) => levels[field].map(() => 0)) } };
}

/** A tally that counts on: `met` and `strangers` are told pair by pair, `told` is what was told so far. */
export function openTally(from: Tally = emptyTally()): {
  met(a: Comparable, b: Comparable): void;
  stranger(a: Comparable, b: Comparable): void;
  told(pairs: number): Tally;
} {
  const met = new Map(Object.entries(from.met));
  const counts = byField((field) => [...from.strangers.levels[field]]);
  let strangers = from.strangers.pairs;
  return {
    met(a, b) {
      // Known to be two: they tell nothing of how one person's records differ.
      if (areTwo(a, b)) return;
      const pattern = agreement(a, b);
      met.set(pattern, (met.get(pattern) ?? 0) + 1);
    },
    stranger(a, b) {
      const pattern = agreement(a, b);
      strangers += 1;
      for (const [at, field] of fields.entries()) {
        const level = levelOf(pattern, at);
        if (level !== undefined) counts[field][level] = (counts[field][level] ?? 0) + 1;
      }
    },
    told: (pairs) => ({
      pairs: from.pairs + pairs,
      met: Object.fromEntries([...met].sort(([a], [b]) => (a < b ? -1 : 1))),
      strangers: { pairs: strangers, levels: counts },
    }),
  };
}

export function addTallies(tallies: readonly Tally[]): Tally {
  const met: Record<Pattern, number> = {};
  for (const tally of tallies) {
    for (const [pattern, count] of Object.entries(tally.met)) met[pattern] = (met[pattern] ?? 0) + count;
  }
  return {
    pairs: tallies.reduce((sum, { pairs }) => sum + pairs, 0),
    met,
    strangers: {
      pairs: tallies.reduce((sum, { strangers }) => sum + strangers.pairs, 0),
      levels: byField((field) =>
        levels[field].map((_, at) =>
          tallies.reduce((sum, { strangers }) => sum + (strangers.levels[field][at] ?? 0), 0),
        ),
      ),
    },
  };
}

/** The same without its rarest patterns, where there are more than so many: a row has room for them. */
export function boundedTally(tally: Tally, mostPatterns: number): Tally {
  const met = Object.entries(tally.met);
  if (met.length <= mostPatterns) return tally;
  const kept = met.sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).slice(0, mostPatterns);
  return { ...tally, met: Object.fromEntries(kept) };
}

/** Every pair among some people that shares a block, and of the others as many as a sample needs. */
export function tallyAmong(people: readonly Comparable[], mostStrangers = 200_000): Tally {
  const tally = openTally();
  const met = new Set<string>();
  for (const [a, b] of pairsAmong(people).pairs) {
    tally.met(a, b);
    met.add(inOrder(a, b));
  }
  for (const [a, b] of strangersAmong(people, mostStrangers)) if (!met.has(inOrder(a, b))) tally.stranger(a, b);
  return tally.told((people.length * (people.length - 1)) / 2);
}

/**
 * Pairs of some people at random, at most so many, none twice. The same for the same people in whatever order they come:
 * they are brought into an order that has nothing to do with who they are.
 */
export function* strangersAmong(
  people: readonly Comparable[],
  most: number,
): Iterable<readonly [Comparable, Comparable]> {
  const mixed = people
    .map((person) => ({ person, by: createHash('sha256').update(person.id).digest('hex') }))
    .sort((a, b) => (a.by < b.by ? -1 : 1));
  let left = most;
  for (let apart = 1; apart < mixed.length; apart += 1) {
    for (let at = 0; at + apart < mixed.length; at += 1) {
      if (left === 0) return;
      left -= 1;
      const [a, b] = [mixed[at], mixed[at + apart]];
      if (a !== undefined && b !== undefined) yield [a.person, b.person];
    }
  }
}

function inOrder(a: Comparable, b: Comparable): string {
  return a.id < b.id ? `${a.id}\n${b.id}` : `${b.id}\n${a.id}`;
}
