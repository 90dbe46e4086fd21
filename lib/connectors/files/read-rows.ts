import type { JsonObject } from '../../domain/json.ts';
import { isJsonObject } from '../../domain/json.ts';
import { type CsvForm, cellsOf, headerOf, recordState, rowOf } from './csv-form.ts';
import type { TextLines } from './text.ts';

/** One row of a file: what it holds, or why it cannot be read. Lines count from 1. */
export type FileRow =
  | { readonly line: number; readonly raw: string; readonly row: JsonObject }
  | { readonly line: number; readonly raw: string; readonly code: string; readonly reason: string };

/** A record with more lines than this has an unclosed quote. */
const MOST_LINES = 1_000;

/** The rows of CSV, in the order of the file; the first record names the columns. Throws `import/bad-header`. */
export async function* csvRows(source: AsyncIterable<TextLines>, form: CsvForm): AsyncGenerator<readonly FileRow[]> {
  let columns: readonly (string | undefined)[] | undefined;
  let held: Held[] = [];
  const take = (all: readonly Held[], isLast: boolean): FileRow[] => {
    const { records, bad, rest } = recordsIn(all, form, isLast);
    held = rest;
    if (columns === undefined) {
      const [header] = records.splice(0, 1);
      if (header === undefined) return bad;
      columns = headerOf(cellsOf([header.text], form)[0] ?? []);
    }
    return [...bad, ...readRecords(records, columns, form)].sort((a, b) => a.line - b.line);
  };
  for await (const { first, texts } of source) {
    const rows = take([...held, ...texts.map((text, index) => ({ line: first + index, text }))], false);
    if (rows.length > 0) yield rows;
  }
  const rows = take(held, true);
  if (rows.length > 0) yield rows;
  if (columns === undefined) headerOf([]);
}

/** The rows of NDJSON: an object on each line. */
export async function* ndjsonRows(source: AsyncIterable<TextLines>): AsyncGenerator<readonly FileRow[]> {
  for await (const { first, texts } of source) {
    const rows = texts.flatMap((raw, index): FileRow[] => {
      const line = first + index;
      if (raw.trim() === '') return [];
      const value = parseJson(raw);
      if (isJsonObject(value)) return [{ line, raw, row: value }];
      return [{ line, raw, code: 'import/not-an-object', reason: 'expected one JSON object on the line' }];
    });
    if (rows.length > 0) yield rows;
  }
}

interface Held {
  readonly line: number;
  readonly text: string;
}

/** Joins lines into records. What may go on in lines that are not read yet is left over. */
function recordsIn(lines: readonly Held[], form: CsvForm, isLast: boolean) {
  const records: Held[] = [];
  const bad: FileRow[] = [];
  let at = 0;
  for (; at < lines.length; at += 1) {
    const { line, text } = lines[at] as Held;
    if (text.trim() === '') continue;
    let whole = text;
    let end = at;
    let state = text.includes(form.quote) ? recordState(text, form) : 'whole';
    while (state === 'open' && end + 1 < lines.length && end - at < MOST_LINES) {
      end += 1;
      whole += `\n${lines[end]?.text}`;
      // Only a line with a quote can close one.
      if (lines[end]?.text.includes(form.quote) === true) state = recordState(whole, form);
    }
    if (state === 'open' && !isLast && end - at < MOST_LINES) return { records, bad, rest: lines.slice(at) };
    if (state === 'whole') {
      records.push({ line, text: whole });
      at = end;
    } else if (state === 'bad' && end === at) {
      bad.push({ line, raw: text, code: 'import/bad-quote', reason: 'text follows a closing quote' });
    } else {
      // Its neighbours are read as if it were a record of its own.
      bad.push({ line, raw: text, code: 'import/quote-not-closed', reason: 'a quote is opened and never closed' });
    }
  }
  return { records, bad, rest: [] };
}

function readRecords(
  records: readonly Held[],
  columns: readonly (string | undefined)[],
  form: CsvForm,
): readonly FileRow[] {
  const cells = cellsOf(
    records.map(({ text }) => text),
    form,
  );
  return records.map(({ line, text: raw }, index): FileRow => {
    const own = cells[index] ?? [];
    if (own.length === columns.length) return { line, raw, row: rowOf(columns, own) as JsonObject };
    const reason = `found ${own.length} cells, expected ${columns.length} as in the first line`;
    return { line, raw, code: 'import/cell-count', reason };
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Told with its line by whoever asks: undefined is never a value of JSON.
  }
}
