import { TributaryError } from '../../domain/errors.ts';
import { parseInstant } from '../../domain/instant.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { ReadOptions } from '../contract.ts';
import type { SalesforceApi } from './client.ts';
import type { Cursor, Done, Window } from './cursor.ts';
import { queryAll } from './query.ts';
import { allOf, instantLiteral, quoted } from './soql.ts';
import { firstObject, objectAfter, type Source, type Step, selectFrom, sourceOf } from './source.ts';

/** The most that one answer of the query resource holds. */
const QUERY_PAGE = 2000;

/** The window that follows what was read up to `last`. It overlaps: transactions commit later than the stamp they set. */
export function openWindow(api: SalesforceApi, sources: readonly Source[], done: Done, now: Date): Window {
  const last = Date.parse(done.instant);
  const from = new Date(last - api.config.lookback_minutes * 60_000).toISOString();
  const until = new Date(Math.max(last, now.getTime())).toISOString();
  const window: Window = { v: 1, phase: 'window', object: firstObject(sources), from, until, after: null };
  return done.covered === undefined ? window : { ...window, covered: done.covered };
}

/** The next records of a window in the order (SystemModstamp, Id), so that equal instants survive a page's edge. */
export async function readWindow(
  api: SalesforceApi,
  sources: readonly Source[],
  at: Window,
  options: ReadOptions,
): Promise<Step> {
  const source = sourceOf(sources, at.object);
  if (source.lacking === true) return { source, records: [], next: afterWindow(sources, at) };
  const limit = Math.min(options.pageSize ?? QUERY_PAGE, QUERY_PAGE);
  const records = await queryAll(api, `${windowQuery(source, at)} LIMIT ${limit}`);
  const last = records.at(-1);
  const next =
    records.length < limit || last === undefined ? afterWindow(sources, at) : { ...at, after: positionOf(last) };
  return { source, records, next };
}

function windowQuery(source: Source, { from, until, after }: Window): string {
  const [start, end] = [instantLiteral(from), instantLiteral(until)];
  const due = source.countsFrom;
  const touched =
    due === undefined ? `SystemModstamp >= ${start}` : `(SystemModstamp >= ${start} OR ${due} >= ${start})`;
  const where = allOf(
    // Past the first page the position says more than the window's start, unless old records count from a newer instant.
    after === null || due !== undefined ? touched : undefined,
    after === null ? undefined : beyond(after),
    `SystemModstamp < ${end}`,
    due === undefined ? undefined : `${due} < ${end}`,
    source.where,
  );
  return `${selectFrom(source)} WHERE ${where} ORDER BY SystemModstamp, Id`;
}

function beyond({ instant, id }: NonNullable<Window['after']>): string {
  const at = instantLiteral(instant);
  return `(SystemModstamp > ${at} OR (SystemModstamp = ${at} AND Id > ${quoted(id)}))`;
}

function afterWindow(sources: readonly Source[], at: Window): Cursor {
  const object = objectAfter(sources, at.object);
  if (object !== undefined) return { ...at, object, after: null };
  return { v: 1, phase: 'done', instant: at.until, ...(at.covered === undefined ? {} : { covered: at.covered }) };
}

function positionOf(record: JsonObject): { instant: string; id: string } {
  const at = parseInstant(record.SystemModstamp);
  if (at === undefined || typeof record.Id !== 'string') {
    throw new TributaryError(
      'transient',
      'salesforce/unreadable-answer',
      'a record came without its Id or SystemModstamp',
    );
  }
  return { instant: new Date(at).toISOString(), id: record.Id };
}
