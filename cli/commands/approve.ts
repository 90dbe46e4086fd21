import { TributaryError } from '../../lib/domain/errors.ts';
import type { Approval } from '../../lib/pipeline/push/approve.ts';
import type { PushRun } from '../../lib/pipeline/push/push-run.ts';
import { ask } from '../ask.ts';
import type { ExitStatus } from '../failure.ts';
import { printHolds, reasons, tableOfPlans } from '../push-plan.ts';
import { openStageClient } from '../stage-client.ts';
import { printJson, printLine, type Terminal } from '../terminal.ts';

interface Options {
  readonly run: string;
  readonly plan?: string;
  readonly stage?: string;
}

/** Letters of a hash that name a plan well enough for a person. */
const ENOUGH = 8;
/** Letters of it that tables show. */
const SHOWN = 12;

/**
 * `tributary approve RUN [--plan HASH]`: shows the plan of a held push, asks for the beginning of its hash, and lets
 * exactly that plan go on. Without a terminal to ask on, --plan has to name it.
 */
export async function runApprove(
  terminal: Terminal,
  { run: id, plan: given, stage: url }: Options,
): Promise<ExitStatus> {
  const stage = openStageClient(url);
  const run = await stage.get<PushRun>(`/api/runs/${encodeURIComponent(id)}`);
  const { plan } = run;
  if (plan === undefined)
    throw new TributaryError('rejected', 'push/not-held', `${id} has no plan: it is ${run.state}`);
  if (run.approved === undefined && ['finished', 'failed', 'superseded'].includes(run.state))
    throw new TributaryError('rejected', 'push/not-held', `${id} is ${run.state}: there is nothing to approve`);
  if (!terminal.json) show(terminal, run);
  const start = plan.hash.slice(0, ENOUGH);
  const question = `to approve exactly this plan, type its first ${ENOUGH} letters (${start}): `;
  const named = given ?? (await ask(terminal, () => question));
  if (named === undefined) {
    const say = `nothing was approved; to approve exactly this plan: --plan ${plan.hash.slice(0, SHOWN)}`;
    throw new TributaryError('rejected', 'push/plan-moved', say);
  }
  if (named.length < ENOUGH || !plan.hash.startsWith(named)) {
    throw new TributaryError(
      'rejected',
      'push/plan-moved',
      `the plan of ${id} is ${plan.hash}, which does not begin with what was given`,
    );
  }
  const body = { hash: plan.hash, ...stage.actor };
  const approval = await stage.post<Approval>(`/api/runs/${encodeURIComponent(id)}/approve`, body);
  if (terminal.json) printJson(terminal, { ...approval });
  else if (approval.already)
    printLine(terminal, `it was approved before and is ${approval.state}; nothing more happened`);
  else
    printLine(
      terminal,
      `${terminal.paint('green', '✓')} approved: it goes on now; ${terminal.self} runs shows how it ends`,
    );
  return 0;
}

function show(terminal: Terminal, run: PushRun): void {
  if (run.plan === undefined) return;
  printLine(terminal, tableOfPlans(terminal, [{ id: run.audience, ...run.plan }]));
  if (run.plan.remove > 0) printLine(terminal, `removed because: ${reasons(run.plan.removedBecause)}`);
  printHolds(terminal, run.audience, run.holds);
}
