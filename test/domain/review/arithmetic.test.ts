import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addUpCounts, type Counts, noCounts, noneOfSegment } from '../../../lib/domain/review/counts.ts';
import { elapsedOf, expectedAt, type HoldoutFacts, performanceOf } from '../../../lib/domain/review/facts.ts';
import { differenceOfMeans, differenceOfShares, shareOf } from '../../../lib/domain/review/interval.ts';
import { liftOf } from '../../../lib/domain/review/lift.ts';
import { overlapsOf, overlapsWith } from '../../../lib/domain/review/overlaps.ts';
import { spentSince } from '../../../lib/domain/review/spent.ts';

const proportion = fc
  .tuple(fc.integer({ min: 1, max: 5_000 }), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([of, share]) => ({ of, found: Math.floor(share * of) }));
const sample = fc
  .array(fc.integer({ min: 0, max: 500 }), { minLength: 2, maxLength: 40 })
  .map((list) => ({ of: list.length, sum: sumOf(list), squares: sumOf(list.map((one) => one * one)) }));

function sumOf(list: readonly number[]): number {
  return list.reduce((all, one) => all + one, 0);
}

/** To four decimals; no minus before nothing. */
const round = (values: readonly number[]): number[] => values.map((value) => Math.round(value * 1e4) / 1e4 + 0);

describe('intervals', () => {
  it('contain what they are about, and swap their ends when the sides are swapped', () => {
    const check = (a: { value: number; least: number; most: number }, b: typeof a): void => {
      expect(a.least).toBeLessThanOrEqual(a.value + 1e-12);
      expect(a.most).toBeGreaterThanOrEqual(a.value - 1e-12);
      expect(round([-b.most, -b.value, -b.least])).toEqual(round([a.least, a.value, a.most]));
    };
    fc.assert(fc.property(proportion, proportion, (a, b) => check(differenceOfShares(a, b), differenceOfShares(b, a))));
    fc.assert(fc.property(sample, sample, (a, b) => check(differenceOfMeans(a, b), differenceOfMeans(b, a))));
  });

  it('of a share stay within 0 and 1, and are those of Wilson', () => {
    fc.assert(
      fc.property(proportion, ({ found, of }) => {
        const { value, least, most } = shareOf(found, of);
        expect([0 <= least, least <= value, value <= most, most <= 1]).toEqual([true, true, true, true]);
      }),
    );
    // Newcombe, Statistics in Medicine 17 (1998), table I: 81 of 263.
    const { least, most } = shareOf(81, 263);
    expect(round([least, most])).toEqual([0.2553, 0.3662]);
  });

  it('of a difference of shares are those that Newcombe printed', () => {
    // The same, 873-890, table II, method 10: 56/70 - 48/80 and 9/10 - 3/10.
    const first = differenceOfShares({ found: 56, of: 70 }, { found: 48, of: 80 });
    const second = differenceOfShares({ found: 9, of: 10 }, { found: 3, of: 10 });

    expect(round([first.least, first.most])).toEqual([0.0524, 0.3339]);
    expect(round([second.least, second.most])).toEqual([0.1705, 0.809]);
  });

  it('of a difference of means widen as Student says where there are few', () => {
    // Equal spread and eleven on each side: 20 degrees of freedom, whose 97.5 % point is 2.0860.
    const list = Array.from({ length: 11 }, (_, at) => at);
    const side = { of: 11, sum: sumOf(list), squares: sumOf(list.map((one) => one * one)) };
    const { most } = differenceOfMeans(side, side);

    expect(most / Math.sqrt((2 * 11) / 11)).toBeCloseTo(2.086, 3);
  });
});

