import type { Job } from '../../lib/pipeline/jobs/jobs.ts';
import type { SampledRecord } from '../../lib/pipeline/sync/sample-stream.ts';
import { type ExitStatus, wrongUsage } from '../failure.ts';
import { followJob } from '../follow-job.ts';
import { printSideBySide } from '../side-by-side.ts';
import { openStageClient, type StageClient } from '../stage-client.ts';
import { tableOf } from '../table.ts';
import { countOf, printJson, printLine, type Terminal } from '../terminal.ts';

interface Options {
  readonly connection: string;
  readonly stream: string | undefined;
  readonly stage?: string;
  readonly full?: true;
  /** Records to show instead. */
  readonly sample?: number;
}

/** A part of a pull job: one stream. */
interface StreamPart {
  readonly stream: string;
  readonly state: string;
  readonly pages?: number;
  readonly changes?: number;
  readonly echoes?: number;
  readonly rejected?: number;
  /** Of a stream of figures, in the place of changes. */
  readonly figures?: number;
  readonly error?: { readonly code: string; readonly message: string };
}

/** `tributary pull CONNECTION [STREAM] [--full | --sample N]`: reads now, and follows until every change is folded into profiles. */
export async function runPull(terminal: Terminal, options: Options): Promise<ExitStatus> {
  const { connection, stream, full, sample } = options;
  const stage = openStageClient(options.stage);
  if (sample !== undefined) return showSample(terminal, stage, { connection, stream, most: sample });
  const asked = { connection, ...(stream === undefined ? {} : { stream }), ...(full === true ? { full } : {}) };
  const started = await stage.post<Job>('/api/pull', asked);
  const job = await followJob(terminal, stage, started, (now) => tell(connection, now));
  if (terminal.json) printJson(terminal, job);
  else printResult(terminal, connection, job);
  return job.state === 'finished' ? 0 : 1;
}

interface Asked {
  readonly connection: string;
  readonly stream: string | undefined;
  readonly most: number;
}

/** `--sample N`: the first records of a stream as the tool has them, each beside what its mapping makes of it. */
async function showSample(terminal: Terminal, stage: StageClient, asked: Asked): Promise<ExitStatus> {
  const { connection, stream, most } = asked;
  if (stream === undefined) throw wrongUsage('--sample: expected a stream, as in pull CONNECTION STREAM --sample 5');
  const started = await stage.post<Job>('/api/sample', { connection, stream, most });
  const job = await followJob(terminal, stage, started, () => `reading ${connection} ${stream}`);
  if (job.error !== undefined) {
    if (terminal.json) printJson(terminal, job);
    else printLine(terminal, terminal.paint('red', `${stream}: ${job.error.message} (${job.error.code})`));
    return 1;
  }
  const found = await stage.get<readonly SampledRecord[]>(`/api/sample/${encodeURIComponent(job.id)}`);
  if (terminal.json) {
    printJson(terminal, { connection, stream, sample: found });
    return 0;
  }
  const previews = found.map(({ mapping, record, ...rest }, index) => ({
    title: `${index + 1}${mapping === undefined ? '' : ` ${mapping}`}`,
    record,
    ...rest,
  }));
  printSideBySide(terminal, previews);
  if (found.length === 0) printLine(terminal, `${connection} ${stream} has no records`);
  terminal.err.write(
    'nothing was changed; these are records of people, kept for a day to be shown here and no longer\n',
  );
  return 0;
}

function tell(connection: string, job: Job): string {
  const parts = partsOf(job).map(({ stream, state, changes, figures }) => {
    if (figures !== undefined) return `${stream} ${countOf(figures, 'figure')}`;
    return changes === undefined ? `${stream} ${state}` : `${stream} ${countOf(changes, 'change')}`;
  });
  return `pulling ${connection}: ${parts.join(' · ')}`;
}

function printResult(terminal: Terminal, connection: string, job: Job): void {
  const rows = partsOf(job).map((part) => [
    part.stream,
    part.state,
    part.pages,
    part.figures === undefined ? part.changes : countOf(part.figures, 'figure'),
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
