import type { Job } from '../../lib/pipeline/jobs/jobs.ts';
import type { DryRun } from '../../lib/pipeline/push/dry-run.ts';
import type { PushRun } from '../../lib/pipeline/push/push-run.ts';
import type { ExitStatus } from '../failure.ts';
import { followJob } from '../follow-job.ts';
import { type OutcomeCounts, tableOfOutcomes } from '../outcome-table.ts';
import { openStatusLine, showing } from '../progress.ts';
import { printHolds, tableOfPlans } from '../push-plan.ts';
import { openStageClient, type StageClient } from '../stage-client.ts';
import { printJson, printLine, type Terminal } from '../terminal.ts';

interface Options {
  readonly audience: string | undefined;
  readonly stage?: string;
  readonly dryRun?: true;
}

/** A part of a push job: one audience, with its counts once it has ended. */
interface AudiencePart extends OutcomeCounts {
  readonly audience: string;
  readonly state: string;
  readonly outcome?: string;
  readonly run?: string;
  readonly holds?: PushRun['holds'];
}

/** `tributary push [AUDIENCE] [--dry-run]`: brings the lists up to date, or says what that would change. */
export async function runPush(terminal: Terminal, options: Options): Promise<ExitStatus> {
  const stage = openStageClient(options.stage);
  const asked = options.audience === undefined ? {} : { audience: options.audience };
  if (options.dryRun === true) return planOnly(terminal, stage, asked);
  const started = await stage.post<Job>('/api/push', asked);
  const job = await followJob(terminal, stage, started, tell);
  if (terminal.json) {
    printJson(terminal, job);
  } else {
    const lines = partsOf(job).map((part) => ({ first: [part.audience, stateOf(part)], counts: part }));
    printLine(terminal, tableOfOutcomes(terminal, ['audience', 'state'], lines));
    for (const { audience, outcome, run, holds } of partsOf(job)) {
      if (outcome === 'finished' && run !== undefined)
        printLine(terminal, terminal.paint('dim', `what became of everybody: ${terminal.self} push --outcomes ${run}`));
      if (outcome !== 'held') continue;
      printHolds(terminal, audience, holds);
      printLine(terminal, `     to look at the plan and let it go on: ${terminal.self} approve ${run}`);
    }
  }
  return job.state === 'finished' ? 0 : 1;
}

async function planOnly(terminal: Terminal, stage: StageClient, asked: { audience?: string }): Promise<ExitStatus> {
  const line = openStatusLine(terminal);
  line.update(0, `planning a push of ${asked.audience ?? 'every audience'}; nothing is sent`);
  const plan = await showing(line, () =>
    stage.post<{ readonly audiences: readonly DryRun[] }>('/api/push/dry-run', asked),
  );
  if (terminal.json) {
    printJson(terminal, plan);
    return 0;
  }
  printLine(terminal, tableOfPlans(terminal, plan.audiences));
  for (const { id, holds } of plan.audiences) printHolds(terminal, id, holds);
  printLine(terminal, terminal.paint('dim', 'nothing was sent'));
  return 0;
}

function tell(job: Job): string {
  return `pushing: ${partsOf(job)
    .map((part) => `${part.audience} ${stateOf(part)}`)
    .join(' · ')}`;
}

/** A failed part says how it ended: `held` is not `failed`. */
function stateOf({ state, outcome }: AudiencePart): string {
  return state === 'running' ? state : (outcome ?? state);
}

function partsOf(job: Job): readonly AudiencePart[] {
  return job.parts as unknown as readonly AudiencePart[];
}
