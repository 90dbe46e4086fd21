import { stringify } from 'yaml';
import type { Change } from '../lib/domain/change.ts';
import type { Json } from '../lib/domain/json.ts';
import { printLine, type Terminal } from './terminal.ts';

/** A record beside what its mapping makes of it. */
export interface Preview {
  /** Where it is from: a line of a file, a mapping of a stream. */
  readonly title: string;
  readonly record: Json;
  readonly changes: readonly Change[];
  readonly rejected: readonly { readonly code: string; readonly reason: string }[];
}

/** Columns of a terminal that does not say how wide it is, and of one that is too narrow for two texts. */
const USUAL = 120;
const LEAST = 60;
const BETWEEN = '  │  ';

/** Shows records to the left and what becomes of them to the right, as YAML. */
export function printSideBySide(terminal: Terminal, previews: readonly Preview[]): void {
  const width = Math.floor((Math.max(LEAST, terminal.out.columns ?? USUAL) - BETWEEN.length) / 2);
  for (const { title, record, changes, rejected } of previews) {
    const left = linesOf(record, width);
    const right = [
      ...changes.flatMap((change) => linesOf(told(change), width)),
      ...rejected.flatMap(({ code, reason }) => linesOf({ rejected: code, because: reason }, width)),
    ];
    printLine(terminal, terminal.paint('bold', title));
    for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
      const line = `${(left[index] ?? '').padEnd(width)}${BETWEEN}${right[index] ?? ''}`;
      printLine(terminal, line.trimEnd());
    }
    printLine(terminal);
  }
}

/** A change without what says nothing: empty lists and maps. */
function told(change: Change): Json {
  const says = Object.entries(change).filter(([, value]) => !isEmpty(value));
  return Object.fromEntries(says) as Json;
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function linesOf(value: Json, width: number): readonly string[] {
  const text = stringify(value, { lineWidth: 0 }).trimEnd();
  return text.split('\n').flatMap((line) => cut(line, width));
}

/** A long line over several, each as wide as there is room for. */
function cut(line: string, width: number): readonly string[] {
  const parts: string[] = [];
  for (let at = 0; at === 0 || at < line.length; at += width) parts.push(line.slice(at, at + width));
  return parts;
}
