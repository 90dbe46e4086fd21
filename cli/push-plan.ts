import type { DryRun } from '../lib/pipeline/push/dry-run.ts';
import type { PushRun } from '../lib/pipeline/push/push-run.ts';
import { type Cell, tableOf } from './table.ts';
import { printLine, type Terminal } from './terminal.ts';

type Plan = Pick<
  DryRun,
  'add' | 'remove' | 'unchanged' | 'blocked' | 'calls' | 'quota' | 'minutes' | 'hash' | 'removedBecause' | 'countedAt'
>;

const HEAD = ['audience', 'add', 'remove', 'unchanged', 'blocked', 'calls', 'of the day', 'minutes', 'plan'];

/** A table of plans, one audience a line. The whole hash is in --json; its beginning is enough to approve. */
export function tableOfPlans(terminal: Terminal, plans: readonly (Plan & { readonly id: string })[]): string {
  return tableOf(
    terminal,
    HEAD,
    plans.map(({ id, add, remove, unchanged, blocked, calls, quota, minutes, hash }): Cell[] => {
      const share = quota === null ? 'not known' : `${Math.ceil(quota * 1_000) / 10} %`;
      return [id, add, remove, unchanged, reasons(blocked), calls, share, minutes, hash.slice(0, 12)];
    }),
  );
}

/** Why a run is held, with what to do about each. */
export function printHolds(terminal: Terminal, audience: string, holds: PushRun['holds'] = []): void {
  for (const { guard, says, todo } of holds) {
    printLine(terminal, `${terminal.paint('yellow', 'held')} ${audience}: ${says} (${guard})`);
    printLine(terminal, terminal.paint('dim', `     ${todo}`));
  }
}

export function reasons(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([reason, count]) => `${count} ${reason}`)
    .join(', ');
}
