import type { Change } from '../lib/domain/change.ts';
import { parseChange } from '../lib/domain/parse-change.ts';
import type { ExitStatus } from './failure.ts';
import { openLines, parseLine, reportLine } from './lines.ts';
import { openBar } from './progress.ts';
import { countOf, type Terminal } from './terminal.ts';

/** Reads a file of changes, a JSON object a line. A line that is none is named on stderr, and its neighbours go on: then 1. */
export async function readChanges(
  terminal: Terminal,
  file: string,
  add: (change: Change) => void,
): Promise<ExitStatus> {
  const source = await openLines(file);
  const reading = openBar(terminal, 'reading', source.size);
  let status: ExitStatus = 0;
  let read = 0;
  for await (const lines of source.batches()) {
    for (const [index, text] of lines.texts.entries()) {
      if (text.trim() === '') continue;
      read += 1;
      const value = parseLine(text);
      const parsed =
        value === undefined
          ? ({ ok: false, code: 'change/not-json', reason: 'expected one JSON object on the line' } as const)
          : parseChange(value);
      if (parsed.ok) {
        add(parsed.change);
        continue;
      }
      status = 1;
      reportLine(terminal.err, lines.first + index, parsed.code, parsed.reason);
    }
    reading.update(lines.read, countOf(read, 'change'));
  }
  reading.end();
  return status;
}
