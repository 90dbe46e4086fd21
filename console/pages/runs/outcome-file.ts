import { CSV_HEAD, csvLine, type OutcomeLine } from '../../../lib/pipeline/push/outcomes.ts';
import type { PushRun } from '../../../lib/pipeline/push/push-run.ts';
import { ask } from '../../app/ask.ts';
import { saveAs } from '../../parts/save.ts';

/** How a file of outcomes is written. */
interface Form {
  readonly ending: 'csv' | 'ndjson';
  readonly type: string;
  readonly head: string;
  line(outcome: OutcomeLine): string;
}

export const fileForms: readonly Form[] = [
  { ending: 'csv', type: 'text/csv', head: CSV_HEAD, line: csvLine },
  { ending: 'ndjson', type: 'application/x-ndjson', head: '', line: (outcome) => `${JSON.stringify(outcome)}\n` },
];

/** Outcomes of a run, those with a status only if one is given, a part at a time. */
export async function* outcomesOf({ id }: PushRun, status: string): AsyncGenerator<OutcomeLine> {
  for (let part = 0, parts = 1; part < parts; part += 1) {
    const found = await ask('GET /api/runs/{run}/outcomes/{part}', { params: { run: id, part: String(part) } });
    parts = found.parts;
    const lines = found.outcomes as readonly OutcomeLine[];
    for (const line of lines) if (status === '' || line.status === status) yield line;
  }
}

/** Writes outcomes to a file of the browser's, and says how many. */
export async function download(run: PushRun, status: string, { ending, type, head, line }: Form): Promise<number> {
  const texts = [head];
  for await (const outcome of outcomesOf(run, status)) texts.push(line(outcome));
  const name = [run.id.replaceAll(':', ''), ...(status === '' ? [] : [status]), ending].join('.');
  saveAs(new Blob(texts, { type }), name);
  return texts.length - 1;
}
