import type { PushRun } from '../../lib/pipeline/push/push-run.ts';
import type { ExitStatus } from '../failure.ts';
import { openStatusLine, type Progress, showing } from '../progress.ts';
import { openStageClient, type StageClient } from '../stage-client.ts';
import { tableOf } from '../table.ts';
import { countOf, printJson, printLine, type Terminal } from '../terminal.ts';

interface Options {
  readonly stage?: string;
  readonly all?: true;
  readonly what?: string;
}

interface RunPage {
  readonly runs: readonly Run[];
  readonly next: string | null;
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

/** As many runs as one looks through, and as are shown; on a busy workspace hardly any pull brings nothing. */
const MOST_SHOWN = 100;
/** Pages that are asked for until there are so many: of some 2,400 runs. */
const MOST_PAGES = 12;
const ON_A_PAGE = 200;

/** `tributary runs`: what waits for a person, then pulls, pushes and checks of lists, newest first. */
export async function runRuns(terminal: Terminal, options: Options): Promise<ExitStatus> {
  const stage = openStageClient(options.stage);
  const line = openStatusLine(terminal);
  const { listed, left, until } = await showing(line, () => readListed(line, stage, options));
  // What waits for a person comes first, however long ago it began.
  const waiting = options.what === undefined || options.what === 'push' ? await heldPushes(stage) : [];
  const ids = new Set(waiting.map(({ id }) => id));
  const others = listed.filter(({ what, id }) => what !== 'push' || id === undefined || !ids.has(id));
  const held = [...waiting, ...others.filter(({ state }) => state === 'held')];
  const runs = [...held, ...others.filter(({ state }) => state !== 'held')];
  if (terminal.json) {
    printJson(terminal, runs);
    return 0;
  }
  for (const { kind, subject, says, todo, since } of await stage.get<readonly OpenAlert[]>('/api/alerts')) {
    printLine(terminal, `${terminal.paint('yellow', kind)} ${subject} since ${since}: ${says}`);
    printLine(terminal, terminal.paint('dim', `     ${todo}`));
  }
  const rows = runs.map((run) => rowOf(run, terminal));
  if (runs.length + left === 0) printLine(terminal, 'nothing has run yet');
  else printLine(terminal, tableOf(terminal, ['started', 'what', 'of', 'state', 'seconds', 'result'], rows));
  const note = (text: string): void => printLine(terminal, terminal.paint('dim', text));
  if (left > 0) note(`left out: ${countOf(left, 'pull')} that brought nothing; --all shows all`);
  if (until !== undefined) note(`older than ${until} is not shown; --what push looks further back for pushes alone`);
  const pushed = runs.find(({ what, state, id }) => what === 'push' && state === 'finished' && id !== undefined);
  if (pushed !== undefined)
    note(`what became of everybody in the latest push: ${terminal.self} push --outcomes ${pushed.id}`);
  return 0;
}

interface Listed {
  readonly listed: readonly Run[];
  /** Pulls among them that brought nothing. */
  readonly left: number;
  /** When the last one began that was looked at; undefined where there are no older ones. */
  readonly until: string | undefined;
}

/** Asks for pages until there is enough that is worth showing, or nothing more, or enough was looked through. */
async function readListed(line: Progress, stage: StageClient, { all, what }: Options): Promise<Listed> {
  const listed: Run[] = [];
  let left = 0;
  let next: string | null = '';
  for (let page = 0; page < MOST_PAGES && next !== null && listed.length < MOST_SHOWN; page += 1) {
    const query = new URLSearchParams({ limit: String(ON_A_PAGE) });
    if (what !== undefined) query.set('what', what);
    if (next !== '') query.set('after', next);
    const found: RunPage = await stage.get<RunPage>(`/api/runs?${query}`);
    const worth = found.runs.filter((run) => all === true || !broughtNothing(run));
    left += found.runs.length - worth.length;
    listed.push(...worth);
    next = found.next;
    line.update(0, `looking back: ${countOf(listed.length + left, 'run')}`);
  }
  // A place in the list begins with the instant at which the run there began.
  return { listed, left, until: next === null || next === '' ? undefined : next.split('#')[0] };
}

/** Pushes that wait for somebody: the latest of an audience, for a newer one takes the place of what is held. */
async function heldPushes(stage: StageClient): Promise<readonly Run[]> {
  const audiences = await stage.get<readonly { readonly run: Run | null }[]>('/api/audiences?counts=no');
  return audiences.flatMap(({ run }) => (run?.state === 'held' ? [{ ...run, what: 'push' }] : []));
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
