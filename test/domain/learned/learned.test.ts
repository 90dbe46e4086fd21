import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openLearned } from '../../../lib/domain/learned/learned.ts';
import type { Models, Trained } from '../../../lib/domain/learned/model.ts';
import { addToSample, emptySample, joinSamples, placeOf, type Sampled } from '../../../lib/domain/learned/sample.ts';
import { type Entry, mergeEntries, type ObservedActivity } from '../../../lib/domain/segment/entries.ts';
import { DAY, done, NOW, order, remembered, rules } from './people.ts';

const untrained = openLearned(rules);
const ruleOf = (name: string): string => untrained.parts.find((part) => part.name === name)?.rule ?? '';
const trained = (name: string, model: Trained['model']): Trained => ({
  version: 'v1',
  rule: ruleOf(name),
  trainedAt: NOW,
  model,
});

const models: Models = {
  version: 'm1',
  asOf: NOW,
  parts: {
    rfm: trained('rfm', {
      kind: 'rfm',
      recency: [-200, -90, -30, -7],
      frequency: [2, 3, 4, 6],
      monetary: [50, 100, 200, 400],
    }),
    clusters: trained('clusters', {
      kind: 'clusters',
      mean: [1, 4],
      spread: [1, 1],
      clusters: [
        { label: 'A', centre: [-1, -1], share: 0.5, says: 'orders few' },
        { label: 'B', centre: [1, 1], share: 0.5, says: 'orders many' },
      ],
      given: ['A', 'B'],
    }),
    'propensity.again': trained('propensity.again', {
      kind: 'propensity',
      mean: [1, 1, 1],
      spread: [1, 1, 1],
      weights: [0.8, 0.3, -0.5, 0, 0.1, 0],
      intercept: -1,
      calibration: { slope: 1, offset: 0 },
      base: 0.2,
    }),
    lifetime_value: trained('lifetime_value', {
      kind: 'lifetime_value',
      r: 0.243,
      alpha: 4.414,
      a: 0.793,
      b: 2.426,
      spend: { p: 6.25, q: 3.74, v: 15.44 },
    }),
  },
};
const learned = openLearned(rules, models);
/** Of 2 orders in 90 days, one letter opened in 60, and 5 days of quiet, by hand. */
const PROPENSITY = (() => {
  const z = [Math.log1p(2) - 1, Math.log1p(1) - 1, Math.log1p(5) - 1] as const;
  return 1 / (1 + Math.exp(-(-1 + 0.8 * z[0] + 0.3 * z[1] - 0.5 * z[2] + 0.1 * (z[1] ** 2 - 1))));
})();
const buyer = [order(200, 40), order(60, 80), order(5, 120), done('Email Opened', 3)];

