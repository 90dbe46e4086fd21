import { expect, it } from 'vitest';
import { broken, runJob } from '../bench/run-job.ts';

it('the bench of an import and a push prints JSON lines only', async () => {
  const { status, lines, notes } = await runJob('import-and-push');

  expect(status, notes).toBe(0);
  expect(lines.find(({ metric }) => metric === 'members on the list')?.value).toBeGreaterThan(0);
  expect(broken(lines, 'import-and-push')).toEqual([]);
});

it('the bench of a backfill loses and repeats nobody when its reader is killed', async () => {
  const { status, lines, notes } = await runJob('backfill');

  expect(status, notes).toBe(0);
  expect(broken(lines, 'backfill')).toEqual([]);
  const valuesOf = (name: string) => lines.filter(({ metric }) => metric === name).map(({ value }) => value);
  expect(valuesOf('contacts that arrived')).toEqual([2_000, 2_000]);
  expect(valuesOf('that arrived twice')).toEqual([0, 0]);
});
