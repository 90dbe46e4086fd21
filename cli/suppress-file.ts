import { openFile } from '../lib/connectors/files/open-file.ts';
import { suggestMapping } from '../lib/connectors/files/suggest.ts';
import type { OpenFile } from '../lib/connectors/row-file.ts';
import { wrongUsage } from './failure.ts';
import type { LocalFile } from './import/local-file.ts';
import { openLines } from './lines.ts';
import { countOf } from './terminal.ts';

/** A line that names nobody, described without what stands in it: it is about a person, and what is printed is kept. */
export interface BadLine {
  readonly line: number;
  readonly found: string;
  readonly expected: string;
}

/** What a line of the file names, each as `type=value`, an address, a +phone: one person. */
export type NamedLine = { readonly line: number; readonly people: readonly string[] } | BadLine;

export const NAMES_SOMEBODY = 'ann@example.com, +491701234567, type=value, or somebody who is known';

/** What stands there, told without it: `email of 12 characters`. */
export function shapeOf(person: string): string {
  const [, type = 'text', value = person] = /^([a-z_]+)=(.*)$/.exec(person) ?? [];
  return `${type} of ${countOf(value.length, 'character')}`;
}

/** Cells of a table are told apart by these, rows of JSON begin with those, and the rest is in no text. */
const NO_PLAIN_LINE = /[,;\t|\ufffd\0]|^[{[]/;

/**
 * Reads a list of people: an identifier on each line, or a table whose columns are called as identifiers usually are (CSV,
 * NDJSON, Parquet). Throws `cli/bad-usage` for a table without such a column.
 */
export async function openPeople(path: string, local: LocalFile): Promise<AsyncIterable<NamedLine>> {
  const first = await firstLine(path);
  if (first === undefined) throw wrongUsage(`${path} is empty; expected an identifier on each line, or CSV`);
  const isColumn = columnsOf([first.trim()]).length > 0;
  if (!isColumn && !NO_PLAIN_LINE.test(first.trim())) return plainLines(path);
  const file = await openFile(local);
  const columns = columnsOf(file.columns);
  if (columns.length === 0) {
    throw wrongUsage(`${path} has no column that names people; expected one called email, phone or user_id`);
  }
  return tableLines(file, columns);
}

/** Columns of identifiers, each with the type of what it holds. */
function columnsOf(names: readonly string[]): readonly (readonly [type: string, column: string])[] {
  return Object.entries(suggestMapping(names)?.identifiers ?? {}).map(([type, column]) => [type, String(column)]);
}

async function firstLine(path: string): Promise<string | undefined> {
  const source = await openLines(path);
  for await (const { texts } of source.batches()) {
    const first = texts.find((text) => text.trim() !== '');
    if (first !== undefined) return first;
  }
  return undefined;
}

async function* plainLines(path: string): AsyncGenerator<NamedLine> {
  const source = await openLines(path);
  for await (const { first, texts } of source.batches()) {
    for (const [index, text] of texts.entries()) {
      const person = text.trim();
      if (person !== '') yield { line: first + index, people: [person] };
    }
  }
}

async function* tableLines(
  file: OpenFile,
  columns: readonly (readonly [type: string, column: string])[],
): AsyncGenerator<NamedLine> {
  const names = columns.map(([, column]) => column).join(', ');
  for await (const rows of file.rows()) {
    for (const one of rows) {
      if (!('row' in one)) {
        const [found = '', expected = `a row with a value in ${names}`] = one.reason
          .replace(/^found /, '')
          .split(', expected ');
        yield { line: one.line, found, expected };
        continue;
      }
      const { row, line } = one;
      const people = columns.flatMap(([type, column]) => {
        const value = row[column];
        const text = typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
        return text === '' ? [] : [`${type}=${text}`];
      });
      yield people.length > 0 ? { line, people } : { line, found: 'no value', expected: `a value in ${names}` };
    }
  }
}
