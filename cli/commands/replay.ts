import { parseInstant } from '../../lib/domain/instant.ts';
import type { Job } from '../../lib/pipeline/jobs/jobs.ts';
import type { ReplayPart } from '../../lib/pipeline/replay/replay.ts';
import { type ExitStatus, wrongUsage } from '../failure.ts';
import { followJob } from '../follow-job.ts';
import { openStageClient } from '../stage-client.ts';
import { tableOf } from '../table.ts';
import { countOf, printJson, printLine, type Terminal } from '../terminal.ts';

interface Options {
  readonly stage?: string;
  readonly from: string;
  readonly to: string;
  readonly connection?: string;
}

/** `tributary replay --from --to [--connection]`: reads archived hours again, with the mappings as they are now. */
export async function runReplay(terminal: Terminal, options: Options): Promise<ExitStatus> {
  const [from, to] = [readInstant('--from', options.from), readInstant('--to', options.to)];
  if (from >= to) throw wrongUsage('--from: expected an instant before --to');
  const stage = openStageClient(options.stage);
  const { connection } = options;
  const asked = { from, to, ...(connection === undefined ? {} : { connection }) };
  const started = await stage.post<Job>('/api/replay', asked);
  const job = await followJob(terminal, stage, started, tell);
  if (terminal.json) printJson(terminal, job);
  else printParts(terminal, job);
  return job.state === 'finished' ? 0 : 1;
}

/** An instant, or a day: its beginning in UTC. */
function readInstant(option: string, text: string): string {
  const instant = /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00.000Z` : text;
  const at = parseInstant(instant);
  if (at === undefined) throw wrongUsage(`${option}: expected a day (2026-11-20) or an instant (2026-11-20T04:00:00Z)`);
  return new Date(at).toISOString();
}

function tell(job: Job): string {
  const objects = partsOf(job).reduce((sum, part) => sum + part.objects, 0);
  const changes = partsOf(job).reduce((sum, part) => sum + part.changes, 0);
  return `replaying: ${countOf(objects, 'object')}, ${countOf(changes, 'change')}`;
}

function printParts(terminal: Terminal, job: Job): void {
  const rows = partsOf(job).map(({ connection, stream, objects, changes, rejected, partial }) => [
    connection,
    stream ?? 'deliveries',
    objects,
    changes,
    rejected,
    partial,
  ]);
  const head = ['connection', 'stream', 'objects', 'changes', 'quarantined', 'not all, because'];
  printLine(terminal, tableOf(terminal, head, rows));
}

function partsOf(job: Job): readonly ReplayPart[] {
  return job.parts as unknown as readonly ReplayPart[];
}
