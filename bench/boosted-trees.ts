/** What boosting learns from: numbers and what became of them. */
export interface Example {
  readonly values: readonly number[];
  readonly did: boolean;
}

interface Split {
  readonly feature: number;
  readonly above: number;
  readonly low: Tree;
  readonly high: Tree;
}

type Tree = number | Split;

const BINS = 32;
const LEAST_CURVE = 1;

/**
 * Gradient boosting for a yes or no with trees on histograms, as XGBoost and LightGBM do it (second order, shrinkage, no
 * sampling): what learned propensities are measured against. Returns a scorer.
 */
export function boost(
  examples: readonly Example[],
  { trees = 200, depth = 3, rate = 0.1, penalty = 1 } = {},
): (values: readonly number[]) => number {
  const width = examples[0]?.values.length ?? 0;
  const edges = Array.from({ length: width }, (_, at) => edgesOf(examples.map(({ values }) => values[at] ?? 0)));
  const binned = examples.map(({ values }) => Uint8Array.from(values, (value, at) => binOf(value, edges[at] ?? [])));
  const scores = new Float64Array(examples.length);
  const grown: Tree[] = [];
  for (let nth = 0; nth < trees; nth += 1) {
    const slopes = new Float64Array(examples.length);
    const curves = new Float64Array(examples.length);
    for (const [at, { did }] of examples.entries()) {
      const chance = 1 / (1 + Math.exp(-(scores[at] ?? 0)));
      slopes[at] = (did ? 1 : 0) - chance;
      curves[at] = Math.max(1e-9, chance * (1 - chance));
    }
    const grow = (people: readonly number[], left: number): Tree => {
      let [slope, curve] = [0, 0];
      for (const one of people) {
        slope += slopes[one] ?? 0;
        curve += curves[one] ?? 0;
      }
      const leaf = (rate * slope) / (curve + penalty);
      const best = left === 0 ? undefined : bestSplit(people, slope, curve);
      if (best === undefined) {
        for (const one of people) scores[one] = (scores[one] ?? 0) + leaf;
        return leaf;
      }
      const isLow = (one: number): boolean => (binned[one]?.[best.feature] ?? 0) <= best.bin;
      const low = grow(people.filter(isLow), left - 1);
      const high = grow(
        people.filter((one) => !isLow(one)),
        left - 1,
      );
      return { feature: best.feature, above: edges[best.feature]?.[best.bin] ?? 0, low, high };
    };
    const bestSplit = (people: readonly number[], slope: number, curve: number) => {
      let best: { readonly feature: number; readonly bin: number } | undefined;
      let most = 1e-6;
      for (let feature = 0; feature < width; feature += 1) {
        const [own, bend] = [new Float64Array(BINS), new Float64Array(BINS)];
        for (const one of people) {
          const bin = binned[one]?.[feature] ?? 0;
          own[bin] = (own[bin] ?? 0) + (slopes[one] ?? 0);
          bend[bin] = (bend[bin] ?? 0) + (curves[one] ?? 0);
        }
        let [s, c] = [0, 0];
        for (let bin = 0; bin < BINS - 1; bin += 1) {
          s += own[bin] ?? 0;
          c += bend[bin] ?? 0;
          if (c < LEAST_CURVE || curve - c < LEAST_CURVE) continue;
          const gain =
            s ** 2 / (c + penalty) + (slope - s) ** 2 / (curve - c + penalty) - slope ** 2 / (curve + penalty);
          if (gain <= most) continue;
          most = gain;
          best = { feature, bin };
        }
      }
      return best;
    };
    grown.push(grow([...examples.keys()], depth));
  }
  return (values) => grown.reduce<number>((sum, tree) => sum + valueIn(tree, values), 0);
}

function valueIn(tree: Tree, values: readonly number[]): number {
  let at = tree;
  while (typeof at !== 'number') at = (values[at.feature] ?? 0) > at.above ? at.high : at.low;
  return at;
}

function edgesOf(column: readonly number[]): readonly number[] {
  const sorted = [...column].sort((a, b) => a - b);
  const edges = Array.from({ length: BINS - 1 }, (_, at) => sorted[Math.floor(((at + 1) * sorted.length) / BINS)] ?? 0);
  return [...new Set(edges)];
}

function binOf(value: number, edges: readonly number[]): number {
  let bin = 0;
  while (bin < edges.length && value > (edges[bin] ?? 0)) bin += 1;
  return bin;
}
