import { expect, it } from 'vitest';
import { broken, runJob } from '../bench/run-job.ts';

it('the bench of an import and a push prints JSON lines only', async () => {
  const { status, lines, notes } = await runJob('import-and-push');

  expect(status, notes).toBe(0);
  expect(lines.find(({ metric }) => metric === 'members on the list')?.value).toBeGreaterThan(0);
  expect(broken(lines, 'import-and-push')).toEqual([]);
});
