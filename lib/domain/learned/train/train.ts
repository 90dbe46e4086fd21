import { formatInstant, type Milliseconds } from '../../instant.ts';
import type { JsonObject } from '../../json.ts';
import { hashOf } from '../learned.ts';
import type { ClusterModel, Model, ModelCard, Refusal, Trained } from '../model.ts';
import type { Part } from '../part.ts';
import { HISTORY_TIMES } from '../propensity.ts';
import type { FeatureRule, LearnedRules } from '../rules.ts';
import { kindKey, type Sample, type Sampled } from '../sample.ts';
import { fitClusters, LEAST_SILHOUETTE } from './fit-clusters.ts';
import { fitPurchases, fitSpend } from './fit-lifetime.ts';
import { fitPropensity, LEAK } from './fit-propensity.ts';
import { fitRfm } from './fit-rfm.ts';
import { rounded } from './judge.ts';

/** What one part is trained from. */
export interface Training {
  readonly part: Part;
  readonly rules: LearnedRules;
  readonly sample: Sample;
  readonly asOf: Milliseconds;
  /** When the first of all was done that rules ask for and people keep; undefined = nothing was. */
  readonly earliest: Milliseconds | undefined;
  /** The model that holds now, if it is of this rule. */
  readonly former: Trained | undefined;
}

/** The model to score by from now on, the former one where the new one was refused, and what is told about it. */
export interface TrainedPart {
  readonly trained: Trained | undefined;
  readonly card: ModelCard;
}

/** What a trainer found: a model, or why there is none; and its numbers either way. */
interface Trial {
  readonly model?: Model;
  readonly refusal?: Refusal;
  readonly metrics: JsonObject;
}

const LEAST_BUYERS = 50;
const LEAST_CLUSTERED = 100;
/** So many who did it and so many who did not (as Segment asks of its predictions). */
const LEAST_OF_BOTH = 100;
const LEAST_AGAIN = 100;
const LEAST_PAYING = 50;
const DAY_MS = 86_400_000;
const SEED = 8;

/** Trains one part, or says why it cannot be trained. Pure: the same people give the same model. */
export function trainPart(training: Training): TrainedPart {
  const { part, asOf, former, sample } = training;
  const trial = trialOf(training);
  const trained =
    trial.model === undefined
      ? former
      : { version: hashOf(trial.model), rule: part.rule, trainedAt: asOf, model: trial.model };
  const from = part.lookBackMs === 'ever' ? (training.earliest ?? asOf) : asOf - part.lookBackMs;
  const keys = Object.keys(sample.counts).filter((key) => key === part.name || key.startsWith(`${part.name}:`));
  const card: ModelCard = {
    id: `${formatInstant(asOf)}.${part.name}`,
    model: part.name,
    asOf: formatInstant(asOf),
    state: trial.refusal === undefined ? 'trained' : 'refused',
    version: trained?.version ?? null,
    trainedAt: trained === undefined ? null : formatInstant(trained.trainedAt),
    refusal: trial.refusal ?? null,
    data: {
      from: formatInstant(from),
      to: formatInstant(asOf),
      people: keys.reduce((sum, key) => sum + (sample.counts[key] ?? 0), 0),
      sampled: keys.reduce((sum, key) => sum + (sample.rows[key]?.length ?? 0), 0),
    },
    metrics: trial.metrics,
  };
  return { trained, card };
}

function trialOf(training: Training): Trial {
  const { rules, part } = training;
  if (part.name === 'rfm') return tryRfm(training);
  if (part.name === 'clusters') return tryClusters(training);
  if (part.name === 'lifetime_value') return tryLifetime(training);
  const rule = rules.propensity?.[part.name.slice('propensity.'.length)];
  return rule === undefined ? { metrics: {} } : tryPropensity(training, rule.features, rule.withinMs);
}

function tryRfm({ sample }: Training): Trial {
  const rows = valuesIn(sample, 'rfm');
  if (rows.length < LEAST_BUYERS) return tooFew(`${rows.length} customers`, `${LEAST_BUYERS}`);
  const model = fitRfm(rows);
  const { recency, frequency, monetary } = model;
  const cuts = { days: recency.map((cut) => rounded(-cut, 2)), frequency: [...frequency], monetary: [...monetary] };
  return { model, metrics: { cuts } };
}

function tryClusters({ sample, rules: { clusters: rule }, former }: Training): Trial {
  const rows = valuesIn(sample, 'clusters');
  if (rule === undefined || rows.length < LEAST_CLUSTERED) return tooFew(`${rows.length} people`, `${LEAST_CLUSTERED}`);
  const { features, least, most } = rule;
  const known = former?.model as ClusterModel | undefined;
  const given = { names: features.map(({ name }) => name), least, most, seed: SEED };
  const fitted = fitClusters(rows, { ...given, ...(known === undefined ? {} : { former: known }) });
  const { silhouettes, silhouette, model } = fitted;
  const clusters = model.clusters.map(({ label, share, says }) => ({ label, share, says }));
  const metrics = { silhouette, silhouettes: { ...silhouettes }, clusters };
  if (silhouette >= LEAST_SILHOUETTE) return { model, metrics };
  const says = `people are all alike: they part with a silhouette of ${silhouette}, and at least ${LEAST_SILHOUETTE} is wanted`;
  return { refusal: { code: 'no-structure', says }, metrics };
}

