import { isJsonObject, isShallow, type JsonObject, mostLevels } from '../../domain/json.ts';
import type { FileRow, RowPlace } from '../row-file.ts';
import { type CsvForm, cellsOf, recordState, rowOf } from './csv-form.ts';
import type { TextLines } from './text.ts';

/** A record with more lines or letters than this has an unclosed quote. */
const MOST_LINES = 1_000;
const MOST_LETTERS = 8_000_000;

/** Names of columns; undefined where a column has none. */
export type Columns = readonly (string | undefined)[];

/** The rows of CSV, in the order of the file. `begins`: the first record of the lines is the header. */
export async function* csvRows(
  source: AsyncIterable<TextLines>,
  form: CsvForm,
  columns: Columns,
  begins: boolean,
): AsyncGenerator<readonly FileRow[]> {
  let held: readonly Held[] = [];
  let isHeader = begins;
  const take = (all: readonly Held[], isLast: boolean): readonly FileRow[] => {
    const { records, bad, rest } = recordsIn(all, form, isLast);
    held = rest;
    if (isHeader && records.shift() !== undefined) isHeader = false;
    if (bad.length === 0) return readRecords(records, columns, form);
    return [...bad, ...readRecords(records, columns, form)].sort((a, b) => a.line - b.line);
  };
  for await (const lines of source) {
    const rows = take([...held, ...heldOf(lines)], false);
    if (rows.length > 0) yield rows;
  }
  const rows = take(held, true);
  if (rows.length > 0) yield rows;
}

/** The rows of NDJSON: an object on each line. */
export async function* ndjsonRows(source: AsyncIterable<TextLines>): AsyncGenerator<readonly FileRow[]> {
  for await (const lines of source) {
    const rows = heldOf(lines).flatMap(({ line, at, text: raw }): FileRow[] => {
      if (raw.trim() === '') return [];
      const value = parseJson(raw);
      if (isJsonObject(value)) {
        if (isShallow(value)) return [{ line, at, raw, row: value }];
        return [{ line, at, raw, code: 'import/too-deep', reason: `nested deeper than ${mostLevels} levels` }];
      }
      return [{ line, at, raw, code: 'import/not-an-object', reason: 'expected one JSON object on the line' }];
    });
    if (rows.length > 0) yield rows;
  }
}

/** The text of the first record of CSV among the first lines of a file: its header may have quoted cells over lines. */
export function firstRecord(lines: readonly string[], form: CsvForm): string {
  const held = lines.map((text, index) => ({ line: index + 1, at: 0, text }));
  return recordsIn(held, form, true).records[0]?.text ?? '';
}

interface Held extends RowPlace {
  readonly text: string;
}

function heldOf({ first, texts, starts }: TextLines): readonly Held[] {
  return texts.map((text, index) => ({ line: first + index, at: starts[index] ?? 0, text }));
}

/** Joins lines into records. What may go on in lines that are not read yet is left over. */
function recordsIn(lines: readonly Held[], form: CsvForm, isLast: boolean) {
  const records: Held[] = [];
  const bad: FileRow[] = [];
  let index = 0;
  for (; index < lines.length; index += 1) {
    const { line, at, text } = lines[index] as Held;
    if (text.trim() === '') continue;
    let whole = text;
    let end = index;
    let state = text.includes(form.quote) ? recordState(text, form) : 'whole';
    const mayGoOn = () => end - index < MOST_LINES && whole.length < MOST_LETTERS;
    while (state === 'open' && end + 1 < lines.length && mayGoOn()) {
      end += 1;
      whole += `\n${lines[end]?.text}`;
      // Only a line with a quote can close one.
      if (lines[end]?.text.includes(form.quote) === true) state = recordState(whole, form);
    }
    if (state === 'open' && !isLast && mayGoOn()) return { records, bad, rest: lines.slice(index) };
    if (state === 'whole') {
      records.push({ line, at, text: whole });
      index = end;
    } else if (state === 'bad' && end === index) {
      bad.push({ line, at, raw: text, code: 'import/bad-quote', reason: 'text follows a closing quote' });
    } else {
      // Its neighbours are read as if it were a record of its own.
      bad.push({ line, at, raw: text, code: 'import/quote-not-closed', reason: 'a quote is opened and never closed' });
    }
  }
  return { records, bad, rest: [] };
}

function readRecords(records: readonly Held[], columns: Columns, form: CsvForm): readonly FileRow[] {
  const cells = cellsOf(
    records.map(({ text }) => text),
    form,
  );
  return records.map(({ line, at, text: raw }, index): FileRow => {
    const own = cells[index] ?? [];
    if (own.length === columns.length) return { line, at, raw, row: rowOf(columns, own) as JsonObject };
    const reason = `found ${own.length} cells, expected ${columns.length} as in the first line`;
    return { line, at, raw, code: 'import/cell-count', reason };
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Told with its line by whoever asks: undefined is never a value of JSON.
  }
}
