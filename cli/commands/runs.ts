import type { ExitStatus } from '../failure.ts';
import { openStageClient } from '../stage-client.ts';
import { tableOf } from '../table.ts';
import { printJson, printLine, type Terminal } from '../terminal.ts';

interface Options {
  readonly stage?: string;
}

/** A pull of a stream, a push of an audience or a check of its list, as /api/runs lists it. */
interface Run {
  readonly what: string;
  readonly state: string;
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly connection?: string;
  readonly stream?: string;
  readonly audience?: string;
  readonly changes?: number;
  readonly echoes?: number;
  readonly rejected?: number;
  readonly listReplaced?: true;
  readonly differences?: Readonly<Record<string, number>>;
  readonly tally?: { readonly added?: number; readonly removed?: number };
  readonly error?: { readonly code: string };
}

/** `tributary runs`: pulls, pushes and checks of lists, newest first. */
export async function runRuns(terminal: Terminal, options: Options): Promise<ExitStatus> {
  const runs = await openStageClient(options.stage).get<readonly Run[]>('/api/runs');
  if (terminal.json) {
    printJson(terminal, runs);
    return 0;
  }
  if (runs.length === 0) printLine(terminal, 'nothing has run yet');
  else printLine(terminal, tableOf(terminal, ['started', 'what', 'of', 'state', 'seconds', 'result'], runs.map(rowOf)));
  return 0;
}

function rowOf(run: Run): (string | number | undefined)[] {
  const of = run.audience ?? [run.connection, run.stream].filter((part) => part !== undefined).join(' ');
  const seconds = run.endedAt === undefined ? undefined : (Date.parse(run.endedAt) - Date.parse(run.startedAt)) / 1_000;
  return [run.startedAt, run.what, of, run.state, seconds, resultOf(run)];
}

function resultOf(run: Run): string {
  const { error, changes, echoes = 0, rejected = 0, tally, listReplaced, differences } = run;
  if (error !== undefined) return error.code;
  if (differences !== undefined) {
    const found = Object.entries(differences).map(([as, count]) => `${count} ${as}`);
    return found.length === 0 ? 'no differences' : found.join(', ');
  }
  if (tally !== undefined) {
    const replaced = listReplaced === true ? ', the list was replaced' : '';
    return `+${tally.added ?? 0} −${tally.removed ?? 0}${replaced}`;
  }
  if (changes === undefined) return '';
  const parts = [`${changes} changes`];
  if (echoes > 0) parts.push(`${echoes} of our own`);
  if (rejected > 0) parts.push(`${rejected} quarantined`);
  return parts.join(', ');
}
