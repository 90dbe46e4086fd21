import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { writePage } from '../../bench/write-page.ts';
import { broken, runJob } from './run-job.ts';

describe('a bench', () => {
  for (const job of ['mapping', 'segments', 'offline']) {
    it(`prints JSON lines only: ${job}`, async () => {
      const { status, lines, notes } = await runJob(job);

      expect(status, notes).toBe(0);
      expect(lines[0]?.metric).toBe('machine');
      expect(broken(lines, job)).toEqual([]);
    });
  }

  it('that nobody knows ends with 2 and says which there are', async () => {
    const { status, lines, notes } = await runJob('nonsense');

    expect(status).toBe(2);
    expect(lines).toEqual([]);
    expect(notes).toContain('resolve, segments, units');
  });

  it('of segments gets the same answers from every engine, and after a change from those that it moves', async () => {
    const { lines } = await runJob('segments');
    const differences = lines.filter(({ metric }) => metric.startsWith('answers that differ'));

    expect(differences).toHaveLength(11);
    expect(differences.filter(({ value }) => value !== 0)).toEqual([]);
  });
});

describe('docs/performance.md', () => {
  it('is what the saved results make it', () => {
    expect(readFileSync(new URL('../../docs/performance.md', import.meta.url), 'utf8')).toBe(writePage());
  });
});
