import { expect, it } from 'vitest';
import { expectWhole, rehearse } from '../e2e/rehearse.ts';

it('every tool, with two thousand people in each, ends with every list equal to its segment', async () => {
  const report = await rehearse({ workspace: 'examples/everything', hours: 6 });

  expectWhole(report);
  expect(report.profiles).toBeGreaterThan(2_000);
  // Every day of the history of both tools that tell figures.
  expect(report.figures).toBeGreaterThan(200);
});
