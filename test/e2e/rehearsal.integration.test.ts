import { describe, expect, it } from 'vitest';
import { rehearse } from './rehearse.ts';

describe('the rehearsal', () => {
  it('ends with the lists in the tools equal to the segments, its numbers adding up', async () => {
    // Until the morning after the nightly pushes; the whole day is played at night.
    const report = await rehearse({ hours: 8 });

    expect(report.differences).toEqual([]);
    expect(report.refusals).toBe(0);
    expect(report.quarantined).toBeGreaterThan(0);
    expect(report.activities).toBeGreaterThan(18_000);
    for (const counts of Object.values(report.audiences)) {
      const { wanted, added, unchanged, unmatched, refused, rejected, retry } = counts;
      expect(added + unchanged + unmatched + refused + rejected + retry).toBe(wanted);
    }
  }, 300_000);
});
