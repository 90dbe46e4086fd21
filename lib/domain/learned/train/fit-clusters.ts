import { kmeans } from 'ml-kmeans';
import { squaredDistance } from '../clusters.ts';
import { inWords, logged, standardised, unlogged } from '../features.ts';
import type { Cluster, ClusterModel } from '../model.ts';
import { assign } from './assign.ts';
import { rounded } from './judge.ts';

/** People who are looked at for how well clusters part: the work grows with their square. */
const PARTED = 1_000;
/** Below that clusters are no better apart than the people in them: there are none. */
export const LEAST_SILHOUETTE = 0.2;
/** Another number of clusters than before must part people by so much better. */
const BETTER = 0.02;
/** Clusters found from the former middles are kept unless others are so much tighter. */
const TIGHTER = 0.98;
/** Standard deviations from which on a feature is said to set a cluster apart, and far apart. */
const [APART, FAR] = [0.5, 1];
const FEATURES_TOLD = 3;

export interface FittedClusters {
  readonly model: ClusterModel;
  /** Number of clusters → silhouette. */
  readonly silhouettes: Readonly<Record<string, number>>;
  readonly silhouette: number;
}

/** Finds clusters of people. The same people, `former` and `seed` give the same clusters, bit for bit. */
export function fitClusters(
  rows: readonly (readonly number[])[],
  given: {
    readonly names: readonly string[];
    readonly least: number;
    readonly most: number;
    readonly former?: ClusterModel;
    readonly seed: number;
  },
): FittedClusters {
  const { names, least, most, former, seed } = given;
  const scale = scaleOf(rows, names.length);
  const points = rows.map((row) => standardised(row, scale));
  const some = points.slice(0, PARTED);
  const before = former === undefined ? undefined : middlesIn(former, scale);
  const tries = new Map<number, Grouping>();
  const silhouettes: Record<string, number> = {};
  for (let count = least; count <= most; count += 1) {
    const found = group(points, count, seed, before?.length === count ? before : undefined);
    tries.set(count, found);
    silhouettes[count] = rounded(silhouetteOf(some, found.of));
  }
  const [best = least] = [...tries.keys()].sort((a, b) => (silhouettes[b] ?? 0) - (silhouettes[a] ?? 0) || a - b);
  const known = before === undefined ? undefined : silhouettes[before.length];
  const count =
    before !== undefined && known !== undefined && (silhouettes[best] ?? 0) < known + BETTER ? before.length : best;
  const { middles, of } = tries.get(count) ?? { middles: [], of: [] };
  const { labels, given: ever } = label(middles, before ?? [], former);
  const clusters = middles.map((centre, at): Cluster => {
    const share = of.filter((one) => one === at).length / of.length;
    return { label: labels[at] ?? '', centre, share: rounded(share), says: describe(centre, names, scale) };
  });
  clusters.sort((a, b) => (a.label < b.label ? -1 : 1));
  return {
    model: { kind: 'clusters', ...scale, clusters, given: ever },
    silhouettes,
    silhouette: silhouettes[count] ?? 0,
  };
}

interface Scale {
  readonly mean: readonly number[];
  readonly spread: readonly number[];
}

interface Grouping {
  readonly middles: readonly (readonly number[])[];
  readonly of: readonly number[];
  readonly error: number;
}

/** Mean and standard deviation of each feature's logarithm; of one that is the same for all, 1. */
export function scaleOf(rows: readonly (readonly number[])[], width: number): Scale {
  const columns = Array.from({ length: width }, (_, at) => rows.map((row) => logged(row[at] ?? 0)));
  const mean = columns.map((column) => column.reduce((sum, value) => sum + value, 0) / Math.max(1, column.length));
  const spread = columns.map((column, at) => {
    const squares = column.reduce((sum, value) => sum + (value - (mean[at] ?? 0)) ** 2, 0);
    return Math.sqrt(squares / Math.max(1, column.length)) || 1;
  });
  return { mean, spread };
}

