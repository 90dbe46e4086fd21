export type Row = readonly string[];

/** A table of a document. */
export function table(head: Row, rows: readonly Row[]): string {
  const lines = [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`);
  return `${lines.join('\n')}\n`;
}

/** Text as code. */
export function code(text: string): string {
  return `\`${text}\``;
}
