import { stripVTControlCharacters } from 'node:util';
import Table from 'cli-table3';
import type { Terminal } from './terminal.ts';

export type Cell = string | number | null | undefined;

/** Between two columns. */
const GAP = 2;
/** No column is made narrower than this. */
const NARROWEST = 16;

/**
 * A table for people: numbers to the right and grouped, what is not known as a dash, headings in bold. On a terminal that is
 * narrower than the table, texts of the widest columns go on in the next line.
 */
export function tableOf(terminal: Terminal, head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const numeric = head.map((_, column) => rows.some((row) => typeof row[column] === 'number'));
  const texts = [head, ...rows.map((row) => row.map(textOf))];
  const table = new Table({
    ...fitting(texts, numeric, terminal.out.columns),
    head: head.map((title) => terminal.paint('bold', title)),
    colAligns: numeric.map((isNumeric) => (isNumeric ? 'right' : 'left')),
    chars: border,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': GAP },
  });
  for (const row of rows) table.push(row.map(textOf));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Widths that fit, when the widest columns of texts give way; nothing where all fits or where nobody looks. */
function fitting(texts: readonly (readonly string[])[], numeric: readonly boolean[], columns: number | undefined) {
  const widthOf = (text = ''): number => stripVTControlCharacters(text).length + GAP;
  const colWidths = numeric.map((_, column) => Math.max(...texts.map((row) => widthOf(row[column]))));
  let over = colWidths.reduce((sum, width) => sum + width, -GAP) - (columns ?? Number.POSITIVE_INFINITY);
  if (over <= 0) return {};
  const givingWay = [...colWidths.keys()].filter((column) => numeric[column] !== true);
  for (const column of givingWay.sort((a, b) => (colWidths[b] ?? 0) - (colWidths[a] ?? 0))) {
    const width = colWidths[column] ?? 0;
    const less = Math.min(Math.max(over, 0), Math.max(width - NARROWEST, 0));
    colWidths[column] = width - less;
    over -= less;
  }
  return { colWidths, wordWrap: true };
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
