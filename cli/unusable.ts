import type { UnusableLine } from '../lib/domain/unusable.ts';
import { tableOf } from './table.ts';
import type { Terminal } from './terminal.ts';

/** What records told as identifiers and is none, with the reason of each. */
export function unusableTable(terminal: Terminal, lines: readonly UnusableLine[]): string {
  const rows = lines.map(({ fragment, type, reason, at }) => [fragment, type, reason, at]);
  return tableOf(terminal, ['record', 'identifier', 'because', 'told at'], rows);
}
