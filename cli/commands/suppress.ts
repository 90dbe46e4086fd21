import type { Suppression } from '../../lib/pipeline/resolve/suppression.ts';
import { type ExitStatus, wrongUsage } from '../failure.ts';
import { openLocalFile } from '../import/local-file.ts';
import { openStatusLine, type Progress, showing } from '../progress.ts';
import { openStageClient, type StageClient } from '../stage-client.ts';
import { type BadLine, NAMES_SOMEBODY, openPeople, shapeOf } from '../suppress-file.ts';
import { tableOf } from '../table.ts';
import { countOf, printJson, printLine, type Terminal } from '../terminal.ts';

/** What is done with the list. */
export type SuppressAction = 'add' | 'remove' | 'list';

export interface SuppressOptions {
  readonly action: SuppressAction;
  readonly person?: string;
  readonly reason?: string;
  readonly by?: string;
  readonly file?: string;
  readonly stage?: string;
}

interface SuppressionPage {
  readonly suppressions: readonly Suppression[];
  readonly next: string | null;
}

interface SuppressionBatch {
  readonly suppressions: readonly Suppression[];
  readonly refused: readonly { readonly index: number; readonly message: string }[];
}

const ON_A_PAGE = 500;
const IN_A_BATCH = 100;

/** `tributary suppress add|remove PERSON --reason WHY`, `suppress add --file FILE --reason WHY`, and `suppress list`. */
export async function runSuppress(terminal: Terminal, options: SuppressOptions): Promise<ExitStatus> {
  const { action, person, reason, by, file } = options;
  const stage = openStageClient(options.stage);
  if (action === 'list') {
    if (person !== undefined || reason !== undefined || by !== undefined || file !== undefined) {
      throw wrongUsage(
        'expected tributary suppress list, and no PERSON, --file, --reason or --by: everybody is listed',
      );
    }
    const line = openStatusLine(terminal);
    const all = await showing(line, () => everybodyOn(line, stage));
    show(terminal, all, all.length === 0 ? 'nobody is on the list' : undefined);
    return 0;
  }
  const who = by === undefined ? stage.actor : { by };
  if (file !== undefined && reason !== undefined && action === 'add') {
    return suppressFile(terminal, stage, file, { reason, ...who });
  }
  if (person === undefined || reason === undefined) {
    const what = action === 'add' ? 'PERSON|--file FILE' : 'PERSON';
    throw wrongUsage(`expected tributary suppress ${action} ${what} --reason WHY`);
  }
  const path = action === 'add' ? '/api/suppressions' : '/api/suppressions/lift';
  const entries = await stage.post<readonly Suppression[]>(path, { person, reason, ...who });
  const off = action === 'add' ? 'never contacted from now on' : 'off the list';
  show(terminal, entries, `${terminal.paint('green', '✓')} ${off}; ${FOLLOWS}`);
  return 0;
}

const FOLLOWS = 'lists in tools follow with their next push';

async function everybodyOn(line: Progress, stage: StageClient): Promise<readonly Suppression[]> {
  const all: Suppression[] = [];
  for (let after = ''; ; ) {
    const page = await stage.get<SuppressionPage>(`/api/suppressions?limit=${ON_A_PAGE}${after}`);
    all.push(...page.suppressions);
    if (page.next === null) return all;
    line.update(0, `reading the list: ${countOf(all.length, 'entry', 'entries')}`);
    after = `&after=${encodeURIComponent(page.next)}`;
  }
}

/** Puts everybody on the list whom a file names. A line that names nobody is told and stops no other one. */
async function suppressFile(
  terminal: Terminal,
  stage: StageClient,
  path: string,
  order: { readonly reason: string; readonly by?: string },
): Promise<ExitStatus> {
  const local = await openLocalFile(path);
  const progress = openStatusLine(terminal);
  const bad: BadLine[] = [];
  const held: { readonly line: number; readonly person: string }[] = [];
  let lines = 0;
  let suppressed = 0;

  async function send(): Promise<void> {
    const batch = held.splice(0, IN_A_BATCH);
    if (batch.length === 0) return;
    const body = { people: batch.map(({ person }) => person), ...order };
    const { suppressions, refused } = await stage.postAgain<SuppressionBatch>('/api/suppressions/batch', body);
    suppressed += suppressions.length;
    for (const { index, message } of refused) {
      const { line, person } = batch[index] ?? { line: 0, person: '' };
      bad.push({ line, found: `${shapeOf(person)}: ${message}`, expected: NAMES_SOMEBODY });
    }
    progress.update(0, `suppressing: ${countOf(lines, 'line')}`);
  }

  try {
    for await (const one of await openPeople(path, local)) {
      lines += 1;
      if ('found' in one) bad.push(one);
      else held.push(...one.people.map((person) => ({ line: one.line, person })));
      while (held.length >= IN_A_BATCH) await send();
    }
    while (held.length > 0) await send();
  } finally {
    progress.end();
    await local.close();
  }
  bad.sort((one, other) => one.line - other.line);
  if (terminal.json) printJson(terminal, { file: path, lines, suppressed, refused: bad });
  else {
    for (const { line, found, expected } of bad) {
      printLine(terminal, `${terminal.paint('bold', `${path}:${line}`)}  found ${found}; expected ${expected}`);
    }
    const says = `${countOf(lines, 'line')}, ${countOf(suppressed, 'identifier')} never contacted from now on`;
    printLine(terminal, `${says}, ${countOf(bad.length, 'line')} refused; ${FOLLOWS}`);
  }
  return bad.length === 0 ? 0 : 1;
}

function show(terminal: Terminal, entries: readonly Suppression[], says: string | undefined): void {
  if (terminal.json) {
    printJson(terminal, { suppressions: entries });
    return;
  }
  if (entries.length > 0) {
    const rows = entries.map(({ key, type, at, by, reason }) => [type, at, by, reason, key]);
    printLine(terminal, tableOf(terminal, ['by', 'since', 'said by', 'because', 'key'], rows));
  }
  if (says !== undefined) printLine(terminal, says);
}
