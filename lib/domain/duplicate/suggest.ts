import { createHash } from 'node:crypto';
import type { FragmentId } from '../change.ts';
import { agreement } from './agreement.ts';
import { blockKeys, mostInBlock } from './blocks.ts';
import type { Comparable } from './comparable.ts';
import { type Likeness, likenessOf, type Weights } from './weights.ts';

/** Two people who may be one. Nothing is done about it until somebody accepts it. */
export interface Suggestion extends Likeness {
  /** The name of the pair: the same whichever comes first. */
  readonly id: string;
  readonly people: readonly [string, string];
  /** The first record of each: what an accepted suggestion joins. */
  readonly fragments: readonly [FragmentId, FragmentId];
}

/** The identifier type by which an accepted suggestion joins two records, as evidence like any other. */
export const SAME_PERSON = 'same_person';

/** Two people with different user ids are known to be two, and so are two whom an unmerge keeps apart. */
export function areTwo(a: Comparable, b: Comparable): boolean {
  const kept = (one: Comparable, other: Comparable): boolean => one.apart.some((id) => other.fragments.includes(id));
  if (kept(a, b) || kept(b, a)) return true;
  return a.userIds.length > 0 && b.userIds.length > 0 && !a.userIds.some((id) => b.userIds.includes(id));
}

/** How alike two people are; undefined when they are known to be two. */
export function compare(a: Comparable, b: Comparable, weights: Weights): Likeness | undefined {
  return areTwo(a, b) ? undefined : likenessOf(agreement(a, b), weights);
}

/** A suggestion for two people, whichever comes first; undefined when they are not alike enough. */
export function suggest(a: Comparable, b: Comparable, threshold: number, weights: Weights): Suggestion | undefined {
  const likely = compare(a, b, weights);
  if (likely === undefined || likely.score < threshold) return undefined;
  const [x, y] = [a, b].sort((one, two) => ((one.fragments[0] ?? '') < (two.fragments[0] ?? '') ? -1 : 1));
  const [first, second] = [x?.fragments[0], y?.fragments[0]];
  if (first === undefined || second === undefined) return undefined;
  return {
    id: pairId(first, second),
    people: [x?.id ?? '', y?.id ?? ''],
    fragments: [first, second],
    ...likely,
  };
}

/** Pairs among some people that share a block, each once. `skipped` counts blocks that held too many. */
export function pairsAmong(people: readonly Comparable[]): {
  readonly pairs: readonly (readonly [Comparable, Comparable])[];
  readonly skipped: number;
} {
  const blocks = new Map<string, number[]>();
  for (const [at, person] of people.entries()) {
    for (const key of blockKeys(person)) {
      const block = blocks.get(key);
      if (block === undefined) blocks.set(key, [at]);
      else block.push(at);
    }
  }
  const met = new Map<number, Set<number>>();
  let skipped = 0;
  for (const block of blocks.values()) {
    if (block.length > mostInBlock) {
      skipped += 1;
      continue;
    }
    for (const [at, a] of block.entries()) {
      if (at + 1 === block.length) break;
      const others = met.get(a) ?? new Set();
      met.set(a, others);
      for (const b of block.slice(at + 1)) others.add(b);
    }
  }
  const pairs: [Comparable, Comparable][] = [];
  for (const [at, others] of met) {
    for (const other of others) {
      const [a, b] = [people[at], people[other]];
      if (a !== undefined && b !== undefined) pairs.push([a, b]);
    }
  }
  return { pairs, skipped };
}

/** Every suggestion among some people, the likeliest first. */
export function suggestAmong(
  people: readonly Comparable[],
  threshold: number,
  weights: Weights,
): { readonly suggestions: readonly Suggestion[]; readonly skipped: number } {
  const { pairs, skipped } = pairsAmong(people);
  const suggestions = pairs.flatMap(([a, b]) => suggest(a, b, threshold, weights) ?? []);
  return { suggestions: suggestions.sort((a, b) => b.bits - a.bits || (a.id < b.id ? -1 : 1)), skipped };
}

/** The name of two records as a pair, in either order. */
export function pairId(a: FragmentId, b: FragmentId): string {
  const text = JSON.stringify([a, b].sort());
  return `d_${createHash('sha256').update(text).digest('base64url').slice(0, 22)}`;
}
