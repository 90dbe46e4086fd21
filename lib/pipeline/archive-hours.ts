import type { ArchivedLine } from '../connectors/contract.ts';
import type { Reading } from '../domain/change.ts';
import { openMatcher } from '../domain/erasure.ts';
import { everyIndexKey, type IdentityKey } from '../domain/identifier.ts';
import { formatInstant } from '../domain/instant.ts';
import { isJsonObject } from '../domain/json.ts';
import type { Archive } from './ports.ts';

/** The folders of the archive that hold people's records, by the hour in which they were written. */
export const peopleFolders = ['deliveries/', 'pages/'] as const;

/** The name of an object: what it is of, the hour it was written in, and a name of its own within that. */
export function archiveKey(of: string, at: Date, name: string): string {
  const hour = at.toISOString().slice(0, 13).replace('T', '/');
  return `${of}/${hour}/${name}.ndjson.gz`;
}

/** Where and when a page of a stream was read, for the activities that are made of it. */
export function readingOf(stream: string, at: Date): Reading {
  const hour = new Date(Math.floor(at.getTime() / HOUR_MS) * HOUR_MS);
  return { stream, hour: formatInstant(hour.getTime()), at: formatInstant(at.getTime()) };
}

/** The objects of one hour. */
export interface Hour {
  /** `pages/salesforce/contacts/2026-11-20/04` */
  readonly folder: string;
  readonly keys: readonly string[];
}

/** Hours under a prefix that come after a folder, in their order. */
export async function* hoursAfter(archive: Archive, prefix: string, after?: string): AsyncIterable<Hour> {
  let folder = '';
  let keys: string[] = [];
  // Every object of a folder sorts before its name followed by something that sorts after a slash.
  for await (const page of archive.list(prefix, after === undefined ? undefined : `${after}0`)) {
    for (const key of page) {
      const own = key.slice(0, key.lastIndexOf('/'));
      if (own !== folder && keys.length > 0) {
        yield { folder, keys };
        keys = [];
      }
      folder = own;
      keys.push(key);
    }
  }
  if (keys.length > 0) yield { folder, keys };
}

/** Whether an hour is older than the archive is kept. S3 counts from the last writing: what was rewritten would outstay it. */
export function isExpired(hour: Hour, keptMs: number, now: number): boolean {
  return startOf(hour.folder) + HOUR_MS + keptMs < now;
}

/** The first instant of the hour that a folder is of, in ms. */
export function startOf(folder: string): number {
  const [day, hour] = folder.split('/').slice(-2);
  return Date.parse(`${day}T${hour}:00:00.000Z`);
}

const HOUR_MS = 3_600_000;
/** Who began to write an object in an hour has ended this long after it. */
const GRACE_MS = 20 * 60_000;

/** Object → keys of the records in it; `loose`: some lines are nobody's record, and only reading them tells whom they name. */
type Contents = Readonly<Record<string, { readonly of: readonly string[]; readonly loose: boolean }>>;

export interface SearchDeps {
  readonly archive: Archive;
  readonly key: IdentityKey;
}

/**
 * Opens one hour for a search by keys of records and identifiers. What an hour holds is read once, when it is over, and
 * noted beside it: a search reads one small object an hour, and only the objects that hold somebody wanted.
 */
export async function searchHour(
  deps: SearchDeps,
  hour: Hour,
  wanted: ReadonlySet<string>,
  now: number,
): Promise<readonly FoundIn[]> {
  const { archive } = deps;
  const noted = ((await archive.getJson(noteKey(hour.folder))) ?? {}) as unknown as Contents;
  let contents: Record<string, Contents[string]> = { ...noted };
  for (const key of hour.keys) contents[key] ??= contentsOf(deps, (await archive.lines(key)) ?? []);
  contents = Object.fromEntries(hour.keys.map((key) => [key, contents[key] ?? { of: [], loose: false }]));
  const isNew = hour.keys.some((key) => noted[key] === undefined);
  if (isNew && startOf(hour.folder) + HOUR_MS + GRACE_MS < now) await archive.putJson(noteKey(hour.folder), contents);
  const mentions = openMatcher(wanted, deps.key);
  const found: FoundIn[] = [];
  for (const key of hour.keys) {
    const { of, loose } = contents[key] ?? { of: [], loose: false };
    if (!loose && !of.some((one) => wanted.has(one))) continue;
    const lines = ((await archive.lines(key)) ?? []) as unknown as readonly ArchivedLine[];
    const theirs = lines.filter((line) =>
      line.of === undefined
        ? mentions(line)
        : everyIndexKey({ type: 'fragment', value: line.of }, deps.key).some((key) => wanted.has(key)),
    );
    if (theirs.length > 0) found.push({ key, lines, theirs });
  }
  return found;
}

/** An object with the lines that a search was for. */
export interface FoundIn {
  readonly key: string;
  readonly lines: readonly ArchivedLine[];
  readonly theirs: readonly ArchivedLine[];
}

/** Writes the objects of an hour again without what was found in them, and the note of the hour. */
export async function rewriteHour(deps: SearchDeps, hour: Hour, found: readonly FoundIn[]): Promise<void> {
  const { archive } = deps;
  const noted = (await archive.getJson(noteKey(hour.folder))) as unknown as Contents | undefined;
  const contents: Record<string, Contents[string]> = { ...noted };
  for (const { key, lines, theirs } of found) {
    const left = lines.filter((line) => !theirs.includes(line));
    if (left.length === 0) await archive.remove(key);
    else await archive.put(key, left);
    if (left.length === 0) delete contents[key];
    else contents[key] = contentsOf(deps, left);
  }
  if (noted !== undefined) await archive.putJson(noteKey(hour.folder), contents);
}

function noteKey(folder: string): string {
  return `notes/${folder}.json.gz`;
}

/** Keys are HMACs: a note names nobody, and stays true when the records are taken out. */
function contentsOf({ key }: SearchDeps, lines: readonly unknown[]): Contents[string] {
  const of = new Set<string>();
  let loose = false;
  for (const line of lines) {
    if (isJsonObject(line) && typeof line.of === 'string') {
      for (const one of everyIndexKey({ type: 'fragment', value: line.of }, key)) of.add(one);
    } else loose = true;
  }
  return { of: [...of].sort(), loose };
}
