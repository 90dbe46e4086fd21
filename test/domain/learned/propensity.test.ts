import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openLearned } from '../../../lib/domain/learned/learned.ts';
import type { PropensityModel, Trained } from '../../../lib/domain/learned/model.ts';
import type { LearnedRules } from '../../../lib/domain/learned/rules.ts';
import { addToSample, emptySample, type Sample } from '../../../lib/domain/learned/sample.ts';
import { areaUnderCurve } from '../../../lib/domain/learned/train/judge.ts';
import { trainPart } from '../../../lib/domain/learned/train/train.ts';
import type { ObservedActivity } from '../../../lib/domain/segment/entries.ts';
import { at, DAY, done, NOW, order, remembered, seeded } from './people.ts';

const count = (name: string, did: string) => ({ name, did, withinMs: 90 * DAY, take: 'count' as const });
const rulesWith = (...features: ReturnType<typeof count>[]): LearnedRules => ({
  at,
  propensity: { again: { did: 'Order Completed', withinMs: 30 * DAY, features } },
});

/** Whoever opens letters buys more often. `more`: what else the buyers of the latest thirty days did. */
function sampleOf(rules: LearnedRules, size: number, more: (buys: boolean) => readonly ObservedActivity[] = () => []) {
  const learned = openLearned(rules);
  const [part] = learned.parts;
  if (part === undefined) throw new Error('no part');
  const random = seeded(11);
  const rows = Array.from({ length: size }, () => {
    const opened = Math.floor(random() * 12);
    const buys = random() < 1 / (1 + Math.exp(2.5 - 0.35 * opened));
    const activities = [
      done('Page Viewed', 100),
      ...Array.from({ length: opened }, () => done('Email Opened', 31 + random() * 80)),
      ...(buys ? [order(random() * 29, 50)] : []),
      ...more(buys),
    ];
    return part.rowOf(remembered(learned, activities), NOW);
  });
  const people = rows.map((row, place) => ({ place, rows: new Map(row === undefined ? [] : [[part.name, row]]) }));
  return { part, sample: addToSample(emptySample, people, 20_000) };
}

function train(rules: LearnedRules, { part, sample }: ReturnType<typeof sampleOf>, earliest = NOW - 200 * DAY) {
  return trainPart({ part, rules, sample, asOf: NOW, earliest, former: undefined });
}

function modelOf(trained: Trained | undefined): PropensityModel {
  if (trained?.model.kind !== 'propensity') throw new Error('nothing was trained');
  return trained.model;
}

const honest = rulesWith(count('opened', 'Email Opened'), count('viewed', 'Page Viewed'));

describe('a propensity', () => {
  it('is learned, judged on held-out people, and means what it says', () => {
    const { trained, card } = train(honest, sampleOf(honest, 2_000));
    const { auc, reliability } = card.metrics as { auc: number; reliability: { error: number } };

    expect(card).toMatchObject({ state: 'trained', refusal: null, data: { people: 2_000, sampled: 2_000 } });
    expect(auc).toBeGreaterThan(0.68);
    expect(auc).toBeLessThan(0.85);
    expect(reliability.error).toBeLessThan(0.03);
    const model = modelOf(trained);
    expect(model.weights[0]).toBeGreaterThan(0.3);
    expect(model.base).toBeCloseTo(card.metrics.did === undefined ? 0 : Number(card.metrics.did) / 2_000, 6);
  });

  it('refuses a feature that knows the answer, by its name, whatever its instants pretend', () => {
    const leaking = rulesWith(
      count('opened', 'Email Opened'),
      count('planted', 'Invoice Written'),
      count('viewed', 'Page Viewed'),
    );
    // Dated before the window, and written for everybody who ordered in it.
    const backdated = sampleOf(leaking, 1_000, (buys) => (buys ? [done('Invoice Written', 40)] : []));
    const { trained, card } = train(leaking, backdated);

    expect(trained).toBeUndefined();
    expect(card).toMatchObject({ state: 'refused', version: null, refusal: { code: 'leak' } });
    expect(card.refusal?.says).toMatch(/^planted alone tells/);
  });

  it('never sees what is done in the time that it foretells', () => {
    const leaking = rulesWith(
      count('opened', 'Email Opened'),
      count('planted', 'Invoice Written'),
      count('viewed', 'Page Viewed'),
    );
    const together = sampleOf(leaking, 1_000, (buys) =>
      buys ? [done('Invoice Written', 29.9), done('Invoice Written', 1)] : [],
    );
    const { trained, card } = train(leaking, together);

    expect(card.state).toBe('trained');
    expect(modelOf(trained).weights[1]).toBeCloseTo(0, 9);
    expect((card.metrics.alone as Record<string, number>).planted).toBe(0.5);
  });

  it('is refused with too few of either kind, and with too short a history', () => {
    const few = train(honest, sampleOf(honest, 150));
    const short = train(honest, sampleOf(honest, 2_000), NOW - 89 * DAY);

    expect(few.card.refusal).toMatchObject({ code: 'too-few' });
    expect(few.card.refusal?.says).toMatch(
      /^\d+ people who did it and \d+ who did not are known, and 100 of both are wanted$/,
    );
    expect(short.card.refusal?.says).toMatch(
      /^89 days of history are known, and 3 times the window, 90 days, are wanted$/,
    );
  });

  it('keeps the former model when the new one is refused', () => {
    const known = train(honest, sampleOf(honest, 2_000)).trained;
    const { part, sample } = sampleOf(honest, 150);
    const later = NOW + DAY;
    const { trained, card } = trainPart({ part, rules: honest, sample, asOf: later, earliest: 0, former: known });

    expect(trained).toBe(known);
    expect(card).toMatchObject({ state: 'refused', version: known?.version, trainedAt: new Date(NOW).toISOString() });
  });

  it('counts the rarer kind for what it is when only a part of the others is looked at', () => {
    const { part, sample } = sampleOf(honest, 3_000);
    const whole = modelOf(train(honest, { part, sample }).trained);
    const rows = sample.rows['propensity.again:did-not'] ?? [];
    const half: Sample = {
      ...sample,
      rows: { ...sample.rows, 'propensity.again:did-not': rows.slice(0, rows.length / 2) },
    };
    const { trained, card } = train(honest, { part, sample: half });

    expect(modelOf(trained).base).toBe(whole.base);
    expect(Math.abs((modelOf(trained).weights[0] ?? 0) - (whole.weights[0] ?? 0))).toBeLessThan(0.15);
    expect(card.data.sampled).toBeLessThan(card.data.people);
  });
});

describe('areaUnderCurve', () => {
  it('is the part of all pairs that are in order, where equal scores count half', () => {
    const one = fc.record({
      score: fc.integer({ min: 0, max: 5 }),
      did: fc.boolean(),
      weight: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 30 }), (people) => {
        let [right, all] = [0, 0];
        for (const a of people.filter(({ did }) => did)) {
          for (const b of people.filter(({ did }) => !did)) {
            all += a.weight * b.weight;
            right += a.weight * b.weight * (a.score > b.score ? 1 : a.score === b.score ? 0.5 : 0);
          }
        }
        expect(areaUnderCurve(people)).toBeCloseTo(all === 0 ? 0.5 : right / all, 10);
      }),
    );
  });
});
