import type { OutcomeLine } from '../../lib/pipeline/outcomes.ts';
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

const COLUMNS = ['profile', 'op', 'status', 'code', 'at', 'consent_topic', 'consent_source', 'consent_at'] as const;

/**
 * `tributary push --outcomes RUN [--csv|--ndjson]`: what became of every member of a push, as it comes, a part at a time;
 * with --json as one document.
 */
export async function runOutcomes(terminal: Terminal, { run, csv, stage: url }: Options): Promise<ExitStatus> {
  const stage = openStageClient(url);
  const all: OutcomeLine[] = [];
  if (csv === true) process.stdout.write(`${COLUMNS.join(',')}\r\n`);
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

/** One line of CSV (RFC 4180). A cell that a spreadsheet would take for a formula is made text. */
export function csvLine({ profile, op, status, code = '', at, consent }: OutcomeLine): string {
  const cells = [profile, op, status, code, at, consent?.topic ?? '', consent?.source ?? '', consent?.at ?? ''];
  return `${cells.map(cellOf).join(',')}\r\n`;
}

function cellOf(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
