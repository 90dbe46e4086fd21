import type { Job } from '../../lib/pipeline/jobs/jobs.ts';
import type { RedrivePart } from '../../lib/pipeline/redrive/redrive-queue.ts';
import type { ExitStatus } from '../failure.ts';
import { followJob } from '../follow-job.ts';
import { openStageClient } from '../stage-client.ts';
import { tableOf } from '../table.ts';
import { countOf, printJson, printLine, type Terminal } from '../terminal.ts';

interface Options {
  readonly stage?: string;
  readonly queue: string;
  readonly dryRun?: true;
}

/** `tributary redrive QUEUE [--dry-run]`: what failed too often goes back to its queue, once its cause is removed. */
export async function runRedrive(terminal: Terminal, { stage: url, queue, dryRun }: Options): Promise<ExitStatus> {
  const stage = openStageClient(url);
  const started = await stage.post<Job>('/api/redrive', { queue, ...(dryRun === true ? { dryRun } : {}) });
  const job = await followJob(terminal, stage, started, (one) => `redriving: ${countOf(partOf(one).moved, 'message')}`);
  if (terminal.json) printJson(terminal, job);
  else printPart(terminal, partOf(job));
  return job.state === 'finished' ? 0 : 1;
}

function printPart(terminal: Terminal, { queue, found, moved, left, kinds }: RedrivePart): void {
  const rows = Object.entries(kinds).sort(([, one], [, other]) => other - one);
  if (rows.length > 0) printLine(terminal, tableOf(terminal, ['a message asks for', 'messages'], rows));
  printLine(terminal, `${queue}: ${countOf(found, 'dead letter')}, ${moved} moved, ${left} there now`);
}

function partOf(job: Job): RedrivePart {
  return job.parts[0] as unknown as RedrivePart;
}
