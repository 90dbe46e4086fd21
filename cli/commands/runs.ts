import type { PushRun } from '../../lib/pipeline/push/push-run.ts';
import type { ExitStatus } from '../failure.ts';
import { openStageClient } from '../stage-client.ts';
import { tableOf } from '../table.ts';
import { countOf, printJson, printLine, type Terminal } from '../terminal.ts';

interface Options {
  readonly stage?: string;
  readonly all?: true;
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
  readonly id?: string;
  readonly holds?: PushRun['holds'];
  readonly waits?: { readonly until: string; readonly says: string };
  readonly error?: { readonly code: string };
}

/** Something that waits for a person, as /api/alerts lists it. */
interface OpenAlert {
  readonly kind: string;
  readonly subject: string;
  readonly says: string;
  readonly todo: string;
  readonly since: string;
}

/** `tributary runs`: what waits for a person, then pulls, pushes and checks of lists, newest first. */
export async function runRuns(terminal: Terminal, options: Options): Promise<ExitStatus> {
  const stage = openStageClient(options.stage);
  const listed = await stage.get<readonly Run[]>('/api/runs');
  // What waits for a person comes first.
  const runs = [...listed.filter(({ state }) => state === 'held'), ...listed.filter(({ state }) => state !== 'held')];
  if (terminal.json) {
    printJson(terminal, runs);
    return 0;
  }
  for (const { kind, subject, says, todo, since } of await stage.get<readonly OpenAlert[]>('/api/alerts')) {
    printLine(terminal, `${terminal.paint('yellow', kind)} ${subject} since ${since}: ${says}`);
    printLine(terminal, terminal.paint('dim', `     ${todo}`));
  }
  const shown = options.all === true ? runs : runs.filter((run) => !broughtNothing(run));
  const rows = shown.map((run) => rowOf(run, terminal));
  if (runs.length === 0) printLine(terminal, 'nothing has run yet');
  else printLine(terminal, tableOf(terminal, ['started', 'what', 'of', 'state', 'seconds', 'result'], rows));
  const left = runs.length - shown.length;
  if (left > 0)
    printLine(
      terminal,
      terminal.paint('dim', `left out: ${countOf(left, 'pull')} that brought nothing; --all shows all`),
    );
  const pushed = runs.find(({ what, state, id }) => what === 'push' && state === 'finished' && id !== undefined);
  if (pushed !== undefined) {
    const command = `${terminal.self} push --outcomes ${pushed.id}`;
    printLine(terminal, terminal.paint('dim', `what became of everybody in the latest push: ${command}`));
  }
  return 0;
}

/** A pull that found nothing new and needs nobody: most are, and what happened must not drown in them. */
function broughtNothing({ what, state, changes, echoes = 0, rejected = 0, waits }: Run): boolean {
  return what === 'sync' && state === 'finished' && changes === 0 && echoes + rejected === 0 && waits === undefined;
}

function rowOf(run: Run, terminal: Terminal): (string | number | undefined)[] {
  const of = run.audience ?? [run.connection, run.stream].filter((part) => part !== undefined).join(' ');
  const seconds = run.endedAt === undefined ? undefined : secondsOf(run.startedAt, run.endedAt);
  return [run.startedAt, run.what, of, run.state, seconds, resultOf(run, terminal)];
}

/** To a tenth, with the tenth always there: numbers below one another can be compared. */
function secondsOf(startedAt: string, endedAt: string): string {
  const seconds = (Date.parse(endedAt) - Date.parse(startedAt)) / 1_000;
  return seconds.toFixed(1).padStart('seconds'.length);
}

function resultOf(run: Run, { self }: Terminal): string {
  const { error, changes, echoes = 0, rejected = 0, tally, listReplaced, differences } = run;
  if (run.state === 'held')
    return `${(run.holds ?? []).map(({ guard }) => guard).join(', ')}: ${self} approve ${run.id ?? ''}`;
  if (error !== undefined) return error.code;
  if (run.waits !== undefined) return `waits until ${run.waits.until}: ${run.waits.says}`;
  if (differences !== undefined) {
    const found = Object.entries(differences).map(([as, count]) => `${count} ${as}`);
    return found.length === 0 ? 'no differences' : found.join(', ');
  }
  if (tally !== undefined) {
    const replaced = listReplaced === true ? ', the list was replaced' : '';
    return `+${tally.added ?? 0} −${tally.removed ?? 0}${replaced}`;
  }
  if (changes === undefined) return '';
  const parts = [countOf(changes, 'change')];
  if (echoes > 0) parts.push(`${echoes} of our own`);
  if (rejected > 0) parts.push(`${rejected} quarantined`);
  return parts.join(', ');
}
