import { expect } from 'vitest';
import type { Json } from '../../lib/domain/json.ts';
import type { RehearsalReport } from '../../lib/local/report.ts';
import { runStage } from '../../lib/local/run-stage.ts';
import type { Stage } from '../../lib/local/stage.ts';
import { callStage } from '../../lib/local/stage-calls.ts';
import { bundledOnce } from '../setup/bundled-once.ts';

type Options = Partial<Parameters<typeof runStage>[0]>;

const usual = {
  workspace: 'examples/acme',
  port: undefined,
  dataDir: undefined,
  bundle: bundledOnce,
  report: () => {},
} as const;

/** Plays the rehearsal of examples/acme once and returns its report. */
export async function rehearse(options: Options = {}): Promise<RehearsalReport> {
  const report = await runStage({ ...usual, once: true, ...options });
  if (report === undefined) throw new Error('the rehearsal gave no report');
  return report;
}

/** A stage on which the rehearsal was played, and which stays up. */
export interface Rehearsed {
  readonly report: RehearsalReport;
  readonly stage: Stage;
  /** What the operator was told while it was played. */
  readonly notices: readonly string[];
  readonly call: (method: 'GET' | 'POST', path: string, body?: Json) => Promise<unknown>;
  close(): Promise<void>;
}

/** Plays the rehearsal of examples/acme and keeps its stage. The caller closes it. */
export async function openRehearsed(options: Options = {}): Promise<Rehearsed> {
  const ends = new AbortController();
  let stage: Stage | undefined;
  let report: RehearsalReport | undefined;
  const notices: string[] = [];
  let running: Promise<unknown> = Promise.resolve();
  await new Promise<void>((ready, fail) => {
    running = runStage({
      ...usual,
      once: false,
      until: ends.signal,
      onStage: (opened) => {
        stage = opened;
      },
      report(event) {
        if (event.kind === 'report') report = event.report;
        if (event.kind === 'notice') notices.push(event.message);
        if (event.kind === 'ready') ready();
      },
      ...options,
    });
    running.catch(fail);
  });
  if (stage === undefined || report === undefined) throw new Error('the rehearsal gave no report');
  const on = stage;
  return {
    report,
    stage: on,
    notices,
    call: (method, path, body) => callStage(on, method, path, body),
    async close() {
      ends.abort();
      await running;
    },
  };
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
