import { standardised } from '../features.ts';
import type { PropensityModel } from '../model.ts';
import { chanceOf, termsOf } from '../propensity.ts';
import type { Sampled } from '../sample.ts';
import { askTrees } from '../trees.ts';
import { scaleOf } from './fit-clusters.ts';
import { dot, fitLogistic, type Weighed } from './fit-logistic.ts';
import { fitTrees } from './fit-trees.ts';
import { areaUnderCurve, brierOf, type Judged, reliabilityOf } from './judge.ts';

const FOLDS = 5;
const PENALTY = 1;
/** Trees are larger and harder to follow: they score only where they foretell so much better. */
const EARNED = 0.01;
/**
 * From which area under the curve on one number alone is taken to know the answer. What people did before does not foretell so
 * well what they will do: where it seems to, its instants are not when it happened.
 */
export const LEAK = 0.98;

export interface FittedPropensity {
  readonly model: PropensityModel;
  readonly held: {
    /** Of people whom the model that judged them had not seen. */
    readonly auc: number;
    /** Of both that were tried. */
    readonly areas: { readonly regression: number; readonly trees: number };
    readonly brier: number;
    readonly reliability: ReturnType<typeof reliabilityOf>;
  };
  /** Feature → area under the curve of it alone. */
  readonly alone: Readonly<Record<string, number>>;
  /** Features that know the answer. */
  readonly leaks: readonly string[];
}

/**
 * Learns from people who did it and people who did not; each sample may be a part of all of its kind. Every number about the
 * model is of held-out people: each fifth of all is judged by a model of the others, and the line that makes scores
 * probabilities is drawn through those judgements.
 */
export function fitPropensity(
  names: readonly string[],
  people: { readonly did: readonly Sampled[]; readonly didNot: readonly Sampled[] },
  counts: { readonly did: number; readonly didNot: number },
): FittedPropensity {
  const all = [
    ...people.did.map((row) => ({ row, did: true, weight: counts.did / people.did.length })),
    ...people.didNot.map((row) => ({ row, did: false, weight: counts.didNot / people.didNot.length })),
  ];
  // Weights that add up to the number of people looked at: the penalty then means the same for few and for many.
  const each = all.length / (counts.did + counts.didNot);
  const rows = all.map(({ row, did, weight }) => ({ place: row[0], values: row.slice(1), did, weight: weight * each }));
  const alone = Object.fromEntries(
    names.map((name, at) => {
      const area = areaUnderCurve(rows.map((one) => ({ ...one, score: one.values[at] ?? 0 })));
      return [name, Math.max(area, 1 - area)];
    }),
  );
  const scale = scaleOf(
    rows.map(({ values }) => values),
    names.length,
  );
  const width = 2 * names.length;
  const weighed = rows.map((one): Known => ({ ...one, points: termsOf(standardised(one.values, scale)) }));
  const byLine = outOfFold(weighed, (others) => {
    const { intercept, weights } = fitLogistic(others, width, PENALTY);
    return ({ points }) => intercept + dot(points, weights);
  });
  const byTrees = outOfFold(weighed, (others) => {
    const trees = fitTrees(others);
    return ({ values }) => askTrees(trees, values).score;
  });
  const areas = { regression: areaUnderCurve(byLine), trees: areaUnderCurve(byTrees) };
  const grown = areas.trees >= areas.regression + EARNED;
  const scores = grown ? byTrees : byLine;
  const line = fitLogistic(
    scores.map(({ score, ...one }) => ({ ...one, points: [score] })),
    1,
    0,
  );
  const calibration = { slope: line.weights[0] ?? 1, offset: line.intercept };
  const base = counts.did / (counts.did + counts.didNot);
  const model: PropensityModel = {
    kind: 'propensity',
    ...scale,
    ...fitLogistic(weighed, width, PENALTY),
    ...(grown ? { trees: fitTrees(weighed) } : {}),
    calibration,
    base,
  };
  const judged = scores.map((one): Judged => ({ ...one, score: chanceOf({ calibration }, one.score) }));
  return {
    model,
    held: { auc: areaUnderCurve(judged), areas, brier: brierOf(judged), reliability: reliabilityOf(judged) },
    alone,
    leaks: names.filter((name) => (alone[name] ?? 0) >= LEAK),
  };
}

interface Known extends Weighed {
  readonly values: readonly number[];
  readonly place: number;
}

/** Each person's score by a model that has not seen the fifth that the person is in. */
function outOfFold(
  people: readonly Known[],
  learn: (others: readonly Known[]) => (one: Known) => number,
): readonly Judged[] {
  const scorers = Array.from({ length: FOLDS }, (_, out) => learn(people.filter(({ place }) => place % FOLDS !== out)));
  return people.map((one) => ({
    score: scorers[one.place % FOLDS]?.(one) ?? 0,
    did: one.did,
    weight: one.weight,
  }));
}
