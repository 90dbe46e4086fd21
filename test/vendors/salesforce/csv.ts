import { ApiError } from './api-error.ts';

type Row = Readonly<Record<string, string>>;

/** Reads an upload: quoted cells may hold commas, doubled quotes and line ends (RFC 4180). One row that does not fit refuses all. */
export function parseCsv(text: string): { readonly columns: readonly string[]; readonly rows: readonly Row[] } {
  const lines: string[][] = [[]];
  const cell = /("(?:[^"]|"")*"|[^",\n]*)(,|\n|$)/y;
  while (cell.lastIndex < text.length) {
    const found = cell.exec(text);
    if (found === null) throw new ApiError(400, 'INVALIDBATCH', 'the CSV cannot be read');
    const [, raw = '', end] = found;
    lines.at(-1)?.push(raw.startsWith('"') ? raw.slice(1, -1).replaceAll('""', '"') : raw);
    if (end === '\n' && cell.lastIndex < text.length) lines.push([]);
  }
  const [columns = [], ...rows] = lines;
  if (rows.some((row) => row.length !== columns.length)) {
    throw new ApiError(400, 'INVALIDBATCH', 'a row has another number of cells than the header');
  }
  return { columns, rows: rows.map((row) => Object.fromEntries(columns.map((column, at) => [column, row[at] ?? '']))) };
}

/** Rows as Salesforce writes its results: every cell quoted, LF. */
export function writeRows(columns: readonly string[], rows: readonly Row[]): string {
  const line = (cells: readonly string[]) => `${cells.map((one) => `"${one.replaceAll('"', '""')}"`).join(',')}\n`;
  return [line(columns), ...rows.map((row) => line(columns.map((column) => row[column] ?? '')))].join('');
}
