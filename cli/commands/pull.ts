import type { Job } from '../../lib/pipeline/jobs/jobs.ts';
import type { ExitStatus } from '../failure.ts';
import { followJob } from '../follow-job.ts';
import { openStageClient } from '../stage-client.ts';
import { tableOf } from '../table.ts';
import { countOf, printJson, printLine, type Terminal } from '../terminal.ts';

interface Options {
  readonly connection: string;
  readonly stream: string | undefined;
  readonly stage?: string;
  readonly full?: true;
}

/** A part of a pull job: one stream. */
interface StreamPart {
  readonly stream: string;
  readonly state: string;
  readonly pages?: number;
  readonly changes?: number;
  readonly echoes?: number;
  readonly rejected?: number;
  readonly error?: { readonly code: string; readonly message: string };
}

/** `tributary pull CONNECTION [STREAM] [--full]`: reads now, and follows until every change is folded into profiles. */
export async function runPull(terminal: Terminal, options: Options): Promise<ExitStatus> {
  const { connection, stream, full } = options;
  const stage = openStageClient(options.stage);
  const asked = { connection, ...(stream === undefined ? {} : { stream }), ...(full === true ? { full } : {}) };
  const started = await stage.post<Job>('/api/pull', asked);
  const job = await followJob(terminal, stage, started, (now) => tell(connection, now));
  if (terminal.json) printJson(terminal, job);
  else printResult(terminal, connection, job);
  return job.state === 'finished' ? 0 : 1;
}

function tell(connection: string, job: Job): string {
  const parts = partsOf(job).map(({ stream, state, changes }) =>
    changes === undefined ? `${stream} ${state}` : `${stream} ${countOf(changes, 'change')}`,
  );
  return `pulling ${connection}: ${parts.join(' · ')}`;
}

function printResult(terminal: Terminal, connection: string, job: Job): void {
  const rows = partsOf(job).map((part) => [
    part.stream,
    part.state,
    part.pages,
    part.changes,
    part.echoes,
    part.rejected,
  ]);
  printLine(terminal, tableOf(terminal, [connection, 'state', 'pages', 'changes', 'our own', 'quarantined'], rows));
  for (const { stream, error } of partsOf(job)) {
    if (error !== undefined) printLine(terminal, terminal.paint('red', `${stream}: ${error.message} (${error.code})`));
  }
}

function partsOf(job: Job): readonly StreamPart[] {
  return job.parts as unknown as readonly StreamPart[];
}
