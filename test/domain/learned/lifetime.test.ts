import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hypergeometric, logGamma } from '../../../lib/domain/learned/gamma.ts';
import { aliveOf, type Buyer, buyerFrom, purchasesOf, spendOf } from '../../../lib/domain/learned/lifetime.ts';
import type { LifetimeModel } from '../../../lib/domain/learned/model.ts';
import { fitPurchases, fitSpend } from '../../../lib/domain/learned/train/fit-lifetime.ts';
import { normal, seeded } from './people.ts';

const folder = process.env.CDNOW_DATA ?? '';
const given = existsSync(join(folder, 'CDNOW_sample.txt'));
/** What Fader and Hardie publish of the customers of CDNOW. */
const model: LifetimeModel = { kind: 'lifetime_value', r: 0.243, alpha: 4.414, a: 0.793, b: 2.426 };

const dayOf = (text: string): number =>
  Date.UTC(Number(text.slice(0, 4)), Number(text.slice(4, 6)) - 1, Number(text.slice(6))) / 86_400_000;

/** The tenth of CDNOW's customers that the papers use, in the 39 weeks that they fit. */
function cdnow(): Buyer[] {
  const until = dayOf('19970930');
  const people = new Map<string, Map<number, number>>();
  for (const line of readFileSync(join(folder, 'CDNOW_sample.txt'), 'utf8').trim().split('\n')) {
    const [, id = '', date = '', , paid] = line.trim().split(/\s+/);
    const day = dayOf(date);
    if (day > until) continue;
    const days = people.get(id) ?? new Map<number, number>();
    days.set(day, (days.get(day) ?? 0) + Number(paid));
    people.set(id, days);
  }
  return [...people.values()].flatMap(
    (days) =>
      buyerFrom(
        [...days].sort(([a], [b]) => a - b),
        until,
      ) ?? [],
  );
}

describe('the customers of CDNOW', () => {
  it.skipIf(!given)('have the published parameters (needs CDNOW_DATA, the folder of CDNOW_sample.txt)', () => {
    const buyers = cdnow();
    const { r, alpha, a, b, logLikelihood } = fitPurchases(buyers);
    const spend = fitSpend(buyers);

    expect([buyers.length, buyers.filter(({ x }) => x > 0).length]).toEqual([2357, 946]);
    expect([r, alpha, a, b].map((one) => Number(one.toFixed(3)))).toEqual([0.243, 4.414, 0.793, 2.426]);
    expect(logLikelihood).toBeCloseTo(-9582.4, 1);
    expect([spend.p, spend.q, spend.v].map((one) => Number(one.toFixed(2)))).toEqual([6.25, 3.74, 15.44]);
  });
});

