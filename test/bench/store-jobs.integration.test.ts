import { describe, expect, it } from 'vitest';
import { broken, runJob } from './run-job.ts';

describe('a bench on engines', () => {
  // The others are in the nightly run.
  for (const job of ['units', 'requests']) {
    it(`prints JSON lines only: ${job}`, async () => {
      const { status, lines, notes } = await runJob(job);

      expect(status, notes).toBe(0);
      expect(lines.length).toBeGreaterThan(5);
      expect(broken(lines, job)).toEqual([]);
    });
  }
});