/** Where the middles of former clusters lie on another scale. */
function middlesIn(former: ClusterModel, scale: Scale): readonly (readonly number[])[] {
  return former.clusters.map(({ centre }) =>
    centre.map((one, at) => {
      const value = one * (former.spread[at] ?? 1) + (former.mean[at] ?? 0);
      return (value - (scale.mean[at] ?? 0)) / (scale.spread[at] ?? 1);
    }),
  );
}

function group(
  points: readonly (readonly number[])[],
  count: number,
  seed: number,
  before: readonly (readonly number[])[] | undefined,
): Grouping {
  const fresh = run(points, count, { seed, initialization: 'kmeans++' });
  if (before === undefined) return fresh;
  const again = run(points, count, { initialization: before.map((one) => [...one]) });
  return fresh.error < TIGHTER * again.error ? fresh : again;
}

function run(points: readonly (readonly number[])[], count: number, options: Parameters<typeof kmeans>[2]): Grouping {
  const { centroids, clusters } = kmeans(
    points.map((point) => [...point]),
    count,
    options,
  );
  const error = points.reduce((sum, point, at) => sum + squaredDistance(point, centroids[clusters[at] ?? 0] ?? []), 0);
  return { middles: centroids, of: clusters, error };
}

/** The mean silhouette (Rousseeuw 1987): how much nearer people are to their own cluster than to the next, -1 to 1. */
export function silhouetteOf(points: readonly (readonly number[])[], of: readonly number[]): number {
  const clusters = [...new Set(of.slice(0, points.length))];
  let sum = 0;
  for (const [at, point] of points.entries()) {
    const totals = new Map(clusters.map((cluster) => [cluster, { distance: 0, people: 0 }]));
    for (const [other, to] of points.entries()) {
      const total = totals.get(of[other] ?? 0);
      if (other === at || total === undefined) continue;
      total.distance += Math.sqrt(squaredDistance(point, to));
      total.people += 1;
    }
    const own = totals.get(of[at] ?? 0);
    if (own === undefined || own.people === 0) continue; // Alone in its cluster: 0 by definition.
    const inside = own.distance / own.people;
    const outside = Math.min(
      ...[...totals.values()].filter((one) => one !== own && one.people > 0).map((one) => one.distance / one.people),
    );
    if (Number.isFinite(outside)) sum += (outside - inside) / Math.max(inside, outside, Number.MIN_VALUE);
  }
  return points.length === 0 ? 0 : sum / points.length;
}

/** Clusters keep the label of the former one that each is nearest to, all together; a new one gets a label never given. */
function label(
  middles: readonly (readonly number[])[],
  before: readonly (readonly number[])[],
  former: ClusterModel | undefined,
) {
  const costs = middles.map((middle) => before.map((one) => squaredDistance(middle, one)));
  const kept = before.length === 0 ? [] : assign(costs);
  const given = [...(former?.given ?? [])];
  const labels = middles.map((_, at) => {
    const known = former?.clusters[kept[at] ?? -1]?.label;
    if (known !== undefined) return known;
    const next = labelAt(given.length);
    given.push(next);
    return next;
  });
  return { labels, given };
}

/** A, B, … Z, then A1, B1, … */
function labelAt(number: number): string {
  const round = Math.floor(number / 26);
  return `${String.fromCharCode(65 + (number % 26))}${round === 0 ? '' : round}`;
}

/** `orders 6.1, far above the usual 1.9; revenue 410, above the usual 120`. */
function describe(centre: readonly number[], names: readonly string[], { mean, spread }: Scale): string {
  const told = centre
    .map((one, at) => ({ one, at }))
    .filter(({ one }) => Math.abs(one) >= APART)
    .sort((a, b) => Math.abs(b.one) - Math.abs(a.one))
    .slice(0, FEATURES_TOLD)
    .map(({ one, at }) => {
      const usual = unlogged(mean[at] ?? 0);
      const typical = unlogged(one * (spread[at] ?? 1) + (mean[at] ?? 0));
      const how = `${Math.abs(one) >= FAR ? 'far ' : ''}${one > 0 ? 'above' : 'below'}`;
      return `${names[at]} ${inWords(typical)}, ${how} the usual ${inWords(usual)}`;
    });
  return told.length === 0 ? 'in everything about as usual' : told.join('; ');
}
