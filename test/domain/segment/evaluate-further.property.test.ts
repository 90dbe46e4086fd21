import { describe, expect, it } from 'vitest';
import { compareCases } from './compare.ts';

/** Half of the cases of a run: the other half is in the file beside it, so that two cores share them. */
const cases = Number(process.env.SEGMENT_CASES ?? 100_000) / 2;
const first = Number(process.env.SEGMENT_SEED ?? 2);

describe('evaluate', () => {
  it('agrees with the definition of the language, now and until each flip (even seeds)', { timeout: 3_000_000 }, () => {
    expect(compareCases(cases, first, 2)).toBeGreaterThanOrEqual(cases);
  });
});
