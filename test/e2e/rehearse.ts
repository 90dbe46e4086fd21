import { expect } from 'vitest';
import type { RehearsalReport } from '../../lib/local/report.ts';
import { runStage } from '../../lib/local/run-stage.ts';
import { bundledOnce } from '../setup/bundled-once.ts';

/** Plays the rehearsal of examples/acme once and returns its report. */
export async function rehearse(options: Partial<Parameters<typeof runStage>[0]> = {}): Promise<RehearsalReport> {
  const report = await runStage({
    workspace: 'examples/acme',
    port: undefined,
    dataDir: undefined,
    once: true,
    bundle: bundledOnce,
    report: () => {},
    ...options,
  });
  if (report === undefined) throw new Error('the rehearsal gave no report');
  return report;
}

/** Every list is equal to its segment and holds somebody, and no function did what its role does not allow. */
export function expectWhole({ differences, refusals, audiences }: RehearsalReport): void {
  expect(differences).toEqual([]);
  expect(refusals).toBe(0);
  const empty = Object.entries(audiences).filter(
    ([, { wanted, added, unchanged }]) => wanted * (added + unchanged) === 0,
  );
  expect(empty).toEqual([]);
}
