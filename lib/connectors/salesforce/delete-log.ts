import * as z from 'zod';
import type { Change } from '../../domain/change.ts';
import { TributaryError } from '../../domain/errors.ts';
import { parseInstant } from '../../domain/instant.ts';
import type { ReadOptions } from '../contract.ts';
import type { SalesforceApi } from './client.ts';
import type { Cursor, Deletions, Done } from './cursor.ts';
import { fullId } from './ids.ts';
import { queryAll } from './query.ts';
import { inGroups, oneOf } from './soql.ts';
import { type Source, type Step, sourceOf } from './source.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** The log tells nothing from before (REST API guide, sObject Get Deleted). */
const REACH = 15 * DAY;
/** Read up to a little before now: a log that is asked for what its own clock does not show yet refuses. */
const SKEW = 3 * MINUTE;
/** The two ends must be more than a minute apart, and seconds are not looked at. */
const SHORTEST = 2 * MINUTE;
/** Entries younger than two hours are never purged: a log that refuses them refuses for another reason. */
const NEVER_PURGED = 2 * 60 * MINUTE;
const PAGE = 2_000;

const answer = z.object({
  deletedRecords: z.array(z.object({ id: z.string(), deletedDate: z.string() })),
  earliestDateAvailable: z.string().nullish(),
  latestDateCovered: z.string().nullish(),
});

interface Entry {
  readonly id: string;
  readonly instant: string;
}

interface Log {
  /** In the order (instant, id). */
  readonly entries: readonly Entry[];
  /** What began before and ended after this instant is not in it: where the next reading starts. */
  readonly covered: string;
}

/** The delete log as one run reads it: a page is a part of an answer, which is asked for once. */
export interface DeleteLog {
  read(object: string, from: string, until: string): Promise<Log | 'too-short' | 'too-many'>;
}

export function openDeleteLog(api: SalesforceApi): DeleteLog {
  let held: { readonly key: string; readonly log: Log } | undefined;
  return {
    async read(object, from, until) {
      const key = [object, from, until].join();
      if (held?.key === key) return held.log;
      const log = await askLog(api, object, from, until);
      if (typeof log !== 'string') held = { key, log };
      return log;
    },
  };
}

/** Whether the log still tells everything that was deleted since the stream was last read. */
export function isWithinReach(at: Done, now: Date): boolean {
  return Date.parse(at.covered ?? at.instant) > now.getTime() - REACH;
}

/** What comes after a window of a stream that says what is gone: the delete log since it was last read. */
export function openDeletions(object: string, { instant, covered }: Done): Cursor {
  const from = covered ?? instant;
  const until = endOf(instant);
  const next: Deletions = { v: 1, phase: 'deletions', object, instant, from, until, after: null };
  return Date.parse(until) - Date.parse(from) < SHORTEST ? doneAt(instant, from) : next;
}

/**
 * Ids of the delete log that nobody finds any more, not in the recycle bin either, as gone. Who lies in the bin, was merged
 * or brought back is read with the window. `too-short` = the log does not reach back as far as it was asked.
 */
export async function readDeletions(
  api: SalesforceApi,
  sources: readonly Source[],
  at: Deletions,
  options: ReadOptions & { readonly log: DeleteLog; readonly gone: Gone | undefined },
): Promise<Step | 'too-short'> {
  const source = sourceOf(sources, at.object);
  const { gone } = options;
  if (gone === undefined) {
    throw new TributaryError(
      'config',
      'sync/unknown-cursor',
      'the checkpoint reads deletions, which this stream does not',
    );
  }
  const log = await options.log.read(at.object, at.from, at.until);
  if (log === 'too-short') {
    if (options.now.getTime() - Date.parse(at.from) > NEVER_PURGED) return log;
    throw refused('refuses entries that it must still have');
  }
  if (log === 'too-many') return { source, records: [], next: { ...at, until: halfway(at) } };
  const left = log.entries.filter((entry) => at.after === null || isAfter(entry, at.after));
  const part = left.slice(0, Math.min(options.pageSize ?? PAGE, PAGE));
  const found = await findIds(api, at.object, part);
  const also = part.flatMap(({ id, instant }) => (found.has(id) ? [] : [gone(api.connection, id, instant)]));
  const last = part.at(-1);
  const next = left.length > part.length && last !== undefined ? { ...at, after: last } : afterLog(at, log);
  return { source, records: [], also, next };
}

