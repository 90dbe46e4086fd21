import { once } from 'node:events';
import { CSV_HEAD, csvLine, type OutcomeLine } from '../../lib/pipeline/push/outcomes.ts';
import type { ExitStatus } from '../failure.ts';
import { openStageClient } from '../stage-client.ts';
import { printJson, type Terminal } from '../terminal.ts';

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
  for (let part = 0, parts = 1; part < parts; part += 1) {
    const found = await stage.get<Part>(`/api/runs/${encodeURIComponent(run)}/outcomes/${part}`);
    parts = found.parts;
    if (terminal.json) all.push(...found.outcomes);
    else {
      const lines = found.outcomes.map((line) => (csv === true ? csvLine(line) : `${JSON.stringify(line)}\n`));
      if (lines.length > 0 && !terminal.out.write(lines.join(''))) await once(terminal.out, 'drain');
    }
  }
  if (terminal.json) printJson(terminal, all.map((line) => ({ ...line })) as never);
  return 0;
}
