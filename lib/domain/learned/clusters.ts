import { inWords, openFeatures, standardised } from './features.ts';
import type { openReadings } from './feeds.ts';
import type { Cluster, ClusterModel } from './model.ts';
import type { Part } from './part.ts';
import type { ClusterRule } from './rules.ts';

export function clusterPart(
  rule: ClusterRule,
  readings: ReturnType<typeof openReadings>,
): Omit<Part<ClusterModel>, 'rule'> {
  const features = openFeatures(rule.features, readings);
  return {
    name: 'clusters',
    lookBackMs: Math.max(...rule.features.map(({ withinMs }) => withinMs)),
    hears: features.hears,
    rowOf(entriesOf, asOf) {
      const values = features.valuesOf(entriesOf, asOf);
      return values === undefined ? undefined : { values };
    },
    tell(model, entriesOf, asOf) {
      const values = features.valuesOf(entriesOf, asOf);
      const nearest = values === undefined ? undefined : nearestOf(standardised(values, model), model.clusters);
      if (values === undefined || nearest === undefined) return [];
      const own = features.names.map((name, at) => `${name} ${inWords(values[at] ?? 0)}`).join(', ');
      return [['learned.cluster', { value: nearest.label, because: `${own}; ${nearest.label}: ${nearest.says}` }]];
    },
  };
}

/** The cluster whose middle is nearest; of two as near the first. */
export function nearestOf<One extends Pick<Cluster, 'centre'>>(
  point: readonly number[],
  clusters: readonly One[],
): One | undefined {
  let nearest: One | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const cluster of clusters) {
    const distance = squaredDistance(point, cluster.centre);
    if (distance >= least) continue;
    least = distance;
    nearest = cluster;
  }
  return nearest;
}

export function squaredDistance(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, at) => sum + (value - (b[at] ?? 0)) ** 2, 0);
}