/** Says that a record is no more. */
export type Gone = (connection: string, id: string, at: string) => Change;

function afterLog(at: Deletions, { covered }: Log): Cursor {
  const end = endOf(at.instant);
  // Of a span that was cut because it held too many, the rest is next.
  if (at.until !== end && covered > at.from) return { ...at, from: covered, until: end, after: null };
  return doneAt(at.instant, covered);
}

function doneAt(instant: string, covered: string): Done {
  return { v: 1, phase: 'done', instant, covered };
}

/** The last whole minute that the log is asked for by a reading that ends at `instant`. */
function endOf(instant: string): string {
  return new Date(Math.floor((Date.parse(instant) - SKEW) / MINUTE) * MINUTE).toISOString();
}

function halfway({ from, until }: Deletions): string {
  const [start, end] = [Date.parse(from), Date.parse(until)];
  const middle = Math.floor((start + (end - start) / 2) / MINUTE) * MINUTE;
  if (middle - start >= SHORTEST) return new Date(middle).toISOString();
  throw refused('holds too many entries of two minutes');
}

async function findIds(api: SalesforceApi, object: string, entries: readonly Entry[]): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const group of inGroups(entries.map(({ id }) => id))) {
    for (const { Id } of await queryAll(api, `SELECT Id FROM ${object} WHERE ${oneOf('Id', group)}`)) {
      found.add(String(Id));
    }
  }
  return found;
}

async function askLog(
  api: SalesforceApi,
  object: string,
  from: string,
  until: string,
): Promise<Log | 'too-short' | 'too-many'> {
  let answered: unknown;
  try {
    answered = await api.get(`/sobjects/${object}/deleted/?start=${dateOf(from)}&end=${dateOf(until)}`);
  } catch (failure) {
    if (!(failure instanceof TributaryError)) throw failure;
    if (failure.code === 'salesforce/delete-log-refused') return 'too-short';
    if (failure.code === 'salesforce/too-many-deleted') return 'too-many';
    throw failure;
  }
  const parsed = answer.safeParse(answered);
  if (!parsed.success) {
    throw new TributaryError('transient', 'salesforce/unreadable-answer', 'Salesforce answered no delete log');
  }
  const { deletedRecords, earliestDateAvailable, latestDateCovered } = parsed.data;
  if ((parseInstant(earliestDateAvailable) ?? 0) > Date.parse(from)) return 'too-short';
  const entries = deletedRecords.flatMap(({ id, deletedDate }) => {
    const [full, instant] = [fullId(id), parseInstant(deletedDate)];
    return full === undefined || instant === undefined ? [] : [{ id: full, instant: new Date(instant).toISOString() }];
  });
  entries.sort((a, b) => (isAfter(a, b) ? 1 : -1));
  const covered = Math.min(parseInstant(latestDateCovered) ?? Date.parse(until), Date.parse(until));
  return { entries, covered: new Date(Math.max(covered, Date.parse(from))).toISOString() };
}

function isAfter(one: Entry, other: Entry): boolean {
  return one.instant > other.instant || (one.instant === other.instant && one.id > other.id);
}

function dateOf(instant: string): string {
  return encodeURIComponent(`${instant.slice(0, 19)}+00:00`);
}

function refused(what: string): TributaryError {
  return new TributaryError('config', 'salesforce/delete-log-refused', `the log of deleted records ${what}`);
}
