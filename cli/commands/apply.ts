import { readFile, stat } from 'node:fs/promises';
import { isJsonObject } from '../../lib/domain/json.ts';
import type { ScanJob } from '../../lib/pipeline/define/plan-definitions.ts';
import { type ExitStatus, wrongUsage } from '../failure.ts';
import { followJob } from '../follow-job.ts';
import { barOf } from '../progress.ts';
import { openStageClient, type StageClient } from '../stage-client.ts';
import { countOf, printJson, printLine, type Terminal } from '../terminal.ts';
import { makePlan, printPlan } from './plan.ts';

interface Options {
  readonly stage?: string;
  readonly leave?: readonly string[];
}

/** `tributary apply [DIR|PLAN]`: publishes what a plan names, and follows until everybody is decided by it. */
export async function runApply(terminal: Terminal, what: string, options: Options): Promise<ExitStatus> {
  const stage = openStageClient(options.stage);
  const hash = await planNamed(terminal, stage, what);
  if (hash === undefined) return 1;
  const started = await stage.post<ScanJob>('/api/apply', {
    plan: hash,
    leave: options.leave ?? [],
    ...stage.actor,
  });
  const job = await followJob(terminal, stage, started, tell);
  if (terminal.json) printJson(terminal, { plan: hash, ...job });
  else printLine(terminal, ending(terminal, job));
  return job.state === 'finished' ? 0 : 1;
}

/** The hash of a plan: of a folder it is made now, of a file it is read, otherwise it is the word itself. */
async function planNamed(terminal: Terminal, stage: StageClient, what: string): Promise<string | undefined> {
  const found = await stat(what).catch(() => undefined);
  if (found?.isDirectory() === true) {
    const plan = await makePlan(terminal, stage, what, false);
    if (plan !== undefined && !terminal.json) printPlan(terminal, plan);
    return plan?.hash;
  }
  if (found === undefined) {
    if (/^[0-9a-f]{16}$/.test(what)) return what;
    throw wrongUsage(`${what} is no folder, no file with a plan and no hash of one`);
  }
  const plan = parse(await readFile(what, 'utf8'));
  if (isJsonObject(plan) && typeof plan.hash === 'string') return plan.hash;
  throw wrongUsage(`${what} holds no plan; make one with: tributary plan --json > ${what}`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Said by the caller: the file holds no plan.
  }
}

function tell({ phase, done, of, people }: ScanJob): string {
  if (phase === 'waiting') return 'published; waiting for workers that hold the former definitions';
  return `deciding everybody anew ${barOf(done, of)} parts · ${countOf(people, 'person', 'people')}`;
}

function ending(terminal: Terminal, { phase, people }: ScanJob): string {
  if (phase === 'overtaken') {
    return `${terminal.paint('red', '✗')} other definitions were published before everybody was decided by these`;
  }
  return `${terminal.paint('green', '✓')} published; ${countOf(people, 'person was', 'people were')} decided anew`;
}
