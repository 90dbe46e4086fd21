import type { RfmModel } from '../model.ts';

const SCORES = [2, 3, 4, 5] as const;

/**
 * Cuts from the rank of each value among all (PERCENT_RANK of SQL): a value has score s from the first one on below which
 * (s − 1) fifths of the others lie. Equal values are never parted, so where a fifth of all bought once more than a fifth has 1.
 */
export function fitRfm(rows: readonly (readonly number[])[]): RfmModel {
  const cutsOf = (at: number): readonly number[] => {
    const values = rows.map((row) => row[at] ?? 0).sort((a, b) => a - b);
    const others = Math.max(1, values.length - 1);
    return SCORES.map((score) => {
      let below = 0;
      for (const [place, value] of values.entries()) {
        if (place > 0 && value !== values[place - 1]) below = place;
        if (below / others >= (score - 1) / 5) return value;
      }
      return Number.MAX_VALUE;
    });
  };
  return { kind: 'rfm', recency: cutsOf(0), frequency: cutsOf(1), monetary: cutsOf(2) };
}
