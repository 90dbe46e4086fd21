import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearestOf } from '../../../lib/domain/learned/clusters.ts';
import { standardised } from '../../../lib/domain/learned/features.ts';
import type { ClusterModel } from '../../../lib/domain/learned/model.ts';
import { assign } from '../../../lib/domain/learned/train/assign.ts';
import { fitClusters, silhouetteOf } from '../../../lib/domain/learned/train/fit-clusters.ts';
import { normal, seeded } from './people.ts';

const KINDS = [
  [1, 20],
  [6, 300],
  [40, 900],
] as const;

/** People of three kinds: orders and revenue around those of their kind. */
function people(count: number, seed: number): number[][] {
  const random = seeded(seed);
  return Array.from({ length: count }, (_, at) => {
    const kind = KINDS[at % 3] ?? KINDS[0];
    return kind.map((usual) => usual * Math.exp(0.3 * normal(random)));
  });
}

const given = { names: ['orders', 'revenue'], least: 2, most: 5, seed: 8 };
const labelOf = (model: ClusterModel, row: readonly number[]) =>
  nearestOf(standardised(row, model), model.clusters)?.label;

describe('fitClusters', () => {
  it('finds the three kinds that there are, and says in words what sets each apart', () => {
    const { model, silhouette } = fitClusters(people(300, 1), given);

    expect(model.clusters.map(({ label }) => label)).toEqual(['A', 'B', 'C']);
    expect(silhouette).toBeGreaterThan(0.6);
    const [small] = model.clusters.toSorted((a, b) => (a.centre[0] ?? 0) - (b.centre[0] ?? 0));
    expect(small?.says).toMatch(/^(orders|revenue) [\d.]+, far below the usual [\d.]+; /);
    expect(model.clusters.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 2);
  });

  it('finds the same from the same people, bit for bit', () => {
    expect(fitClusters(people(200, 2), given)).toEqual(fitClusters(people(200, 2), given));
  });

  it('leaves everybody the label that they had when a twentieth of people is new', () => {
    const before = people(600, 3);
    const former = fitClusters(before, given).model;
    // The new ones come first: in another order k-means++ begins elsewhere.
    const { model } = fitClusters([...people(30, 4), ...before], { ...given, former, seed: 99 });

    expect(before.filter((row) => labelOf(model, row) !== labelOf(former, row))).toEqual([]);
  });

  it('gives a cluster that was not there a label that nobody ever had', () => {
    const former = fitClusters(people(300, 5), { ...given, least: 3, most: 3 }).model;
    const fewer = fitClusters(people(300, 5), { ...given, least: 2, most: 2, former }).model;
    const more = fitClusters(people(300, 5), { ...given, least: 4, most: 4, former: fewer }).model;

    expect(fewer.clusters.every(({ label }) => ['A', 'B', 'C'].includes(label))).toBe(true);
    expect(more.clusters.map(({ label }) => label)).toEqual([...fewer.clusters.map(({ label }) => label), 'D', 'E']);
  });
});

describe('silhouetteOf', () => {
  it('is what its definition says of four points', () => {
    const points = [[0], [1], [10], [11]];
    // (10.5 − 1) / 10.5 for the outer ones, (9.5 − 1) / 9.5 for the inner ones.
    const expected = (2 * (9.5 / 10.5) + 2 * (8.5 / 9.5)) / 4;

    expect(silhouetteOf(points, [0, 0, 1, 1])).toBeCloseTo(expected, 12);
  });
});

describe('assign', () => {
  it('is as cheap as the cheapest of all ways', () => {
    const cost = fc.integer({ min: 0, max: 20 });
    const matrix = fc
      .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }))
      .chain(([rows, columns]) =>
        fc.array(fc.array(cost, { minLength: columns, maxLength: columns }), { minLength: rows, maxLength: rows }),
      );
    fc.assert(
      fc.property(matrix, (costs) => {
        const found = assign(costs);
        const taken = found.filter((column) => column !== undefined);

        expect(new Set(taken).size).toBe(taken.length);
        expect(taken).toHaveLength(Math.min(costs.length, costs[0]?.length ?? 0));
        expect(costOf(costs, found)).toBe(Math.min(...everyWay(costs).map((way) => costOf(costs, way))));
      }),
    );
  });
});

function costOf(costs: readonly (readonly number[])[], way: readonly (number | undefined)[]): number {
  return way.reduce<number>((sum, column, row) => sum + (column === undefined ? 0 : (costs[row]?.[column] ?? 0)), 0);
}

function everyWay(costs: readonly (readonly number[])[]): (number | undefined)[][] {
  const columns = costs[0]?.map((_, at) => at) ?? [];
  const spare = Math.max(0, costs.length - columns.length);
  const ways = (row: number, free: readonly number[], skipped: number): (number | undefined)[][] => {
    if (row === costs.length) return [[]];
    const taking = free.flatMap((column) =>
      ways(
        row + 1,
        free.filter((one) => one !== column),
        skipped,
      ).map((rest) => [column, ...rest]),
    );
    const skipping = skipped < spare ? ways(row + 1, free, skipped + 1).map((rest) => [undefined, ...rest]) : [];
    return [...taking, ...skipping];
  };
  return ways(0, columns, 0);
}
