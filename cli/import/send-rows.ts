import { setTimeout as wait } from 'node:timers/promises';
import type { FileRow } from '../../lib/connectors/files/read-rows.ts';
import { asTributaryError } from '../../lib/domain/errors.ts';
import type { Json } from '../../lib/domain/json.ts';
import type { StandingImport, TakenRows } from '../../lib/pipeline/imports/import-file.ts';
import type { StageClient } from '../stage-client.ts';
import type { Rejects } from './rejects.ts';

type ReadRow = Extract<FileRow, { readonly row: unknown }>;

/** Rows and bytes of one request. The same for everybody: by it a batch is known when a file is sent again. */
const BATCH_ROWS = 1_000;
const BATCH_BYTES = 700_000;
/** Requests on their way at the same time. */
const AT_ONCE = 4;
const PAUSES_MS = [500, 2_000, 5_000];

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
  const running: { readonly batch: readonly ReadRow[]; readonly answer: Promise<TakenRows> }[] = [];
  let sent: SentRows = { rows: 0, changes: 0 };
  const settle = async (): Promise<void> => {
    const next = running.shift();
    if (next === undefined) return;
    const { changes, rejected } = await next.answer;
    const raws = new Map(next.batch.map(({ line, raw }) => [line, raw]));
    for (const { line, code, reason } of rejected) await rejects.add({ line, raw: raws.get(line) ?? '', code, reason });
    sent = { rows: sent.rows + next.batch.length, changes: sent.changes + changes };
    tell(sent);
  };
  let number = 0;
  for await (const batch of inBatches(rows, rejects)) {
    const answer =
      file.ended || done.has(number) ? Promise.resolve(known(batch)) : post(stage, file.import, number, batch);
    answer.catch(() => {}); // Whoever settles it hears of it; it may fail before its turn.
    running.push({ batch, answer });
    number += 1;
    if (running.length >= AT_ONCE) await settle();
  }
  while (running.length > 0) await settle();
  return sent;
}

async function* inBatches(
  rows: AsyncIterable<readonly FileRow[]>,
  rejects: Rejects,
): AsyncGenerator<readonly ReadRow[]> {
  let batch: ReadRow[] = [];
  let bytes = 0;
  for await (const some of rows) {
    for (const one of some) {
      if (!('row' in one)) {
        await rejects.add(one);
        continue;
      }
      const size = one.raw.length * 2;
      if (batch.length === BATCH_ROWS || (batch.length > 0 && bytes + size > BATCH_BYTES)) {
        yield batch;
        batch = [];
        bytes = 0;
      }
      batch.push(one);
      bytes += size;
    }
  }
  if (batch.length > 0) yield batch;
}

/** Sent again after a pause, except where the answer would be the same. */
async function post(stage: StageClient, id: string, batch: number, rows: readonly ReadRow[]): Promise<TakenRows> {
  const body = { batch, rows: rows.map(({ line, row }) => ({ line, row })) } as unknown as Json;
  for (const pause of PAUSES_MS) {
    try {
      return await stage.post<TakenRows>(`/api/import/${encodeURIComponent(id)}/rows`, body);
    } catch (thrown) {
      const { kind } = asTributaryError(thrown);
      if (kind === 'rejected' || kind === 'auth') throw thrown;
      await wait(pause);
    }
  }
  return stage.post<TakenRows>(`/api/import/${encodeURIComponent(id)}/rows`, body);
}
