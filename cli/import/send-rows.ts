import type { FileRow } from '../../lib/connectors/row-file.ts';
import type { Json } from '../../lib/domain/json.ts';
import type { StandingImport, TakenRows } from '../../lib/pipeline/imports/import-file.ts';
import { inBatches, readable, rejectsOf } from '../../lib/pipeline/imports/row-batches.ts';
import type { StageClient } from '../stage-client.ts';
import type { Rejects } from './rejects.ts';

type ReadRow = Extract<FileRow, { readonly row: unknown }>;

/** Requests on their way at the same time. */
const AT_ONCE = 4;

export interface SentRows {
  readonly rows: number;
  readonly changes: number;
}

/**
 * Sends rows in batches, some at a time, and notes those that are not taken in the order of the file. Batches that were
 * taken before are not sent again: `known` says what became of their rows.
 */
export async function sendRows(
  stage: StageClient,
  file: StandingImport,
  rows: AsyncIterable<readonly FileRow[]>,
  known: (batch: readonly ReadRow[]) => TakenRows,
  rejects: Rejects,
  tell: (sent: SentRows) => void,
): Promise<SentRows> {
  const done = new Set(file.done);
  const running: { readonly batch: readonly FileRow[]; readonly answer: Promise<TakenRows> }[] = [];
  let sent: SentRows = { rows: 0, changes: 0 };
  const settle = async (): Promise<void> => {
    const next = running.shift();
    if (next === undefined) return;
    const taken = await next.answer;
    for (const one of rejectsOf(next.batch, taken.rejected)) await rejects.add(one);
    sent = { rows: sent.rows + next.batch.length, changes: sent.changes + taken.changes };
    tell(sent);
  };
  for await (const { number, rows: batch } of inBatches(rows)) {
    const read = readable(batch);
    const isKnown = file.ended || done.has(number);
    const answer = isKnown ? Promise.resolve(known(read)) : post(stage, file.import, number, read);
    answer.catch(() => {}); // Whoever settles it hears of it; it may fail before its turn.
    running.push({ batch, answer });
    if (running.length >= AT_ONCE) await settle();
  }
  while (running.length > 0) await settle();
  return sent;
}

/** A batch that comes twice is taken once, by its number. */
function post(stage: StageClient, id: string, batch: number, rows: readonly ReadRow[]): Promise<TakenRows> {
  const body = { batch, rows: rows.map(({ line, row }) => ({ line, row })) } as unknown as Json;
  return stage.postAgain<TakenRows>(`/api/import/${encodeURIComponent(id)}/rows`, body);
}
