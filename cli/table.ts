import Table from 'cli-table3';
import type { Terminal } from './terminal.ts';

export type Cell = string | number | null | undefined;

/** A table for people: numbers to the right and grouped, what is not known as a dash, headings in bold. */
export function tableOf(terminal: Terminal, head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const numeric = head.map((_, column) => rows.some((row) => typeof row[column] === 'number'));
  const table = new Table({
    head: head.map((title) => terminal.paint('bold', title)),
    colAligns: numeric.map((isNumeric) => (isNumeric ? 'right' : 'left')),
    chars: border,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
  });
  for (const row of rows) table.push(row.map(textOf));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Spaces only: what is copied from it can be pasted into a message or a sheet. */
const border = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
};

function textOf(cell: Cell): string {
  if (cell === null || cell === undefined) return '–';
  return typeof cell === 'number' ? cell.toLocaleString('en-US') : cell;
}
