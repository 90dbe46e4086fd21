import type { Job } from '../../lib/pipeline/jobs/jobs.ts';
import { type ExitStatus, wrongUsage } from '../failure.ts';
import { followJob } from '../follow-job.ts';
import { openOutput } from '../output-file.ts';
import { openStageClient, type StageClient } from '../stage-client.ts';
import { countOf, printJson, printLine, type Terminal } from '../terminal.ts';

interface Options {
  readonly stage?: string;
  readonly out?: string;
  readonly html?: true;
}

/** `tributary export PERSON [--out FILE] [--html]`: everything that is known about a person, to a file or to stdout. */
export async function runExport(terminal: Terminal, person: string, options: Options): Promise<ExitStatus> {
  const { out, html } = options;
  if (html === true && terminal.json && out === undefined) throw wrongUsage('--html with --json needs --out');
  const stage = openStageClient(options.stage);
  // Personal data: for the eyes of whoever asked.
  const file = out === undefined ? undefined : await openOutput(out, { forOwner: true });
  const started = await stage.post<Job>('/api/export', { person });
  const job = await followJob(terminal, stage, started, (now) => {
    const { hours, lines } = now.parts[0] as { hours?: number; lines?: number };
    return `exporting: ${countOf(hours ?? 0, 'hour')} of the archive, ${countOf(lines ?? 0, 'line')} found`;
  });
  if (job.state !== 'finished') {
    const { code, message } = job.error ?? { code: 'export/failed', message: 'the export did not end well' };
    if (terminal.json) printJson(terminal, { error: { code, message } });
    else terminal.err.write(`tributary: ${message} (${code})\n`);
    return 1;
  }
  const text = await fetchText(stage, job.id, html === true ? 'html' : 'json');
  if (out === undefined || file === undefined) {
    terminal.out.write(`${text}\n`);
    return 0;
  }
  await file.write(text);
  const bytes = Buffer.byteLength(text);
  if (terminal.json) printJson(terminal, { file: out, bytes });
  else printLine(terminal, `${out}: ${bytes.toLocaleString('en-US')} bytes`);
  return 0;
}

async function fetchText(stage: StageClient, job: string, form: 'json' | 'html'): Promise<string> {
  const texts: string[] = [];
  for (let parts = 1; texts.length < parts; ) {
    const path = `/api/exports/${encodeURIComponent(job)}/${form}/${texts.length}`;
    const part = await stage.get<{ readonly text: string; readonly parts: number }>(path);
    texts.push(part.text);
    parts = part.parts;
  }
  return texts.join('');
}
