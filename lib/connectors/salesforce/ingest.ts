import * as z from 'zod';
import { TributaryError } from '../../domain/errors.ts';
import type { SalesforceApi } from './client.ts';
import { readCsv, writeCsv } from './csv.ts';

/** A Bulk API 2.0 job that writes: what it does, and its rows by column. */
export interface IngestJob {
  readonly object: string;
  readonly operation: 'insert' | 'delete';
  readonly columns: readonly string[];
  readonly rows: readonly Readonly<Record<string, string>>[];
}

/** What became of one row: its columns as they were sent, in no particular order. */
export interface IngestResult {
  readonly row: Readonly<Record<string, string>>;
  readonly outcome: 'saved' | 'failed' | 'unprocessed';
  /** Id of the record that was saved. */
  readonly id?: string;
  /** Salesforce's own code of a row that failed. */
  readonly code?: string;
}

const job = z.object({ id: z.string(), state: z.string() });
const ENDED = new Set(['JobComplete', 'Failed', 'Aborted']);

/** Starts a job and hands it all its rows; resolves with its id. An empty cell leaves a field alone, `#N/A` empties it. */
export async function startIngest(
  api: SalesforceApi,
  { object, operation, columns, rows }: IngestJob,
): Promise<string> {
  const { id } = readJob(
    await api.send('POST', '/jobs/ingest', { object, operation, contentType: 'CSV', lineEnding: 'LF' }),
  );
  await api.upload(`/jobs/ingest/${id}/batches`, writeCsv(columns, rows));
  readJob(await api.send('PATCH', `/jobs/ingest/${id}`, { state: 'UploadComplete' }));
  return id;
}

/** `gone`: older than the seven days that Salesforce keeps a job, or deleted by somebody. */
export async function ingestState(api: SalesforceApi, id: string): Promise<'working' | 'ended' | 'gone'> {
  try {
    const { state } = readJob(await api.get(`/jobs/ingest/${id}`));
    return ENDED.has(state) ? 'ended' : 'working';
  } catch (failure) {
    if (failure instanceof TributaryError && failure.code === 'salesforce/not-found') return 'gone';
    throw failure;
  }
}

/** Every row of a job that has ended: a job that is complete can hold rows that failed, and one that failed rows that are saved. */
export async function ingestResults(api: SalesforceApi, id: string): Promise<readonly IngestResult[]> {
  const rowsOf = async (kind: string) => readCsv((await api.download(`/jobs/ingest/${id}/${kind}`)).text);
  const results: IngestResult[] = [];
  for (const { sf__Id = '', sf__Created: _, ...row } of await rowsOf('successfulResults')) {
    results.push({ row, outcome: 'saved', id: sf__Id });
  }
  // `DUPLICATE_VALUE:Already a campaign member.:--`
  for (const { sf__Id: _, sf__Error = '', ...row } of await rowsOf('failedResults')) {
    results.push({ row, outcome: 'failed', code: sf__Error.split(':')[0] || 'UNKNOWN' });
  }
  for (const row of await rowsOf('unprocessedrecords')) results.push({ row, outcome: 'unprocessed' });
  return results;
}

function readJob(answer: unknown): z.infer<typeof job> {
  const parsed = job.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw new TributaryError('transient', 'salesforce/unreadable-answer', 'Salesforce answered a job in an unknown form');
}
