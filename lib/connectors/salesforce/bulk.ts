import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { TributaryError } from '../../domain/errors.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { SalesforceApi } from './client.ts';
import { readCsv } from './csv.ts';

const FIRST_POLL_MS = 250;
const SLOWEST_POLL_MS = 15_000;
const NUMBER_TYPES = new Set(['int', 'long', 'double', 'currency', 'percent']);

const job = z.object({ id: z.string(), state: z.string(), numberRecordsProcessed: z.number().optional() });
const description = z.object({ fields: z.array(z.object({ name: z.string(), type: z.string() })) });

/**
 * How a job stands: done, with how many records it found where it says so; `gone` when it failed, was aborted, or is older
 * than the seven days that Salesforce keeps one.
 */
export type JobState = { readonly records: number | undefined } | 'gone' | 'still-working';

/** The type of each field of an object, by lower-case name: a CSV says nothing of types. */
export type FieldTypes = ReadonlyMap<string, string>;

export interface ResultPage {
  readonly records: readonly JsonObject[];
  /** Where the next page starts; null on the last. Stays valid as long as the job exists (Bulk API 2.0 guide). */
  readonly next: string | null;
}

/** Starts a Bulk API 2.0 query job over live, deleted and archived records; resolves with its id. */
export async function createQueryJob(api: SalesforceApi, soql: string): Promise<string> {
  const created = job.safeParse(
    await api.send('POST', '/jobs/query', { operation: 'queryAll', query: soql, contentType: 'CSV' }),
  );
  if (created.success) return created.data.id;
  throw new TributaryError(
    'transient',
    'salesforce/unreadable-answer',
    'Salesforce answered a new job with something else than a job',
  );
}

/** Polls a job, ever more slowly, until it ends or `signal` fires. */
export async function waitForJob(api: SalesforceApi, id: string, signal: AbortSignal): Promise<JobState> {
  for (let wait = FIRST_POLL_MS; !signal.aborted; wait = Math.min(wait * 1.6, SLOWEST_POLL_MS)) {
    const { state, numberRecordsProcessed: records } = (await jobState(api, id)) ?? {};
    if (state === 'JobComplete') return { records };
    if (state === 'Failed' || state === 'Aborted' || state === undefined) return 'gone';
    await sleep(wait, undefined, { signal }).catch(() => undefined);
  }
  return 'still-working';
}

async function jobState(api: SalesforceApi, id: string): Promise<z.infer<typeof job> | undefined> {
  const answer = await unlessGone(api.get(`/jobs/query/${id}`));
  const parsed = job.safeParse(answer);
  if (answer === undefined || parsed.success) return parsed.data;
  throw new TributaryError(
    'transient',
    'salesforce/unreadable-answer',
    'Salesforce described a job in an unknown form',
  );
}

/** What was asked for, or undefined when Salesforce does not have it (any more). */
async function unlessGone<T>(answer: Promise<T>, gone = ['salesforce/not-found']): Promise<T | undefined> {
  try {
    return await answer;
  } catch (failure) {
    if (failure instanceof TributaryError && gone.includes(failure.code)) return undefined;
    throw failure;
  }
}

/**
 * One page of a job's results as records like those of a query. jsforce's own reader is not used: it crashes the process
 * as soon as a result has a second page (jsforce/jsforce#1546, #1693).
 */
export async function readResultPage(
  api: SalesforceApi,
  id: string,
  locator: string | null,
  options: { readonly pageSize: number; readonly types: FieldTypes },
): Promise<ResultPage | 'gone'> {
  const from = locator === null ? '' : `&locator=${encodeURIComponent(locator)}`;
  const answer = await unlessGone(api.download(`/jobs/query/${id}/results?maxRecords=${options.pageSize}${from}`));
  if (answer === undefined) return 'gone';
  const { text, headers } = answer;
  const next = headers.get('sforce-locator');
  return {
    records: readCsv(text).map((row) => asRecord(row, options.types)),
    // The last page says so with the word "null" (Bulk API 2.0 guide).
    next: next === null || next === 'null' || next === '' ? null : next,
  };
}

/** Asks Salesforce for an object's field types; undefined where there is no such object, or not for our user. */
export async function fieldTypes(api: SalesforceApi, object: string): Promise<FieldTypes | undefined> {
  const asked = api.get(`/sobjects/${object}/describe`);
  // The second is what INVALID_TYPE becomes, and nothing else of an object's description can be unknown.
  const answer = await unlessGone(asked, ['salesforce/not-found', 'salesforce/unknown-field']);
  if (answer === undefined) return undefined;
  const parsed = description.safeParse(answer);
  if (!parsed.success) {
    const message = 'Salesforce described an object in an unknown form';
    throw new TributaryError('transient', 'salesforce/unreadable-answer', message);
  }
  return new Map(parsed.data.fields.map(({ name, type }) => [name.toLowerCase(), type]));
}

/** A CSV row in the shape of a REST record: typed values, null for empty, `Campaign.Name` as a nested object. */
function asRecord(row: Readonly<Record<string, string>>, types: FieldTypes): JsonObject {
  const record: Record<string, Json> = {};
  for (const [column, text] of Object.entries(row)) {
    const [parent, field] = column.split('.');
    if (parent !== undefined && field !== undefined) {
      record[parent] = { ...(record[parent] as JsonObject | undefined), [field]: text === '' ? null : text };
    } else {
      record[column] = typedValue(text, types.get(column.toLowerCase()));
    }
  }
  return record;
}

function typedValue(text: string, type: string | undefined): Json {
  if (text === '') return null;
  if (type === 'boolean') return text === 'true';
  if (type !== undefined && NUMBER_TYPES.has(type)) return Number(text);
  return text;
}
