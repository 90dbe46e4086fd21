import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nearestOf } from '../lib/domain/learned/clusters.ts';
import { standardised } from '../lib/domain/learned/features.ts';
import type { Buyer } from '../lib/domain/learned/lifetime.ts';
import { aliveOf, purchasesOf } from '../lib/domain/learned/lifetime.ts';
import type { ClusterModel } from '../lib/domain/learned/model.ts';
import { scoreOf } from '../lib/domain/learned/propensity.ts';
import type { Sampled } from '../lib/domain/learned/sample.ts';
import { fitClusters } from '../lib/domain/learned/train/fit-clusters.ts';
import { fitPurchases } from '../lib/domain/learned/train/fit-lifetime.ts';
import { fitPropensity } from '../lib/domain/learned/train/fit-propensity.ts';
import { type Example, fitTrees } from '../lib/domain/learned/train/fit-trees.ts';
import { areaUnderCurve } from '../lib/domain/learned/train/judge.ts';
import { askTrees } from '../lib/domain/learned/trees.ts';
import { type Bench, costOf, type Measurement, rounded } from './measurement.ts';

/** What the papers print; lifetimes' tests hold them too. */
const PUBLISHED = { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426 } as const;

const telling = (metric: string, value: number, unit: string, more: Partial<Measurement> = {}): Measurement => ({
  job: 'learned',
  metric,
  value: rounded(value),
  unit,
  ...more,
});

/** What learning finds, how well, and what it costs: parameters of CDNOW, labels over refits, regression against trees. */
export const bench: Bench = async function* learned({ quick, note }) {
  yield* ofCdnow(note);
  note('learned: labels over refits');
  yield* ofLabels(quick ? 500 : 10_000, quick ? 2 : 10);
  note('learned: propensities');
  for (const world of Object.keys(WORLDS) as (keyof typeof WORLDS)[]) yield* ofPropensity(world, quick ? 600 : 20_000);
};

async function* ofCdnow(note: (text: string) => void): AsyncIterable<Measurement> {
  const file = join(process.env.CDNOW_DATA ?? '', 'cdnow_customers_summary.csv');
  if (!existsSync(file)) {
    note('learned: CDNOW is left out: CDNOW_DATA names no folder with cdnow_customers_summary.csv');
    return;
  }
  const [, ...lines] = readFileSync(file, 'utf8').trim().split('\n');
  const buyers = lines.map((line): Buyer => {
    const [, x = 0, tx = 0, age = 0] = line.split(',').map(Number);
    return { x, tx, age, spend: 0 };
  });
  let found = fitPurchases(buyers.slice(0, 50));
  const { milliseconds } = await costOf(() => {
    found = fitPurchases(buyers);
  });
  const of = { buyers: buyers.length };
  yield telling('time to fit CDNOW', milliseconds, 'ms', { of });
  for (const name of ['r', 'alpha', 'a', 'b'] as const) {
    const off = Math.abs(found[name] - PUBLISHED[name]);
    yield telling(`CDNOW ${name}`, found[name], 'BG/NBD', { of });
    yield telling(`CDNOW ${name}, off what is published`, off, 'BG/NBD', { target: { most: 0.0005 }, of });
  }
  const model = { kind: 'lifetime_value', ...found } as const;
  const { cpu } = await costOf(() => {
    for (const one of buyers) aliveOf(model, one) + purchasesOf(model, one, 52);
  });
  yield telling('scoring one customer', cpu / buyers.length, 'µs', { of });
}

/** Customers who overlap: shop by shop nobody is of one kind alone. */
function shoppers(count: number, seed: number): number[][] {
  const random = seeded(seed);
  const kinds = [
    [1.5, 40, 200],
    [4, 180, 60],
    [15, 900, 15],
    [6, 120, 300],
  ] as const;
  return Array.from({ length: count }, () => {
    const kind = kinds[Math.floor(random() * kinds.length)] ?? kinds[0];
    return kind.map((usual) => usual * Math.exp(0.55 * normal(random)));
  });
}

