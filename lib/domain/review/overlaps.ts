import type { Counts } from './counts.ts';

/** So many of the largest overlaps of a segment are kept: at 1,000 segments that is 50,000 pairs at most, not 499,500. */
export const OVERLAPS_KEPT = 50;

/** Two segments that share somebody. */
export interface Overlap {
  readonly a: string;
  readonly b: string;
  readonly both: number;
  /** Both of either, 0 to 1. */
  readonly jaccard: number;
  readonly shareOfA: number;
  readonly shareOfB: number;
}

/** All segments with their sizes, and the overlaps that are kept, the largest first. JSON. */
export interface Overlaps {
  readonly at: string;
  readonly sizes: Readonly<Record<string, number>>;
  readonly pairs: readonly Overlap[];
}

/**
 * The overlaps of counted segments: a pair is kept when it is among the largest of one of its two, so that each segment has
 * its own. `segments`: ids by position, as they were counted. Pairs that share nobody are not there.
 */
export function overlapsOf(counts: Counts, segments: readonly string[], at: string, most = OVERLAPS_KEPT): Overlaps {
  const sizeOf = (segment: string): number => counts.segments[segment]?.size ?? 0;
  const all = Object.entries(counts.pairs)
    .map(([pair, both]) => overlapOf(...namesOf(pair, segments), both, sizeOf))
    .sort(largestFirst);
  const kept = new Map<string, number>();
  const pairs = all.filter(({ a, b }) => {
    const [ofA, ofB] = [kept.get(a) ?? 0, kept.get(b) ?? 0];
    if (ofA >= most && ofB >= most) return false;
    kept.set(a, ofA + 1);
    kept.set(b, ofB + 1);
    return true;
  });
  return { at, sizes: Object.fromEntries(segments.map((segment) => [segment, sizeOf(segment)])), pairs };
}

/** The overlaps of one segment, it being `a` in all of them. */
export function overlapsWith(segment: string, { pairs }: Pick<Overlaps, 'pairs'>): readonly Overlap[] {
  return pairs.flatMap((one) => {
    if (one.a === segment) return [one];
    if (one.b !== segment) return [];
    return [{ ...one, a: one.b, b: one.a, shareOfA: one.shareOfB, shareOfB: one.shareOfA }];
  });
}

function overlapOf(a: string, b: string, both: number, sizeOf: (segment: string) => number): Overlap {
  const [inA, inB] = [sizeOf(a), sizeOf(b)];
  return { a, b, both, jaccard: both / (inA + inB - both), shareOfA: both / inA, shareOfB: both / inB };
}

function namesOf(pair: string, segments: readonly string[]): [string, string] {
  const [one, other] = pair.split('.').map((position) => segments[Number(position)] ?? '');
  return [one ?? '', other ?? ''];
}

function largestFirst(one: Overlap, other: Overlap): number {
  return other.both - one.both || (one.a + one.b < other.a + other.b ? -1 : 1);
}