function tryPropensity(
  { sample, part, asOf, earliest }: Training,
  features: readonly FeatureRule[],
  withinMs: Milliseconds,
): Trial {
  const [did, didNot] = [kindKey(part.name, 'did'), kindKey(part.name, 'did-not')];
  const counts = { did: sample.counts[did] ?? 0, didNot: sample.counts[didNot] ?? 0 };
  const base = { did: counts.did, did_not: counts.didNot };
  const wanted = (HISTORY_TIMES * withinMs) / DAY_MS;
  const known = earliest === undefined ? 0 : (asOf - earliest) / DAY_MS;
  if (known < wanted) {
    const says = `${Math.floor(known)} days of history are known, and ${HISTORY_TIMES} times the window, ${wanted} days, are wanted`;
    return { refusal: { code: 'too-short', says }, metrics: base };
  }
  const people = { did: sample.rows[did] ?? [], didNot: sample.rows[didNot] ?? [] };
  if (Math.min(people.did.length, people.didNot.length) < LEAST_OF_BOTH) {
    const found = `${counts.did} people who did it and ${counts.didNot} who did not`;
    return { ...tooFew(found, `${LEAST_OF_BOTH} of both`), metrics: base };
  }
  const names = features.map(({ name }) => name);
  const { model, held, alone, leaks } = fitPropensity(names, people, counts);
  const weights = Object.fromEntries(
    names.map((name, at) => [name, [at, at + names.length].map((term) => rounded(model.weights[term] ?? 0))]),
  );
  const areas = Object.fromEntries(Object.entries(alone).map(([name, area]) => [name, rounded(area)]));
  const { bins, error } = held.reliability;
  const reliability = { error, bins };
  const tried = { regression: rounded(held.areas.regression), trees: rounded(held.areas.trees) };
  const told = { auc: rounded(held.auc), tried, scores_by: model.trees === undefined ? 'regression' : 'trees' };
  const metrics = { ...base, ...told, brier: rounded(held.brier), reliability, weights, alone: areas };
  if (leaks.length === 0) return { model, metrics };
  const says =
    `${leaks.join(', ')} alone tells who will do it (area under the curve ${LEAK} or more), which nothing does that happened ` +
    'before: its instants are not when it happened. Take it out of the features';
  return { refusal: { code: 'leak', says }, metrics };
}

function tryLifetime({ sample }: Training): Trial {
  const buyers = valuesIn(sample, 'lifetime_value').map(([x = 0, tx = 0, age = 0, spend = 0]) => {
    return { x, tx, age, spend };
  });
  const again = buyers.filter(({ x }) => x > 0);
  const counts = { buyers: buyers.length, bought_again: again.length };
  if (again.length < LEAST_AGAIN) {
    return { ...tooFew(`${again.length} customers who bought again`, `${LEAST_AGAIN}`), metrics: counts };
  }
  const { logLikelihood, ...purchases } = fitPurchases(buyers);
  const metrics = { ...counts, ...roundedAll(purchases), log_likelihood: rounded(logLikelihood, 2) };
  if (!inBounds(purchases)) {
    const says = 'no parameters fit how these customers buy: the likeliest ones lie where nothing can be worked out';
    return { refusal: { code: 'no-fit', says }, metrics };
  }
  const paying = again.filter(({ spend }) => spend > 0);
  if (paying.length < LEAST_PAYING) {
    const note = `${paying.length} of them paid something, ${LEAST_PAYING} are wanted: no value is told`;
    return { model: { kind: 'lifetime_value', ...purchases }, metrics: { ...metrics, spend: note } };
  }
  const { logLikelihood: likelihood, ...spend } = fitSpend(paying);
  const correlation = rounded(correlationOf(paying.map(({ x, spend: paid }) => [x, paid])));
  const told = { ...roundedAll(spend), log_likelihood: rounded(likelihood, 2), correlation };
  // Below 1 the mean of what customers spend is infinite.
  if (spend.q <= 1 || !inBounds(spend)) {
    return { model: { kind: 'lifetime_value', ...purchases }, metrics: { ...metrics, spend: told } };
  }
  return { model: { kind: 'lifetime_value', ...purchases, spend }, metrics: { ...metrics, spend: told } };
}

function tooFew(found: string, wanted: string): Trial {
  return { refusal: { code: 'too-few', says: `${found} are known, and ${wanted} are wanted` }, metrics: {} };
}

function valuesIn(sample: Sample, name: string): readonly (readonly number[])[] {
  return (sample.rows[name] ?? []).map((row: Sampled) => row.slice(1));
}

function inBounds(parameters: object): boolean {
  return Object.values(parameters).every((one) => typeof one === 'number' && one > 1e-4 && one < 1e4);
}

function roundedAll(parameters: object): Record<string, number> {
  return Object.fromEntries(Object.entries(parameters).map(([name, one]) => [name, rounded(Number(one), 6)]));
}

/** Pearson's correlation: Gamma-Gamma takes what is paid not to go with how often. */
function correlationOf(pairs: readonly (readonly [number, number])[]): number {
  const mean = (at: 0 | 1) => pairs.reduce((sum, pair) => sum + pair[at], 0) / pairs.length;
  const [left, right] = [mean(0), mean(1)];
  let [both, one, other] = [0, 0, 0];
  for (const [x, y] of pairs) {
    both += (x - left) * (y - right);
    one += (x - left) ** 2;
    other += (y - right) ** 2;
  }
  return one === 0 || other === 0 ? 0 : both / Math.sqrt(one * other);
}