describe('the BG/NBD model', () => {
  it('foretells what the papers print of two customers', () => {
    // x = 2, t_x = 30.43, T = 38.86: 1.226 purchases in 39 weeks (Fader, Hardie and Lee 2005, spreadsheet note).
    expect(purchasesOf(model, { x: 2, tx: 30.43, age: 38.86, spend: 0 }, 39)).toBeCloseTo(1.226, 2);
    expect(aliveOf(model, { x: 2, tx: 30.43, age: 38.86, spend: 0 })).toBeCloseTo(0.727, 2);
    expect(aliveOf(model, { x: 0, tx: 0, age: 38.86, spend: 0 })).toBe(1);
  });

  const parameter = fc.double({ min: 0.05, max: 20, noNaN: true });
  const models = fc.record({
    kind: fc.constant('lifetime_value' as const),
    r: parameter,
    alpha: parameter,
    a: parameter,
    b: parameter,
  });
  const buyers = fc
    .record({
      x: fc.integer({ min: 0, max: 300 }),
      age: fc.double({ min: 0, max: 500, noNaN: true }),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    .map(({ x, age, part }): Buyer => ({ x, age, tx: x === 0 ? 0 : age * part, spend: 0 }));

  it('gives every buyer a probability and finite purchases, more in more time', () => {
    fc.assert(
      fc.property(models, buyers, fc.double({ min: 0.1, max: 200, noNaN: true }), (any, buyer, weeks) => {
        const alive = aliveOf(any, buyer);
        const [fewer, more] = [purchasesOf(any, buyer, weeks), purchasesOf(any, buyer, weeks * 2)];

        expect(alive).toBeGreaterThanOrEqual(0);
        expect(alive).toBeLessThanOrEqual(1);
        expect(Number.isFinite(fewer)).toBe(true);
        expect(more).toBeGreaterThanOrEqual(fewer - 1e-6 * (1 + fewer));
      }),
    );
  });

  it('gives about as many as happened, of customers that are drawn from it', () => {
    const drawn = draw(model, 4_000, 40, 40);
    const foretold = drawn.reduce((sum, { buyer }) => sum + purchasesOf(model, buyer, 40), 0);
    const happened = drawn.reduce((sum, { later }) => sum + later, 0);

    expect(foretold / happened).toBeGreaterThan(0.93);
    expect(foretold / happened).toBeLessThan(1.07);
  });

  it('is found again from customers that are drawn from it', () => {
    const known: LifetimeModel = { kind: 'lifetime_value', r: 0.8, alpha: 6, a: 1.2, b: 3 };
    const { r, alpha } = fitPurchases(draw(known, 4_000, 60, 1).map(({ buyer }) => buyer));

    expect(r).toBeCloseTo(0.8, 0);
    expect(alpha / 6).toBeGreaterThan(0.8);
    expect(alpha / 6).toBeLessThan(1.25);
  });
});

describe('the Gamma-Gamma model', () => {
  const spend = { p: 6.25, q: 3.74, v: 15.44 };

  it('lies between what a customer spent and what all do, nearer to the customer the more there is', () => {
    const all = spendOf({ ...model, spend }, { x: 0, tx: 0, age: 10, spend: 0 }) ?? 0;
    const one = spendOf({ ...model, spend }, { x: 1, tx: 5, age: 10, spend: 100 }) ?? 0;
    const ten = spendOf({ ...model, spend }, { x: 10, tx: 5, age: 10, spend: 100 }) ?? 0;

    expect(all).toBeCloseTo((6.25 * 15.44) / 2.74, 6);
    expect([all < one, one < ten, ten < 100]).toEqual([true, true, true]);
    expect(spendOf(model, { x: 1, tx: 5, age: 10, spend: 100 })).toBeUndefined();
  });
});

describe('logGamma', () => {
  it('is the logarithm of the factorial', () => {
    let factorial = 0;
    for (let n = 1; n <= 150; n += 1) {
      factorial += Math.log(n);
      expect(logGamma(n + 1)).toBeCloseTo(factorial, 9);
    }
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.PI) / 2, 12);
  });
});

describe('hypergeometric', () => {
  it('is the logarithm and the power that it is known to be', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 0.95, noNaN: true }),
        fc.double({ min: 0.1, max: 4, noNaN: true }),
        (z, b) => {
          expect(hypergeometric(1, 1, 2, z)).toBeCloseTo(-Math.log(1 - z) / z, 8);
          expect(hypergeometric(b, 1.7, 1.7, z) / (1 - z) ** -b).toBeCloseTo(1, 8);
        },
      ),
    );
  });
});

/** Customers by the model's own story: they buy at a rate of their own, and after each purchase may turn away. */
function draw({ r, alpha, a, b }: LifetimeModel, count: number, known: number, ahead: number) {
  const random = seeded(7);
  return Array.from({ length: count }, () => {
    const rate = gammaDraw(r, random) / alpha;
    const [one, other] = [gammaDraw(a, random), gammaDraw(b, random)];
    const leaves = one / (one + other);
    let [at, x, tx, later, here] = [0, 0, 0, 0, true];
    while (here) {
      at += -Math.log(1 - random()) / rate;
      if (at > known + ahead) break;
      if (at <= known) [x, tx] = [x + 1, at];
      else later += 1;
      here = random() >= leaves;
    }
    return { buyer: { x, tx, age: known, spend: 0 }, later };
  });
}

/** Marsaglia and Tsang, ACM Transactions on Mathematical Software 26:3, 2000. */
function gammaDraw(shape: number, random: () => number): number {
  if (shape < 1) return gammaDraw(shape + 1, random) * random() ** (1 / shape);
  const d = shape - 1 / 3;
  for (;;) {
    const drawn = normal(random);
    const v = (1 + drawn / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(1 - random()) < drawn ** 2 / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}
