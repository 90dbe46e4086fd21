import { type Cell, tableOf } from './table.ts';
import type { Terminal } from './terminal.ts';

/** What may become of a member of a push, and what it cost. */
const COUNTS = [
  'wanted',
  'added',
  'removed',
  'unchanged',
  'blocked',
  'unmatched',
  'refused',
  'rejected',
  'retry',
  'calls',
] as const;
/** Left out where nobody has them: the table fits a terminal of 80 columns on an ordinary night. */
const RARE: ReadonlySet<string> = new Set(['unmatched', 'refused', 'rejected', 'retry']);

export type OutcomeCounts = Partial<Readonly<Record<(typeof COUNTS)[number], Cell>>>;

/** Audiences and their outcomes, one a line; `first` are the cells before the counts. */
export function tableOfOutcomes(
  terminal: Terminal,
  head: readonly string[],
  lines: readonly { readonly first: readonly Cell[]; readonly counts: OutcomeCounts }[],
): string {
  const shown = COUNTS.filter((count) => !RARE.has(count) || lines.some(({ counts }) => (counts[count] ?? 0) !== 0));
  const rows = lines.map(({ first, counts }) => [...first, ...shown.map((count) => counts[count])]);
  return tableOf(terminal, [...head, ...shown], rows);
}
