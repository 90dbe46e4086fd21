import type { Suppression } from '../../lib/pipeline/resolve/suppression.ts';
import { type ExitStatus, wrongUsage } from '../failure.ts';
import { openStageClient } from '../stage-client.ts';
import { tableOf } from '../table.ts';
import { printJson, printLine, type Terminal } from '../terminal.ts';

/** What is done with the list. */
export type SuppressAction = 'add' | 'remove' | 'list';

export interface SuppressOptions {
  readonly action: SuppressAction;
  readonly person?: string;
  readonly reason?: string;
  readonly by?: string;
  readonly stage?: string;
}

/** `tributary suppress add|remove PERSON --reason WHY`, and `tributary suppress list`. */
export async function runSuppress(terminal: Terminal, options: SuppressOptions): Promise<ExitStatus> {
  const { action, person, reason, by } = options;
  const stage = openStageClient(options.stage);
  if (action === 'list') {
    if (person !== undefined || reason !== undefined || by !== undefined) {
      throw wrongUsage('expected tributary suppress list, and no PERSON, --reason or --by: everybody is listed');
    }
    const all = await stage.get<readonly Suppression[]>('/api/suppressions');
    show(terminal, all, all.length === 0 ? 'nobody is on the list' : undefined);
    return 0;
  }
  if (person === undefined || reason === undefined) {
    throw wrongUsage(`expected tributary suppress ${action} PERSON --reason WHY`);
  }
  const path = action === 'add' ? '/api/suppressions' : '/api/suppressions/lift';
  const entries = await stage.post<readonly Suppression[]>(path, {
    ...{ person, reason },
    ...(by === undefined ? stage.actor : { by }),
  });
  const off = action === 'add' ? 'never contacted from now on' : 'off the list';
  show(terminal, entries, `${terminal.paint('green', '✓')} ${off}; lists in tools follow with their next push`);
  return 0;
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