describe('learned traits', () => {
  it('tell what a model says of somebody, each with what it was made of', () => {
    const told = learned.traitsOf(remembered(learned, buyer));

    expect(Object.fromEntries([...told].map(([path, { value }]) => [path, value]))).toEqual({
      'learned.rfm.recency': 5,
      'learned.rfm.frequency': 3,
      'learned.rfm.monetary': 4,
      'learned.rfm.score': '534',
      'learned.rfm.cell': 'Champions',
      'learned.cluster': 'B',
      'learned.propensity.again': expect.closeTo(PROPENSITY, 3) as unknown as number,
      'learned.alive': expect.closeTo(0.77, 1) as unknown as number,
      'learned.expected_purchases': expect.any(Number) as unknown as number,
      'learned.lifetime_value': expect.any(Number) as unknown as number,
    });
    expect(told.get('learned.rfm.frequency')?.because).toBe('3 × Order Completed within 365 days');
    expect(told.get('learned.rfm.cell')?.because).toBe(
      'recency 5: the latest Order Completed 5 days before; frequency 3: 3 × Order Completed within 365 days; ' +
        'monetary 4: revenue 240 within 365 days',
    );
    expect(told.get('learned.cluster')?.because).toBe('orders 3, revenue 240; B: orders many');
    expect(told.get('learned.alive')?.because).toBe(
      '3 days with Order Completed, the first 200 days before, the last 5 days before',
    );
  });

  it('tell nothing of who did nothing of it, nothing before anything is trained, and nothing by a rule of before', () => {
    const other = openLearned(
      { ...rules, rfm: { did: 'Order Completed', value: 'total', withinMs: 365 * DAY } },
      models,
    );

    expect([...learned.traitsOf(remembered(learned, [done('Page Viewed', 1)])).keys()]).toEqual([]);
    expect([...untrained.traitsOf(remembered(untrained, buyer)).keys()]).toEqual([]);
    const paths = [...other.traitsOf(remembered(other, buyer)).keys()];
    expect(paths.filter((path) => path.startsWith('learned.rfm'))).toEqual([]);
    expect(paths).toContain('learned.alive');
  });

  const activity = fc
    .record({
      name: fc.constantFrom('Order Completed', 'Email Opened'),
      ago: fc.integer({ min: 0, max: 500 }),
      paid: fc.integer({ min: 1, max: 99 }),
    })
    .map(({ name, ago, paid }) => done(name, ago, { revenue: paid / 7 }));
  const past = fc.array(activity, { maxLength: 30 });
  const told = (list: readonly ObservedActivity[], now = NOW) => [...learned.traitsOf(remembered(learned, list, now))];

  it('stand whatever is done after the instant of the models, and however much time goes by', () => {
    const later = fc.array(
      fc.integer({ min: 1, max: 300 }).map((days) => order(-days, 500)),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(past, later, fc.integer({ min: 0, max: 400 }), (list, more, days) => {
        expect(told([...list, ...more], NOW + days * DAY)).toEqual(told(list));
      }),
    );
  });

  it('are the same in any order of arrival and any repetition', () => {
    fc.assert(
      fc.property(
        past.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
        ([list, shuffled]) => {
          expect(told([...shuffled, ...shuffled.slice(0, 5)])).toEqual(told(list));
        },
      ),
    );
  });

  it('are the same from what a profile keeps as from all that was done, or say that something is missing', () => {
    fc.assert(
      fc.property(past, fc.integer({ min: 1, max: 12 }), (list, cap) => {
        const kept = remembered(learned, list, NOW, cap);
        const whole = new Map<string, readonly Entry[]>();
        for (const { feed } of learned.feeds) {
          const entries = list.filter(({ name }) => name === feed.activity).map((one) => feed.entryOf(one));
          whole.set(
            feed.key,
            mergeEntries(
              [],
              entries.filter((entry) => entry !== undefined),
            ),
          );
        }
        if (learned.incompleteIn(kept).length > 0) return;
        expect([...learned.traitsOf(kept)]).toEqual([...learned.traitsOf((key) => whole.get(key) ?? [])]);
      }),
    );
  });
});

describe('a sample of everybody', () => {
  const ids = Array.from({ length: 2_000 }, (_, at) => `p${at}`);
  const people = ids.map((id, at) => ({ place: placeOf(id), rows: new Map([['rfm', { values: [at] }]]) }));
  const lowest = people.map(({ place }) => place).sort((a, b) => a - b);
  const placesOf = (rows: readonly Sampled[] | undefined) => (rows ?? []).map(([place]) => place);

  it('is of bounded size, uniform, and the same however people are divided and in whatever order they come', () => {
    const whole = addToSample(emptySample, people, 100);
    const parts = [0, 1, 2, 3].map((part) =>
      people
        .filter((_, at) => at % 4 === part)
        .toReversed()
        .reduce((sample, one) => addToSample(sample, [one], 40), emptySample),
    );
    const joined = joinSamples(parts, 100, 40);

    expect(placesOf(whole.rows.rfm)).toEqual(lowest.slice(0, 100));
    expect(placesOf(joined.rows.rfm)).toEqual(lowest.slice(0, 100));
    expect(joined.counts).toEqual({ rfm: 2_000 });
    const middle = (whole.rows.rfm ?? []).reduce((sum, [, value = 0]) => sum + value, 0) / 100;
    expect(middle).toBeGreaterThan(850);
    expect(middle).toBeLessThan(1_150);
  });

  it('takes nobody from beyond what every part knows for certain', () => {
    // All of one part fall low, so it had to leave out some that fall lower than others of the second part.
    const low = people.filter(({ place }) => place <= (lowest[999] ?? 0));
    const high = people.filter(({ place }) => place > (lowest[999] ?? 0));
    const joined = joinSamples([addToSample(emptySample, low, 50), addToSample(emptySample, high, 50)], 100, 50);

    expect(placesOf(joined.rows.rfm)).toEqual(lowest.slice(0, 50));
  });

  it('has whoever is met twice once', () => {
    expect(addToSample(addToSample(emptySample, people, 100), people, 100).rows).toEqual(
      addToSample(emptySample, people, 100).rows,
    );
  });
});
