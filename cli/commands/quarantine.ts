import type { DataPage } from '../../lib/pipeline/describe/describe-data.ts';
import type { Job } from '../../lib/pipeline/jobs/jobs.ts';
import type { RejectedPart } from '../../lib/pipeline/replay/replay-rejected.ts';
import { type ExitStatus, wrongUsage } from '../failure.ts';
import { followJob } from '../follow-job.ts';
import { openStageClient, type StageClient } from '../stage-client.ts';
import { tableOf } from '../table.ts';
import { countOf, printJson, printLine, type Terminal } from '../terminal.ts';

interface Options {
  readonly stage?: string;
  readonly connection?: string;
  readonly replay?: true;
  readonly code?: string;
  readonly record?: readonly string[];
}

/** A record in quarantine, as far as it is printed: the record itself is a person's. */
interface Line {
  readonly id: string;
  readonly stream: string;
  readonly code: string;
  readonly reason: string;
}

/** As many records as one answer of the API holds. */
const ONE_ANSWER = 100;

/**
 * `tributary quarantine [CONNECTION]`: what could not be used, by reason, or each record by its id; with `--replay` they are
 * read again, those of `--code` or `--record`. Exits 1 when some are refused as before.
 */
export async function runQuarantine(terminal: Terminal, options: Options): Promise<ExitStatus> {
  const { connection, replay } = options;
  const stage = openStageClient(options.stage);
  if (replay === true) return readAgain(terminal, stage, options);
  if (connection === undefined) return printReasons(terminal, await stage.get<DataPage>('/api/data'));
  const lines = await linesOf(stage, connection);
  if (terminal.json) printJson(terminal, lines);
  else if (lines.length === 0) printLine(terminal, 'Every record could be used.');
  else {
    const rows = lines.map((one) => [one.id, one.stream, one.code, one.reason]);
    printLine(terminal, tableOf(terminal, ['record', 'stream', 'code', 'reason'], rows));
  }
  return 0;
}

function printReasons(terminal: Terminal, { quarantine }: DataPage): ExitStatus {
  if (terminal.json) printJson(terminal, quarantine);
  else if (quarantine.length === 0) printLine(terminal, 'Every record could be used.');
  else {
    const rows = quarantine.flatMap(({ connection, reasons }) =>
      reasons.map(({ stream, code, reason, records }) => [connection, stream, records, code, reason]),
    );
    printLine(terminal, tableOf(terminal, ['connection', 'stream', 'records', 'code', 'reason'], rows));
  }
  return 0;
}

async function linesOf(stage: StageClient, connection: string): Promise<readonly Line[]> {
  const lines: Line[] = [];
  for (let page: readonly Line[] | undefined; page === undefined || page.length === ONE_ANSWER; ) {
    const after = lines.at(-1)?.id;
    const query = after === undefined ? '' : `?after=${encodeURIComponent(after)}`;
    page = await stage.get<readonly Line[]>(`/api/quarantine/${encodeURIComponent(connection)}${query}`);
    lines.push(...page);
  }
  return lines;
}

async function readAgain(
  terminal: Terminal,
  stage: StageClient,
  { connection, code, record }: Options,
): Promise<ExitStatus> {
  if (connection === undefined) throw wrongUsage('--replay: expected a connection');
  const body = record === undefined ? { code: code ?? '' } : { ids: record };
  const started = await stage.post<Job>(`/api/quarantine/${encodeURIComponent(connection)}/replay`, body);
  const job = await followJob(
    terminal,
    stage,
    started,
    (one) => `reading again: ${countOf(partOf(one).records, 'record')}`,
  );
  const { used, refused, unreadable } = partOf(job);
  if (terminal.json) printJson(terminal, job);
  else {
    const rest = [
      ...(refused > 0 ? [`${countOf(refused, 'record')} refused as before`] : []),
      ...(unreadable > 0
        ? [`${countOf(unreadable, 'record')} that cannot be read alone: send the file or delivery again`]
        : []),
    ];
    printLine(terminal, [`${countOf(used, 'record')} used`, ...rest].join('; '));
  }
  return job.state === 'finished' && refused + unreadable === 0 ? 0 : 1;
}

function partOf(job: Job): RejectedPart {
  return job.parts[0] as unknown as RejectedPart;
}
