import { once } from 'node:events';
import { CSV_HEAD, csvLine, type OutcomeLine } from '../../lib/pipeline/push/outcomes.ts';
import type { ExitStatus } from '../failure.ts';
import { openLineBesideData, showing } from '../progress.ts';
import { openStageClient } from '../stage-client.ts';
import { countOf, printJson, type Terminal } from '../terminal.ts';

interface Options {
  readonly run: string;
  readonly csv?: true;
  readonly stage?: string;
}

interface Part {
  readonly parts: number;
  readonly outcomes: readonly OutcomeLine[];
}

/**
 * `tributary push --outcomes RUN [--csv|--ndjson]`: what became of every member of a push, as it comes, a part at a time;
 * with --json as one document.
 */
export async function runOutcomes(terminal: Terminal, { run, csv, stage: url }: Options): Promise<ExitStatus> {
  const stage = openStageClient(url);
  const all: OutcomeLine[] = [];
  if (csv === true) terminal.out.write(CSV_HEAD);
  const line = openLineBesideData(terminal);
  await showing(line, async () => {
    let told = 0;
    for (let part = 0, parts = 1; part < parts; part += 1) {
      const found = await stage.get<Part>(`/api/runs/${encodeURIComponent(run)}/outcomes/${part}`);
      parts = found.parts;
      told += found.outcomes.length;
      line.update(0, `reading outcomes: part ${part + 1} of ${parts}, ${countOf(told, 'member')}`);
      if (terminal.json) all.push(...found.outcomes);
      else await writeLines(terminal, found.outcomes, csv === true);
    }
  });
  if (terminal.json) printJson(terminal, all.map((line) => ({ ...line })) as never);
  return 0;
}

async function writeLines({ out }: Terminal, outcomes: readonly OutcomeLine[], asCsv: boolean): Promise<void> {
  const text = outcomes.map((one) => (asCsv ? csvLine(one) : `${JSON.stringify(one)}\n`)).join('');
  if (text !== '' && !out.write(text)) await once(out, 'drain');
}
