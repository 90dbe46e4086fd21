import { TributaryError } from '../../domain/errors.ts';
import type { ReadOptions } from '../contract.ts';
import { createQueryJob, readResultPage, waitForJob } from './bulk.ts';
import type { SalesforceApi } from './client.ts';
import type { Backfill, Cursor } from './cursor.ts';
import type { Org } from './org.ts';
import { allOf, instantLiteral } from './soql.ts';
import { firstObject, objectAfter, type Source, type Step, selectFrom, sourceOf } from './source.ts';

const RESULT_PAGE = 10_000;
/** Of records that are dressed: each can become several, and more is asked for about each. */
const DRESSED_PAGE = 2_000;
const MOST_ATTEMPTS = 3;

/** A backfill that has not asked Salesforce for anything yet. */
export function openBackfill(sources: readonly Source[], now: Date): Backfill {
  return {
    v: 1,
    phase: 'backfill',
    object: firstObject(sources),
    until: now.toISOString(),
    attempt: 1,
    job: null,
    locator: null,
  };
}

/** The next page of a backfill; undefined when the signal fired while its job was still at work. */
export async function readBackfill(
  api: SalesforceApi,
  sources: readonly Source[],
  at: Backfill,
  options: ReadOptions & { readonly org: Org },
): Promise<Step | undefined> {
  const source = sourceOf(sources, at.object);
  if (at.job === null) {
    const job = await createQueryJob(api, backfillQuery(source, at.until));
    // A page of nothing: from here on a killed run resumes this job instead of starting another.
    return { source, records: [], next: { ...at, job } };
  }
  const state = at.locator === null ? await waitForJob(api, at.job, options.signal) : { records: at.left };
  if (state === 'still-working') return undefined;
  if (state === 'gone') return { source, records: [], next: startedAnew(sources, at, options.now) };
  const types = (await options.org.fieldsOf(source.object)) ?? new Map();
  const pageSize = options.pageSize ?? (source.dress === undefined ? RESULT_PAGE : DRESSED_PAGE);
  const page = await readResultPage(api, at.job, at.locator, { pageSize, types });
  if (page === 'gone') return { source, records: [], next: startedAnew(sources, at, options.now) };
  // Of several objects a job tells of one.
  const total = sources.length === 1 ? state.records : undefined;
  const told = total === undefined ? {} : { left: Math.max(0, total - page.records.length) };
  return {
    source,
    records: page.records,
    next: page.next === null ? afterJob(sources, at) : { ...at, locator: page.next, ...told },
    ...told,
  };
}

function backfillQuery(source: Source, until: string): string {
  const end = instantLiteral(until);
  const due = source.countsFrom === undefined ? undefined : `${source.countsFrom} < ${end}`;
  // No ORDER BY: the bulk API then no longer splits the work.
  return `${selectFrom(source)} WHERE ${allOf(`SystemModstamp < ${end}`, due, source.where, source.backfillWhere)}`;
}

function afterJob(sources: readonly Source[], at: Backfill): Cursor {
  const filled = sources.filter(({ changesOnly }) => changesOnly !== true);
  const object = objectAfter(filled, at.object);
  if (object !== undefined) {
    const { left: _, ...rest } = at;
    return { ...rest, object, job: null, locator: null };
  }
  return { v: 1, phase: 'done', instant: at.until };
}

/** The job failed or is no more, and its results with it: the backfill starts anew, frozen at this run's instant. */
function startedAnew(sources: readonly Source[], at: Backfill, now: Date): Backfill {
  const fresh = openBackfill(sources, now);
  if (at.until !== fresh.until) return fresh;
  if (at.attempt < MOST_ATTEMPTS) return { ...fresh, attempt: at.attempt + 1 };
  throw new TributaryError(
    'transient',
    'salesforce/backfill-failed',
    `${MOST_ATTEMPTS} bulk jobs over ${at.object} failed one after the other; the next run tries again`,
  );
}
