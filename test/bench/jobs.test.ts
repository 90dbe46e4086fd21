import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { writePage } from '../../bench/write-page.ts';
import { broken, runJob } from './run-job.ts';

describe('a bench', () => {
  for (const job of ['mapping', 'offline', 'compression']) {
    it(`prints JSON lines only: ${job}`, async () => {
      const { status, lines, notes } = await runJob(job);

      expect(status, notes).toBe(0);
      expect(lines[0]?.metric).toBe('machine');
      expect(broken(lines, job)).toEqual([]);
    });
  }

  it('of segments gets the same answers from every engine, and after a change from those that it moves', async () => {
    const { status, lines, notes } = await runJob('segments');
    const differences = lines.filter(({ metric }) => metric.startsWith('answers that differ'));

    expect(status, notes).toBe(0);
    expect(broken(lines, 'segments')).toEqual([]);
    expect(differences).toHaveLength(11);
    expect(differences.filter(({ value }) => value !== 0)).toEqual([]);
  });

  it('that nobody knows ends with 2 and says which there are', async () => {
    const { status, lines, notes } = await runJob('nonsense');

    expect(status).toBe(2);
    expect(lines).toEqual([]);
    expect(notes).toContain('resolve, segments, units');
  });

  it('that rests on data from outside is not saved without it', async () => {
    const file = new URL('../../bench/results/learned.ndjson', import.meta.url);
    const before = readFileSync(file, 'utf8');
    const { status, lines, notes } = await runJob('learned', { args: ['--save'] });

    expect(status).toBe(2);
    expect(lines).toEqual([]);
    expect(notes).toContain('set CDNOW_DATA');
    expect(readFileSync(file, 'utf8')).toBe(before);
  });
});

describe('docs/performance.md', () => {
  const { page, plots } = writePage();

  it('is what the saved results make it', () => {
    expect(readFileSync(new URL('../../docs/performance.md', import.meta.url), 'utf8')).toBe(page);
  });

  it.each(plots)('shows $file as the saved results make it', ({ file, svg }) => {
    expect(readFileSync(new URL(`../../docs/images/${file}`, import.meta.url), 'utf8')).toBe(svg);
  });
});