describe('lift', () => {
  const side = (people: number, converted: number) => ({ people, asked: people, converted, revenue: 0, squares: 0 });
  const holdout = (exposed: HoldoutFacts['exposed'], heldOut: HoldoutFacts['heldOut']): HoldoutFacts => ({
    experiment: 'e',
    metric: 'conversion',
    since: 'exposure',
    exposed,
    heldOut,
  });

  it('is never a bare number: too few people or conversions say so', () => {
    expect(liftOf(holdout(side(29, 20), side(900, 90)), false)).toMatchObject({
      objective: { told: false, because: 'too few' },
      revenue: { told: false, because: 'not measured' },
    });
    expect(liftOf(holdout(side(900, 2), side(900, 2)), true).objective).toEqual({ told: false, because: 'too few' });
  });

  it.each([
    [null, 'no objective'],
    ['size', 'size is of nobody'],
    ['revenue_per_member', 'told as revenue'],
  ] as const)('of the metric %s says why there is none', (metric, because) => {
    const given = { ...holdout(side(900, 90), side(900, 9)), metric };

    expect(liftOf(given, true).objective).toEqual({ told: false, because });
  });

  it.each(['conversion', 'activity_rate', 'open_rate', 'retention'] as const)('is told of %s', (metric) => {
    const given = { ...holdout(side(900, 180), side(900, 90)), metric };

    expect(liftOf(given, false)).toMatchObject({ metric, objective: { told: true, exposed: 0.2, heldOut: 0.1 } });
  });

  it('asks only those who could have reached it by now', () => {
    const late = { ...side(900, 20), asked: 29 };

    expect(liftOf(holdout(late, side(900, 20)), false).objective).toEqual({ told: false, because: 'too few' });
  });

  it('is the mirror of itself when the sides change places', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(200), fc.integer({ min: 200, max: 900 }), (a, b, people) => {
        const one = liftOf(holdout(side(people, a), side(300, b)), false).objective;
        const other = liftOf(holdout(side(300, b), side(people, a)), false).objective;
        if (!one.told || !other.told) expect(one).toEqual(other);
        else
          expect([one.value + other.value, one.least + other.most, one.sure]).toEqual([
            expect.closeTo(0, 9),
            expect.closeTo(0, 9),
            other.sure,
          ]);
      }),
    );
  });

  it('is sure only where the interval does not hold nothing', () => {
    const { objective } = liftOf(holdout(side(900, 180), side(100, 8)), false);

    expect(objective).toMatchObject({ told: true, sure: true, exposed: 0.2, heldOut: 0.08 });
  });
});

describe('pace', () => {
  const objective = {
    metric: 'conversion',
    withinMs: 0,
    baseline: 0.04,
    target: 0.08,
    since: '2026-01-01',
    by: '2026-12-31',
  } as const;
  const facts = (value: number | null, at: string) => ({
    day: at.slice(0, 10),
    at,
    objective: { metric: 'conversion' as const, reached: 0, asked: 100, value },
  });

  it('goes one way as time passes, from the baseline to the target', () => {
    fc.assert(
      fc.property(fc.nat(400), fc.nat(400), fc.double({ min: 0, max: 1, noNaN: true }), (a, b, target) => {
        const [first, second] = [Math.min(a, b), Math.max(a, b)].map((day) =>
          expectedAt(0.5, target, elapsedOf('2026-01-01', '2026-12-31', Date.UTC(2026, 0, 1 + day))),
        ) as [number, number];
        expect(Math.sign(target - 0.5) * (second - first)).toBeGreaterThanOrEqual(-1e-12);
      }),
    );
    expect(elapsedOf('2026-01-01', '2026-12-31', Date.UTC(2027, 0, 1))).toBe(1);
    expect(elapsedOf('2026-01-01', '2026-12-31', Date.UTC(2020, 0, 1))).toBe(0);
  });

  it.each([
    [0.09, '2026-03-01T00:00:00Z', 'reached'],
    [0.061, '2026-07-01T00:00:00Z', 'on pace'],
    [0.05, '2026-07-01T00:00:00Z', 'behind'],
    [0.07, '2027-01-01T00:00:00Z', 'missed'],
    [null, '2026-07-01T00:00:00Z', 'not measured'],
  ] as const)('of %s at %s is %s', (value, at, standing) => {
    expect(performanceOf(objective, facts(value, at), facts(0.04, '2026-01-01T00:00:00Z'))).toMatchObject({ standing });
  });

  it('begins with what was measured first where the file says neither baseline nor beginning', () => {
    const { baseline: _, since: __, ...bare } = objective;

    expect(performanceOf(bare, facts(0.06, '2026-07-01T00:00:00Z'), facts(0.05, '2026-06-01T00:00:00Z'))).toMatchObject(
      {
        baseline: 0.05,
        since: '2026-06-01',
      },
    );
  });
});

