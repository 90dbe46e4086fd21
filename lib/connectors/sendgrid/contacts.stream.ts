import { TributaryError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { valueAt } from '../../domain/mapping.ts';
import type { ReadOptions, Stream } from '../contract.ts';
import { defineStream, type RecordPage } from '../define.ts';
import type { SendgridApi } from './client.ts';
import { type Config, lookbackMs } from './config.ts';
import { contactId, contactMapping, contactRecord, withEveryField, withOwnFields } from './contact.ts';
import { type ContactsCursor, contactsCursor } from './cursor.ts';
import { readExport } from './export.ts';
import { LOOK_UP } from './manifest.ts';
import { changedBetween, narrower, SECOND } from './search.ts';

const EXPORT_PAGE = 1_000;
const MOST_ATTEMPTS = 3;
/** Searching for more than this takes longer than exporting everybody. */
const MOST_BY_SEARCH = 2_000;

type Exporting = Extract<ContactsCursor, { phase: 'export' }>;
type Searching = Extract<ContactsCursor, { phase: 'search' }>;

/**
 * Contacts: all of them by an export, then those that changed by searching their time of change. A search shows 50 and has
 * no second page, so it asks for ever shorter times; where even a second holds more, everybody is exported again.
 */
export const contacts: Stream<SendgridApi> = {
  ...configured(undefined),
  read: (api, connection, from, options) => configured(api.config).read(api, connection, from, options),
  remap: (lines, connection, config) => configured(config as Config).remap(lines, connection, config),
  reread: async (api, connection, ids, options) => {
    const { reread } = configured(api.config);
    if (reread === undefined) throw new Error('contacts can be read again');
    return reread(api, connection, ids, options);
  },
};

function configured(config: Config | undefined): Stream<SendgridApi> {
  return defineStream<SendgridApi, JsonObject, ContactsCursor>({
    name: 'contacts',
    record: contactRecord,
    cursor: contactsCursor,
    mappings: { contact: config === undefined ? contactMapping : withOwnFields(contactMapping, config) },
    read,
    reread,
  });
}

async function* read(
  api: SendgridApi,
  from: ContactsCursor | undefined,
  options: ReadOptions,
): AsyncIterable<RecordPage<ContactsCursor>> {
  let at: ContactsCursor = from ?? exportFrom(options.now);
  while (!options.signal.aborted) {
    const here = at.phase === 'done' ? opened(api, at.until, options.now) : at;
    const steps = here.phase === 'search' ? searched(api, here, options) : exported(api, here, options);
    for await (const { records, next } of steps) {
      at = next;
      if (records !== undefined) yield pageOf(api, records, next);
    }
    // A run that finished what an older one began goes on to its own end.
    if (at.phase === 'done' && (at.until >= flooredNow(options.now) || api.config.changes === 'export')) return;
  }
}

/** Records of a page, none where only the position has changed, and where to go on. */
interface Step {
  readonly records?: readonly unknown[];
  readonly next: ContactsCursor;
}

async function* searched(api: SendgridApi, from: Searching, { now, signal }: ReadOptions): AsyncIterable<Step> {
  let at = from;
  let span = at.until - at.at;
  while (!signal.aborted) {
    const found = await changedBetween(api, at.at, Math.min(at.until, at.at + span));
    if (!found.whole) {
      if (found.count > MOST_BY_SEARCH || found.span <= SECOND) {
        yield { next: exportFrom(now) };
        return;
      }
      span = narrower(found);
      continue;
    }
    if (found.until >= at.until) {
      yield { records: found.records, next: { v: 1, phase: 'done', until: at.until } };
      return;
    }
    at = { ...at, at: found.until };
    span = found.span * 2;
    if (found.records.length > 0) yield { records: found.records, next: at };
  }
}

async function* exported(
  api: SendgridApi,
  from: Exporting,
  { now, signal, pageSize }: ReadOptions,
): AsyncIterable<Step> {
  if (from.at === null) {
    // A page of nothing: from here on a killed run resumes this job instead of starting another.
    yield { records: [], next: { ...from, at: { job: (await api.startExport(undefined)).id, file: 0, line: 0 } } };
    return;
  }
  for await (const page of readExport(api, from.at, { signal, pageSize: pageSize ?? EXPORT_PAGE })) {
    if (page.state === 'gone') yield { next: begunAnew(from, now) };
    else yield { records: page.records, next: positionAfter(from, page.next) };
  }
}

function pageOf(api: SendgridApi, records: readonly unknown[], checkpoint: ContactsCursor): RecordPage<ContactsCursor> {
  return { mapping: 'contact', records: records.map((one) => withEveryField(one, api.config)), checkpoint };
}

function opened(api: SendgridApi, last: number, now: Date): Searching | Exporting {
  if (api.config.changes === 'export') return exportFrom(now);
  const from = last - lookbackMs(api.config);
  return { v: 1, phase: 'search', from, at: from, until: Math.max(last, flooredNow(now)) };
}

function exportFrom(now: Date): Exporting {
  return { v: 1, phase: 'export', until: flooredNow(now), attempt: 1, at: null };
}

function positionAfter(here: Exporting, next: Exporting['at'] | undefined): ContactsCursor {
  return next === undefined ? { v: 1, phase: 'done', until: here.until } : { ...here, at: next };
}

/** The job failed or is no more, and its files with it: everybody is exported anew, as they are now. */
function begunAnew({ until, attempt }: Exporting, now: Date): Exporting {
  const fresh = exportFrom(now);
  if (until !== fresh.until) return fresh;
  if (attempt < MOST_ATTEMPTS) return { ...fresh, attempt: attempt + 1 };
  const says = `${MOST_ATTEMPTS} exports of the contacts failed one after the other; the next run tries again`;
  throw new TributaryError('transient', 'sendgrid/export-failed', says);
}

/** Times of change are compared in whole seconds: the second that is not over yet is left to the next run. */
function flooredNow(now: Date): number {
  return Math.floor(now.getTime() / SECOND) * SECOND;
}

/** Reads contacts again by id. One that is not there was deleted: SendGrid tells nobody. */
async function reread(
  api: SendgridApi,
  wanted: readonly string[],
  options: ReadOptions,
): Promise<RecordPage<ContactsCursor>> {
  const ids = [...new Set(wanted)].filter((id) => contactId.safeParse(id).success);
  const records: unknown[] = [];
  for (let start = 0; start < ids.length; start += LOOK_UP) {
    records.push(...(await api.readContacts(ids.slice(start, start + LOOK_UP))));
  }
  const found = new Set(records.map((record) => valueAt(record, 'id')));
  const also = ids
    .filter((id) => !found.has(id))
    .map((id) => ({
      kind: 'gone' as const,
      fragment: `${api.connection}:contact:${id}`,
      at: options.now.toISOString(),
      mapping: contactMapping.version,
    }));
  // Nobody resumes from a re-read.
  return { ...pageOf(api, records, { v: 1, phase: 'done', until: 0 }), also };
}
