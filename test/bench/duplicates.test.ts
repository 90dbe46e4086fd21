import { describe, expect, it } from 'vitest';
import { exactRule } from '../../bench/duplicate-rules.ts';
import { judge, suggestedIn } from '../../bench/duplicates.ts';
import { febrlFolder, readFebrl } from '../../bench/febrl.ts';
import { weightsAmong } from '../../lib/domain/duplicate/estimate.ts';

const MISSING = 'set FEBRL_DATA to a folder with dataset1.csv to dataset3.csv of FEBRL';

describe(`duplicates of FEBRL${febrlFolder === undefined ? ` (skipped: ${MISSING})` : ''}`, () => {
  it.skipIf(febrlFolder === undefined)('are found: F1 of 0.99 or more at a precision of 0.999 or more', () => {
    const sets = readFebrl(febrlFolder ?? '');
    expect(sets.map(({ truth }) => truth.size)).toEqual([500, 1934, 6538]);
    for (const set of sets) {
      const weights = weightsAmong(set.records.map(({ person }) => person));
      const { precision, f1 } = judge(suggestedIn(set, weights), set);

      expect(precision, set.name).toBeGreaterThanOrEqual(0.999);
      expect(f1, set.name).toBeGreaterThanOrEqual(0.99);
      // What shows that the counting itself is right: published for the same rule on the same data.
      expect(judge(exactRule(set.records), set).f1).toBeCloseTo(
        { febrl1: 0.97, febrl2: 0.955, febrl3: 0.948 }[set.name] ?? 0,
        2,
      );
    }
  });
});
