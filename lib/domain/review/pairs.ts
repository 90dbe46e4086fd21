import { type Counts, pairOf } from './counts.ts';

/**
 * Counts who is in two segments at once: somebody in `k` segments is in k(k-1)/2 pairs, so with many segments this is what
 * a recount does most. In a table of numbers a pair takes a nanosecond; under its name in `Counts` a hundred.
 */
export interface PairCounter {
  /** One person: the positions of their segments, ascending. */
  see(positions: readonly number[]): void;
  /** Adds everybody who was seen to counts, once. */
  addTo(counts: Counts): void;
}

/** A counter for so many segments. */
export function openPairs(segments: number): PairCounter {
  // Row by row of the half above the diagonal: (0,1) (0,2) … (1,2) …
  const table = new Uint32Array((segments * (segments - 1)) / 2);
  const startOf = (row: number): number => row * segments - (row * (row + 1)) / 2 - row - 1;
  return {
    see(positions) {
      for (let at = 0; at < positions.length; at += 1) {
        const start = startOf(positions[at] as number);
        for (let next = at + 1; next < positions.length; next += 1) {
          const place = start + (positions[next] as number);
          table[place] = (table[place] as number) + 1;
        }
      }
    },
    addTo({ pairs }) {
      for (let row = 0; row < segments; row += 1) {
        const start = startOf(row);
        for (let column = row + 1; column < segments; column += 1) {
          const people = table[start + column] as number;
          if (people === 0) continue;
          const pair = pairOf(row, column);
          pairs[pair] = (pairs[pair] ?? 0) + people;
        }
      }
      table.fill(0);
    },
  };
}
