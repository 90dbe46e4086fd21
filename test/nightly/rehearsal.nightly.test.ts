import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { RehearsalReport } from '../../lib/local/report.ts';
import { expectWhole } from '../e2e/rehearse.ts';

const run = promisify(execFile);

it('npm start -- --once --json plays a whole day, prints one JSON document and ends with every list equal to its segment', async () => {
  // A status other than 0 rejects.
  const { stdout } = await run('npm', ['start', '--', '--once', '--json'], { maxBuffer: 2 ** 26 });
  const report = JSON.parse(stdout) as RehearsalReport;

  expectWhole(report);
  expect(report.activities).toBeGreaterThan(18_000);
  expect(report.quarantined).toBeGreaterThan(0);
});
