import { expect, it } from 'vitest';
import { broken, runJob } from '../bench/run-job.ts';

/** A stage opens, and a rehearsed quarter of an hour is waited for. */
const LONG_MS = 390_000;

it.each(['resolve', 'push', 'bundles', 'collect', 'idle'])('the bench %s prints JSON lines only', async (job) => {
  const { status, lines, notes } = await runJob(job);

  expect(status, notes).toBe(0);
  expect(lines.length).toBeGreaterThan(5);
  expect(broken(lines, job)).toEqual([]);
});

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

it('the bench of a load loses nothing that was accepted, and has nothing twice', async () => {
  const { status, lines, notes } = await runJob('load', { timeout: LONG_MS });

  expect(status, notes).toBe(0);
  expect(broken(lines, 'load')).toEqual([]);
  const ours = (name: string) => lines.filter(({ metric, of }) => metric === name && of?.way === undefined);
  expect(ours('accepted').map(({ of }) => of?.activity)).toContain('Survey Answered');
  expect(ours('lost').filter(({ value }) => value !== 0)).toEqual([]);
  expect(ours('there twice').filter(({ value }) => value !== 0)).toEqual([]);
  expect(ours('activities that no profile counts').map(({ value }) => value)).toEqual([0]);
}, 400_000);

it('the bench of realtime pushes fills the same list as a push of all', async () => {
  const { status, lines, notes } = await runJob('realtime', { timeout: LONG_MS });

  expect(status, notes).toBe(0);
  const listed = lines.filter(({ metric }) => metric === 'members on the list').map(({ value }) => value);
  expect(listed).toHaveLength(2);
  expect(listed[0]).toBe(listed[1]);
}, 400_000);

it('the bench of dollars adds its stages up', async () => {
  const { status, lines, notes } = await runJob('cost');

  expect(status, notes).toBe(0);
  expect(broken(lines, 'cost')).toEqual([]);
  const spent = (metric: string) =>
    lines.filter((line) => line.metric === metric && line.of?.for === 'a million activities');
  const [altogether] = spent('dollars altogether');
  const stages = spent('dollars of a stage').reduce((sum, { value }) => sum + value, 0);
  expect(stages).toBeCloseTo(altogether?.value ?? Number.NaN, 2);
});
