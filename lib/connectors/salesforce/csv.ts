/**
 * Reads comma-separated text with a header (RFC 4180, LF or CRLF) into one object a row, column name to text.
 * A header that is repeated further down is skipped: whether later result pages carry one differs between reports.
 */
export function readCsv(text: string): Record<string, string>[] {
  const rows = splitRows(text);
  const header = rows[0];
  if (header === undefined) return [];
  const title = header.join('\n');
  const records: Record<string, string>[] = [];
  for (const row of rows) {
    if (row.length === header.length && row.join('\n') === title) continue;
    records.push(Object.fromEntries(header.map((column, at) => [column, row[at] ?? ''])));
  }
  return records;
}

function splitRows(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  while (at < text.length) {
    const cell = readCell(text, at);
    row.push(cell.value);
    at = cell.end;
    const next = text.charAt(at);
    if (next === ',') {
      at += 1;
      // A comma right at the end still opens one more, empty cell.
      if (at === text.length) row.push('');
      continue;
    }
    if (next === '\r') at += 1;
    at += 1;
    rows.push(row);
    row = [];
  }
  if (row.length > 0) rows.push(row);
  return rows;
}

function readCell(text: string, start: number): { value: string; end: number } {
  if (text.charAt(start) !== '"') {
    let end = start;
    while (end < text.length && !',\r\n'.includes(text.charAt(end))) end += 1;
    return { value: text.slice(start, end), end };
  }
  let value = '';
  let from = start + 1;
  for (;;) {
    const quote = text.indexOf('"', from);
    if (quote === -1) return { value: value + text.slice(from), end: text.length };
    value += text.slice(from, quote);
    if (text.charAt(quote + 1) !== '"') return { value, end: quote + 1 };
    value += '"';
    from = quote + 2;
  }
}

/** Comma-separated text with a header, LF, every cell in quotes: a cell may hold commas, quotes and ends of lines. */
export function writeCsv(columns: readonly string[], rows: readonly Readonly<Record<string, string>>[]): string {
  const line = (cells: readonly string[]): string =>
    `${cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')}\n`;
  return [line(columns), ...rows.map((row) => line(columns.map((column) => row[column] ?? '')))].join('');
}