describe('counts', () => {
  const part = fc.record({
    people: fc.nat(9),
    size: fc.nat(9),
    pair: fc.nat(9),
    letsIn: fc.array(fc.nat(5), { minLength: 2, maxLength: 2 }),
  });

  it('add up the same in any order', () => {
    const countsOf = (one: { people: number; size: number; pair: number; letsIn: number[] }): Counts => ({
      ...noCounts(),
      people: one.people,
      segments: { a: { ...noneOfSegment(), size: one.size } },
      pairs: { '0.1': one.pair },
      leaves: { a: { letsIn: one.letsIn, keepsOut: [1, 1] } },
    });
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
        const all = parts.map(countsOf);
        expect(addUpCounts(all)).toEqual(addUpCounts([...all].reverse()));
        expect(addUpCounts(all)).toMatchObject({
          people: sumOf(parts.map(({ people }) => people)),
          segments: { a: { size: sumOf(parts.map(({ size }) => size)) } },
        });
      }),
    );
  });

  it('keep the largest overlaps of each of a thousand segments', () => {
    const segments = Array.from({ length: 1_000 }, (_, at) => `s${at}`);
    const pairs: Record<string, number> = {};
    for (let a = 0; a < 1_000; a += 1)
      for (let b = a + 1; b < 1_000; b += 7) pairs[`${a}.${b}`] = ((a * 31 + b) % 97) + 1;
    const sizes = Object.fromEntries(segments.map((one) => [one, { ...noneOfSegment(), size: 200 }]));
    const overlaps = overlapsOf({ ...noCounts(), segments: sizes, pairs }, segments, 'now', 5);

    const most = Math.max(
      ...Object.entries(pairs).flatMap(([pair, both]) => (pair.split('.').includes('0') ? [both] : [])),
    );
    expect(overlaps.pairs.length).toBeLessThanOrEqual(5_000);
    expect(overlapsWith('s0', overlaps)[0]).toMatchObject({ a: 's0', both: most, jaccard: most / (400 - most) });
  });
});

describe('what was spent', () => {
  const day = (name: string, changed: number) => ({
    day: name,
    pushed: { runs: 1, added: changed, removed: 0, calls: changed / 500 },
  });
  const days = [day('2026-11-21', 10_000), day('2026-11-20', 10_000), day('2026-10-31', 10_000), { day: '2026-10-30' }];

  it('is of the days since the objective is pursued, and twice as much for twice as many', () => {
    const both = spentSince('2026-11-01', days, '3,000 USD');
    const one = spentSince('2026-11-21', days, '3000 USD');

    expect([both.to, one.to, both.dollars]).toEqual(['2026-11-21', '2026-11-21', expect.closeTo(2 * one.dollars, 9)]);
    expect(one.dollars).toBeGreaterThan(0);
    expect(both.share).toBeCloseTo(both.dollars / 3_000, 12);
  });

  it.each([
    ['$3000', true],
    ['3000 US$', true],
    ['USD 3,000', true],
    ['3000 EUR', false],
    ['as little as possible', false],
  ])('is compared with %s: %s', (budget, compared) => {
    expect(spentSince('2026-11-01', days, budget).share !== null).toBe(compared);
  });

  it('is told of no day before one is over', () => {
    expect(spentSince('2026-11-01', [{ day: '2026-11-21', pushed: null }], '1 USD')).toEqual({
      ...{ dollars: 0, to: null, share: 0 },
    });
  });
});
