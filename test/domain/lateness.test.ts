import { describe, expect, it } from 'vitest';
import { addLate, countLate, lateWithin, mergeLate, nobodyLate } from '../../lib/domain/lateness.ts';

describe('lateness', () => {
  it('knows within how many seconds a share had turned', () => {
    const quick = addLate(nobodyLate, new Array(98).fill(4_000));
    const slow = addLate(nobodyLate, [80_000, 95_000]);
    const both = mergeLate(quick, slow);

    expect(countLate(both)).toBe(100);
    expect([0.5, 0.98, 0.99, 1].map((share) => lateWithin(both, share))).toEqual([5, 5, 90, 95]);
  });

  it('never says more than the worst', () => {
    expect(lateWithin(addLate(nobodyLate, [61_000]), 0.99)).toBe(61);
    expect(lateWithin(addLate(nobodyLate, [90_000_000]), 0.99)).toBe(90_000);
  });

  it('says nothing of nobody', () => {
    expect(lateWithin(nobodyLate, 0.99)).toBeNull();
  });
});
