import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { tableOf } from '../../cli/table.ts';
import { openTerminal } from '../../cli/terminal.ts';

/** A terminal of so many columns; undefined = a pipe. */
function terminalOf(columns: number | undefined) {
  const out = Object.assign(new PassThrough(), { columns }) as unknown as NodeJS.WriteStream;
  return openTerminal(out, out, false);
}

const head = ['started', 'of', 'seconds', 'result'];
const rows = [
  [
    '2026-11-21 03:00:00',
    'lapsing-to-mailchimp',
    12,
    'finished, 1,204 added, 3 removed, 17 refused by the tool, 2 calls',
  ],
  ['2026-11-21 03:01:00', 'all', 1_204, 'held'],
];
const longest = (table: string): number => Math.max(...table.split('\n').map((line) => line.length));

describe('a table', () => {
  it('is as wide as what it holds where nobody looks', () => {
    expect(longest(tableOf(terminalOf(undefined), head, rows))).toBeGreaterThan(100);
  });

  it('fits a terminal: the widest text goes on in the next line, and no word is lost', () => {
    const table = tableOf(terminalOf(80), head, rows);

    expect(longest(table)).toBeLessThanOrEqual(80);
    expect(table.split(/\s+/)).toEqual(expect.arrayContaining(['refused', 'lapsing-to-mailchimp', '1,204', 'calls']));
    expect(table).not.toContain('…');
  });

  it('is left alone where it fits', () => {
    expect(tableOf(terminalOf(200), head, rows)).toBe(tableOf(terminalOf(undefined), head, rows));
  });
});
