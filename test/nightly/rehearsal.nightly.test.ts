import { expect, it } from 'vitest';
import { rehearse } from '../e2e/rehearse.ts';

it('the rehearsal, as `npm start -- --once` plays it, ends with every list equal to its segment', async () => {
  const report = await rehearse();

  expect(report.differences).toEqual([]);
  expect(report.refusals).toBe(0);
  expect(report.activities).toBeGreaterThan(18_000);
});
