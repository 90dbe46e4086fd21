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
