import { once } from 'node:events';
import { csvCell } from '../../lib/domain/csv-cell.ts';
import type { Json } from '../../lib/domain/json.ts';
import type { SegmentPeople } from '../../lib/pipeline/describe/segment-people.ts';
import type { ExitStatus } from '../failure.ts';
import { openLineBesideData, showing } from '../progress.ts';
import { openStageClient } from '../stage-client.ts';
import { countOf, type Terminal } from '../terminal.ts';

interface Options {
  readonly segment: string;
  readonly columns: string;
  readonly stage?: string;
}

const AT_ONCE = 100;

/** `tributary review SEGMENT --csv [--columns a,b]`: the people of a segment as CSV on stdout, a page at a time. */
export async function runSegmentCsv(terminal: Terminal, options: Options): Promise<ExitStatus> {
  const stage = openStageClient(options.stage);
  const path = `/api/segments/${encodeURIComponent(options.segment)}/people`;
  const line = openLineBesideData(terminal);
  await showing(line, async () => {
    let told = 0;
    let from: string | null | undefined;
    do {
      const query = new URLSearchParams({ columns: options.columns, most: String(AT_ONCE) });
      if (typeof from === 'string') query.set('from', from);
      const { columns, people, next } = await stage.get<SegmentPeople>(`${path}?${query}`);
      const lines = people.map(lineOf);
      const text = `${from === undefined ? lineOf(columns) : ''}${lines.join('')}`;
      if (text !== '' && !terminal.out.write(text)) await once(terminal.out, 'drain');
      from = next;
      told += people.length;
      line.update(0, `reading ${options.segment}: ${countOf(told, 'person', 'people')}`);
    } while (from !== null);
  });
  return 0;
}

function lineOf(cells: readonly Json[]): string {
  return `${cells.map(cellOf).join(',')}\r\n`;
}

function cellOf(value: Json): string {
  if (value === null) return '';
  // A number stays one, below zero too: nobody can hide a formula in it.
  if (typeof value === 'number') return String(value);
  return csvCell(typeof value === 'object' ? JSON.stringify(value) : String(value));
}