async function* ofLabels(count: number, refits: number): AsyncIterable<Measurement> {
  // Four kinds overlap: the number at which labels are hardest to keep.
  const given = { names: ['orders', 'revenue', 'days'], least: 4, most: 8, seed: 8 };
  const old = shoppers(count, 1);
  let first = fitClusters(old.slice(0, 100), given);
  const { milliseconds } = await costOf(() => {
    first = fitClusters(old, given);
  });
  const of = { people: count, clusters: first.model.clusters.length };
  yield telling('time to find clusters, 4 to 8', milliseconds, 'ms', { of });
  yield telling('silhouette', first.silhouette, '-1 to 1', { of });
  let former = first.model;
  let [worst, alone] = [1, 1];
  for (let refit = 0; refit < refits; refit += 1) {
    const people = [...shoppers(Math.ceil(count * 0.05), 100 + refit), ...old];
    const { model } = fitClusters(people, { ...given, former, seed: refit });
    const unmatched = fitClusters(people, { ...given, seed: refit }).model;
    worst = Math.min(worst, keptLabels(old, former, model));
    alone = Math.min(alone, keptLabels(old, former, unmatched));
    former = model;
  }
  const refit = { ...of, refits };
  yield telling('labels that stay with 5 % new people, the worst refit', worst, 'share', {
    target: { least: 0.95 },
    of: refit,
  });
  yield telling('labels that stay where each refit begins anew', alone, 'share', {
    engine: 'ml-kmeans alone',
    of: refit,
  });
}

function keptLabels(people: readonly number[][], before: ClusterModel, after: ClusterModel): number {
  const labelIn = (model: ClusterModel, row: readonly number[]) =>
    nearestOf(standardised(row, model), model.clusters)?.label;
  return people.filter((row) => labelIn(before, row) === labelIn(after, row)).length / people.length;
}

/** Worlds in which something is done: the log of the odds of five numbers. */
const WORLDS = {
  'each number by itself': ([a = 0, b = 0, c = 0]: readonly number[]) => -2 + 0.25 * a + 0.6 * Math.log1p(b) - 0.02 * c,
  'likeliest in the middle': ([a = 0, , c = 0]: readonly number[]) => -1.5 + 0.2 * a - ((c - 30) / 15) ** 2,
  'only two together': ([a = 0, b = 0]: readonly number[]) => (a > 3 && b > 3 ? 1.5 : a <= 3 && b <= 3 ? 0 : -2.5),
} as const;

async function* ofPropensity(world: keyof typeof WORLDS, count: number): AsyncIterable<Measurement> {
  const random = seeded(5);
  const draw = (): Example => {
    const values = [
      Math.floor(-4 * Math.log(1 - random())),
      Math.floor(-4 * Math.log(1 - random())),
      random() * 90,
      Math.floor(-3 * Math.log(1 - random())),
      random() * 90,
    ];
    return { values, did: random() < 1 / (1 + Math.exp(-WORLDS[world](values))), weight: 1 };
  };
  const [known, held] = [Array.from({ length: count }, draw), Array.from({ length: count }, draw)];
  const rows = (did: boolean): Sampled[] =>
    known.flatMap((one, at) => (one.did === did ? [[at, ...one.values] as const] : []));
  const people = { did: rows(true), didNot: rows(false) };
  const counts = { did: people.did.length, didNot: people.didNot.length };
  const names = ['a', 'b', 'c', 'd', 'e'];
  let found = fitPropensity(names, people, counts);
  const training = await costOf(() => {
    found = fitPropensity(names, people, counts);
  });
  let trees = fitTrees(known.slice(0, 100));
  const growing = await costOf(() => {
    trees = fitTrees(known);
  });
  const { trees: _, ...regression } = found.model;
  const of = { world, people: count };
  const area = (score: (values: readonly number[]) => number) =>
    areaUnderCurve(held.map((one) => ({ ...one, score: score(one.values) })));
  yield telling('AUC of the truth itself', area(WORLDS[world]), AREA, { of });
  const byRegression = area((values) => scoreOf(regression, values).score);
  yield telling('AUC on held-out people', byRegression, AREA, { engine: 'logistic with squares', of });
  yield telling(
    'AUC on held-out people',
    area((values) => askTrees(trees, values).score),
    AREA,
    { engine: 'trees', of },
  );
  const chosen = { engine: found.model.trees === undefined ? 'logistic with squares' : 'trees', of };
  yield telling(
    'AUC of what was chosen',
    area((values) => scoreOf(found.model, values).score),
    AREA,
    chosen,
  );
  yield telling('calibration, mean distance', found.held.reliability.error, 'share', chosen);
  yield telling('time to train, both tried on five folds', training.milliseconds, 'ms', { of });
  yield telling('time to grow the trees', growing.milliseconds, 'ms', { of });
  yield telling('bytes of the model', JSON.stringify(found.model).length, 'bytes', chosen);
  const { cpu } = await costOf(() => {
    for (const { values } of held) scoreOf(found.model, values);
  });
  yield telling('scoring one person', cpu / held.length, 'µs', chosen);
}

const AREA = '0.5 to 1';

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
