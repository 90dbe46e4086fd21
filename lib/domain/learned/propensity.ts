import { inWords, openFeatures, standardised } from './features.ts';
import type { openReadings } from './feeds.ts';
import type { PropensityModel } from './model.ts';
import type { Part } from './part.ts';
import { type PropensityRule, propensityTrait } from './rules.ts';
import { askTrees } from './trees.ts';

/** History must be so many times as long as the time that is foretold (as Segment asks of its predictions). */
export const HISTORY_TIMES = 3;
const REASONS_TOLD = 3;
/** A reason that moves the odds by less is none. */
const LEAST_REASON = 0.1;

export function propensityPart(
  name: string,
  rule: PropensityRule,
  readings: ReturnType<typeof openReadings>,
): Omit<Part<PropensityModel>, 'rule'> {
  const features = openFeatures(rule.features, readings, rule.withinMs);
  const target = readings.read(rule.did, undefined, HISTORY_TIMES * rule.withinMs);
  return {
    name: `propensity.${name}`,
    lookBackMs: Math.max(HISTORY_TIMES * rule.withinMs, rule.withinMs + Math.max(...rule.features.map(longest))),
    hears: [target.feed.key],
    /**
     * What was known at the beginning of the latest window, and whether it was done in there: a feature never sees the
     * time that it is to foretell.
     */
    rowOf(entriesOf, asOf) {
      const values = features.valuesOf(entriesOf, asOf - rule.withinMs);
      if (values === undefined) return undefined;
      const did = target.doneIn(entriesOf, asOf, rule.withinMs).length > 0;
      return { values, kind: did ? 'did' : 'did-not' };
    },
    tell(model, entriesOf, asOf) {
      const values = features.valuesOf(entriesOf, asOf);
      if (values === undefined) return [];
      const { score, by } = scoreOf(model, values);
      const value = Number(chanceOf(model, score).toFixed(3));
      const moves = by.map((one, at) => ({ at, by: one * model.calibration.slope }));
      const reasons = moves
        .filter(({ by }) => Math.abs(by) >= LEAST_REASON)
        .sort((a, b) => Math.abs(b.by) - Math.abs(a.by))
        .slice(0, REASONS_TOLD)
        .map(({ at, by }) => `${by > 0 ? 'more' : 'less'} likely by ${features.names[at]} ${inWords(values[at] ?? 0)}`);
      const among = `${inWords(model.base * 100)} % of all do it`;
      return [[propensityTrait(name), { value, because: [...reasons, among].join('; ') }]];
    },
  };
}

function longest({ withinMs }: PropensityRule['features'][number]): number {
  return withinMs;
}

/** Beyond so many standard deviations one is as good as another. */
const FARTHEST = 3;

/**
 * What a regression weighs of standardised numbers: each, then the square of each. So it bends: what is likeliest in the middle,
 * or from a few on, is told as it is.
 */
export function termsOf(points: readonly number[]): number[] {
  const near = points.map((point) => Math.max(-FARTHEST, Math.min(FARTHEST, point)));
  return [...near, ...near.map((point) => point ** 2 - 1)];
}

/** What a model makes of somebody's numbers, and what each feature had to do with it. */
export function scoreOf(model: PropensityModel, values: readonly number[]) {
  if (model.trees !== undefined) return askTrees(model.trees, values);
  const terms = termsOf(standardised(values, model)).map((term, at) => term * (model.weights[at] ?? 0));
  const by = values.map((_, at) => (terms[at] ?? 0) + (terms[at + values.length] ?? 0));
  return { score: by.reduce((sum, one) => sum + one, model.intercept), by };
}

/** The probability that a score stands for. */
export function chanceOf({ calibration }: Pick<PropensityModel, 'calibration'>, score: number): number {
  return 1 / (1 + Math.exp(-(calibration.slope * score + calibration.offset)));
}
