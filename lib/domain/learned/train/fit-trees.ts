import type { Tree } from '../trees.ts';

/** What trees learn from: numbers, what became of them, and how many of all each stands for. */
export interface Example {
  readonly values: readonly number[];
  readonly did: boolean;
  readonly weight: number;
}

const BINS = 32;
const [TREES, DEPTH, RATE, PENALTY] = [100, 3, 0.1, 1];
/** A question that parts off fewer than so many (as they bend the curve) is not asked. */
const LEAST_BEHIND = 5;

/**
 * Gradient boosting of a yes or no (Friedman 2001, with the second order of Chen and Guestrin 2016): a hundred trees of three
 * questions on histograms of each feature, each tree a tenth of what would be best now. No chance in it.
 */
export function fitTrees(examples: readonly Example[]): readonly Tree[] {
  const count = examples.length;
  const columns = binColumns(examples);
  const [scores, slopes, curves] = [new Float64Array(count), new Float64Array(count), new Float64Array(count)];
  const everybody = Int32Array.from(examples.keys());
  return Array.from({ length: TREES }, () => {
    for (const [at, { did, weight }] of examples.entries()) {
      const chance = 1 / (1 + Math.exp(-(scores[at] ?? 0)));
      slopes[at] = weight * ((did ? 1 : 0) - chance);
      curves[at] = weight * Math.max(1e-9, chance * (1 - chance));
    }
    return grow(everybody, DEPTH);
  });

  function grow(people: Int32Array, left: number): Tree {
    const [slope, curve] = [sumOf(slopes, people), sumOf(curves, people)];
    const here = (RATE * slope) / (curve + PENALTY);
    const best = left === 0 ? undefined : bestQuestion(people, slope, curve);
    if (best === undefined) {
      for (const one of people) scores[one] = (scores[one] ?? 0) + here;
      return here;
    }
    const { bins, edges } = best.column;
    const low = grow(
      people.filter((one) => (bins[one] ?? 0) <= best.bin),
      left - 1,
    );
    const high = grow(
      people.filter((one) => (bins[one] ?? 0) > best.bin),
      left - 1,
    );
    return [best.feature, edges[best.bin] ?? 0, here, low, high];
  }

  function bestQuestion(people: Int32Array, slope: number, curve: number) {
    let best: { readonly feature: number; readonly bin: number; readonly column: Column } | undefined;
    let most = 1e-6;
    const worth = (s: number, c: number): number => s ** 2 / (c + PENALTY);
    for (const [feature, column] of columns.entries()) {
      const [own, bend] = [new Float64Array(BINS), new Float64Array(BINS)];
      for (const one of people) {
        const bin = column.bins[one] ?? 0;
        own[bin] = (own[bin] ?? 0) + (slopes[one] ?? 0);
        bend[bin] = (bend[bin] ?? 0) + (curves[one] ?? 0);
      }
      let [s, c] = [0, 0];
      for (let bin = 0; bin < column.edges.length; bin += 1) {
        s += own[bin] ?? 0;
        c += bend[bin] ?? 0;
        if (Math.min(c, curve - c) < LEAST_BEHIND) continue;
        const gain = worth(s, c) + worth(slope - s, curve - c) - worth(slope, curve);
        if (gain <= most) continue;
        most = gain;
        best = { feature, bin, column };
      }
    }
    return best;
  }
}

/** One feature of all people, as numbers of bins; whoever is in a bin is not above its edge. */
interface Column {
  readonly bins: Uint8Array;
  readonly edges: readonly number[];
}

function binColumns(examples: readonly Example[]): readonly Column[] {
  const width = examples[0]?.values.length ?? 0;
  return Array.from({ length: width }, (_, feature) => {
    const values = examples.map((one) => one.values[feature] ?? 0);
    const sorted = [...values].sort((a, b) => a - b);
    const cuts = Array.from(
      { length: BINS - 1 },
      (__, at) => sorted[Math.floor(((at + 1) * sorted.length) / BINS)] ?? 0,
    );
    const edges = [...new Set(cuts)];
    return { edges, bins: Uint8Array.from(values, (value) => edges.filter((edge) => value > edge).length) };
  });
}

function sumOf(numbers: Float64Array, people: Int32Array): number {
  let sum = 0;
  for (const one of people) sum += numbers[one] ?? 0;
  return sum;
}
