import { parseInstant } from '../../domain/instant.ts';
import { isJsonObject } from '../../domain/json.ts';
import type { ReadOptions } from '../contract.ts';
import type { RecordPage } from '../define.ts';
import type { Condition, HubspotApi } from './client.ts';
import { lookbackMs } from './config.ts';
import type { Cursor, Position } from './cursor.ts';
import { unreadableAnswer } from './errors.ts';
import { SEARCH_PAGE } from './manifest.ts';
import { type Source, sourceAfter, sourceOf } from './source.ts';

const HOUR = 3_600_000;

interface Step {
  readonly records: readonly unknown[];
  readonly next: Cursor;
  readonly left?: number;
}

/**
 * Pages of all sources in turn, up to `options.now`: what changed, then, when it is due, what was deleted. Ends without a
 * word when the signal fires; the checkpoint of the last page is where to go on.
 */
export async function* readSources(
  api: HubspotApi,
  sources: readonly Source[],
  from: Cursor | undefined,
  mapping: string,
  options: ReadOptions,
): AsyncIterable<RecordPage<Cursor>> {
  let at = from === undefined || from.phase === 'done' ? openWindow(api, sources, from, options.now) : from;
  while (!options.signal.aborted) {
    const { records, next, left } = await readStep(api, sources, at, options);
    const ends = next.phase === 'done' && next.until >= options.now.getTime();
    if (records.length > 0 || ends) {
      yield { mapping, records, checkpoint: next, ...(left === undefined ? {} : { left }) };
    }
    if (ends) return;
    // A run that finished what an older one began goes on to its own end.
    at = next.phase === 'done' ? openWindow(api, sources, next, options.now) : next;
  }
}

/** The window that follows the last one. It overlaps, because the search index shows a change some seconds late. */
function openWindow(
  api: HubspotApi,
  sources: readonly Source[],
  last: Extract<Cursor, { phase: 'done' }> | undefined,
  now: Date,
): Position {
  const { until, swept } = last ?? { until: 0, swept: 0 };
  const from = Math.max(0, until - lookbackMs(api.config));
  const object = sources[0]?.object ?? '';
  return { v: 1, phase: 'window', object, from, until: Math.max(until, now.getTime()), after: null, swept };
}

function readStep(api: HubspotApi, sources: readonly Source[], at: Position, options: ReadOptions): Promise<Step> {
  const source = sourceOf(sources, at.object);
  return at.phase === 'window' ? readWindow(api, sources, source, at, options) : readDeleted(api, sources, source, at);
}

/**
 * Always the first page of a search beyond the last id, never a later page: a search hands out 10,000 results and then
 * answers 400, and an offset would skip whoever moves up when a record changes and leaves the window.
 */
async function readWindow(
  api: HubspotApi,
  sources: readonly Source[],
  source: Source,
  at: Position,
  options: ReadOptions,
): Promise<Step> {
  const limit = Math.min(options.pageSize ?? SEARCH_PAGE, SEARCH_PAGE);
  const properties = [...new Set([source.changed, 'hs_object_id', ...source.properties])];
  const { results, total } = await api.search(source.object, { anyOf: groupsOf(source, at), properties, limit });
  const records = await source.dress(api, results);
  if (results.length > 0 && total > results.length) {
    // Of several objects a search tells of one.
    const left = sources.length === 1 ? { left: total - results.length } : {};
    return { records, next: { ...at, after: lastId(results) }, ...left };
  }
  const following = sourceAfter(sources, source.object);
  if (following !== undefined) return { records, next: { ...at, object: following.object, after: null } };
  const swept = sources.find(({ deletions }) => deletions);
  const due = at.until - at.swept >= api.config.deletions_every_hours * HOUR;
  if (swept === undefined || !due) return { records, next: { v: 1, phase: 'done', until: at.until, swept: at.swept } };
  const from = Math.max(0, at.swept - lookbackMs(api.config));
  return { records, next: { ...at, phase: 'deleted', object: swept.object, from, after: null } };
}

function groupsOf(source: Source, { from, until, after }: Position): readonly (readonly Condition[])[] {
  const always: Condition[] = [
    ...(source.where ?? []),
    { property: source.changed, is: 'LT', value: String(until) },
    ...(after === null ? [] : [{ property: 'hs_object_id', is: 'GT', value: after } as const]),
  ];
  const changed: Condition = { property: source.changed, is: 'GTE', value: String(from) };
  if (source.countsFrom === undefined) return [[...always, changed]];
  const counts: Condition = { property: source.countsFrom, is: 'LT', value: String(until) };
  const due: Condition = { property: source.countsFrom, is: 'GTE', value: String(from) };
  return [
    [...always, counts, changed],
    [...always, counts, due],
  ];
}

/** Deleted records are in no search. Their listing has no times to ask for, so the older ones are passed over here. */
async function readDeleted(api: HubspotApi, sources: readonly Source[], source: Source, at: Position): Promise<Step> {
  const { results, after } = await api.listArchived(source.object, {
    properties: [source.changed],
    ...(at.after === null ? {} : { after: at.after }),
  });
  const records = results.filter((record) => !isOlder(record, at.from));
  if (after !== undefined) return { records, next: { ...at, after } };
  const following = sources.slice(sources.indexOf(source) + 1).find(({ deletions }) => deletions);
  if (following !== undefined) return { records, next: { ...at, object: following.object, after: null } };
  return { records, next: { v: 1, phase: 'done', until: at.until, swept: at.until } };
}

function isOlder(record: unknown, than: number): boolean {
  const at = isJsonObject(record) ? parseInstant(record.archivedAt) : undefined;
  return at !== undefined && at < than;
}

function lastId(results: readonly unknown[]): string {
  const id = results.map((one) => (isJsonObject(one) ? one.id : undefined)).findLast((one) => typeof one === 'string');
  if (typeof id === 'string') return id;
  throw unreadableAnswer('a search');
}
