import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cellOf, scoreOf } from '../../../lib/domain/learned/rfm.ts';
import { fitRfm } from '../../../lib/domain/learned/train/fit-rfm.ts';

const rows = (counts: readonly number[]) => counts.map((count) => [-count, count, count * 10]);

describe('fitRfm', () => {
  it('cuts ten customers who all differ into fifths', () => {
    const { frequency } = fitRfm(rows([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));

    expect([1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((count) => scoreOf(count, frequency))).toEqual([
      1, 1, 2, 2, 3, 3, 4, 4, 5, 5,
    ]);
  });

  it('gives the half that bought once one score, and the others what their rank among all is', () => {
    const { frequency } = fitRfm(rows([1, 1, 1, 1, 1, 2, 2, 3, 4, 9]));

    expect([1, 2, 3, 4, 9].map((count) => scoreOf(count, frequency))).toEqual([1, 3, 4, 5, 5]);
  });

  it('scores by the percentile of SQL (PERCENT_RANK), so equal values are equal and larger ones never worse', () => {
    const values = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 2, maxLength: 80 });
    fc.assert(
      fc.property(values, (counts) => {
        const { monetary } = fitRfm(rows(counts));
        for (const count of counts) {
          const rank = counts.filter((one) => one < count).length / (counts.length - 1);
          expect(scoreOf(count * 10, monetary)).toBe(Math.min(5, 1 + Math.floor(rank * 5 + 1e-9)));
        }
      }),
    );
  });

  it('is the same whatever the order of customers', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 2, maxLength: 40 }), (counts) => {
        expect(fitRfm(rows(counts.toReversed()))).toEqual(fitRfm(rows(counts)));
      }),
    );
  });
});

describe('cellOf', () => {
  it('names every cell, 555 best', () => {
    const scores = [1, 2, 3, 4, 5];
    const cells = scores.map((recency) => scores.map((rest) => cellOf(recency, rest, rest)));

    expect(cells).toEqual([
      ['Lost', 'Hibernating', 'At risk', 'Cannot lose', 'Cannot lose'],
      ['Hibernating', 'About to sleep', 'At risk', 'At risk', 'At risk'],
      ['Promising', 'About to sleep', 'Needs attention', 'Loyal', 'Loyal'],
      ['New', 'Potential loyal', 'Potential loyal', 'Loyal', 'Champions'],
      ['New', 'Potential loyal', 'Potential loyal', 'Champions', 'Champions'],
    ]);
    expect(cellOf(5, 5, 5)).toBe('Champions');
    expect(cellOf(5, 4, 5)).toBe('Champions');
  });
});
