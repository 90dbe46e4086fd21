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
  if (csv === true) process.stdout.write(CSV_HEAD);
  for (let part = 0, parts = 1; part < parts; part += 1) {
    const found = await stage.get<Part>(`/api/runs/${encodeURIComponent(run)}/outcomes/${part}`);
    parts = found.parts;
    if (terminal.json) all.push(...found.outcomes);
    else
      for (const line of found.outcomes)
        process.stdout.write(csv === true ? csvLine(line) : `${JSON.stringify(line)}\n`);
  }
  if (terminal.json) printJson(terminal, all.map((line) => ({ ...line })) as never);
  return 0;
}
