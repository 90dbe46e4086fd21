import { type AudienceCounts, audienceCounts, notAsAsked } from '../lib/domain/tally.ts';
import { type Cell, tableOf } from './table.ts';
import type { Terminal } from './terminal.ts';

/** Left out where nobody has them: the table fits a terminal of 80 columns on an ordinary night. */
const RARE: ReadonlySet<string> = new Set(notAsAsked);

export type OutcomeCounts = Partial<Readonly<Record<keyof AudienceCounts, Cell>>>;

/** Audiences and their outcomes, one a line; `first` are the cells before the counts. */
export function tableOfOutcomes(
  terminal: Terminal,
  head: readonly string[],
  lines: readonly { readonly first: readonly Cell[]; readonly counts: OutcomeCounts }[],
): string {
  const shown = audienceCounts.filter(
    (count) => !RARE.has(count) || lines.some(({ counts }) => (counts[count] ?? 0) !== 0),
  );
  const rows = lines.map(({ first, counts }) => [...first, ...shown.map((count) => counts[count])]);
  return tableOf(terminal, [...head, ...shown], rows);
}
