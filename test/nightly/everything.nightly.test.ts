import { expect, it } from 'vitest';
import { rehearse } from '../e2e/rehearse.ts';

it('every tool, with two thousand people in each, ends with every list equal to its segment', async () => {
  const report = await rehearse({ workspace: 'examples/everything', hours: 6 });

  expect(report.differences).toEqual([]);
  expect(report.refusals).toBe(0);
  expect(report.profiles).toBeGreaterThan(2_000);
  expect(Object.keys(report.audiences).length).toBeGreaterThan(10);
});
