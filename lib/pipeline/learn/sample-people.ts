import { createHash } from 'node:crypto';
import { type Compiled, withKept } from '../../domain/decide.ts';
import { TributaryError } from '../../domain/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import type { EntriesOf } from '../../domain/learned/feeds.ts';
import type { Learned } from '../../domain/learned/learned.ts';
import type { Row } from '../../domain/learned/part.ts';
import { addToSample, emptySample, joinSamples, placeOf, type Sample } from '../../domain/learned/sample.ts';
import { entriesOf } from '../../domain/person-view.ts';
import type { Profile } from '../../domain/profile.ts';
import { wholeEntries } from '../../domain/segment/document.ts';
import type { ScanPart, ScanWork } from '../define/scan.ts';
import type { ActivityStore, Archive } from '../ports.ts';
import { isLiving } from '../resolve/gather.ts';
import { everythingDone, type Versions } from '../resolve/refill.ts';

/** Parts in which people are sampled. */
export const SAMPLE_PARTS = 8;
/** So many people of each kind a model is trained on at most. */
const SAMPLED = 10_000;
/** So many each part keeps: what its share may be, and a quarter more because parts are not quite equal. */
const SAMPLED_IN_PART = Math.ceil((SAMPLED / SAMPLE_PARTS) * 1.25);

/** What the scan needs to know: the instant that everything is as of, and whose rules say what is asked. */
export interface SampleAbout {
  readonly asOf: number;
  readonly definitions: string;
}

/** What one part found so far. The rows lie in the archive under a name made of what they are. */
interface Found {
  readonly counts: Readonly<Record<string, number>>;
  /** By part of the rules: when the first was done that it hears. */
  readonly earliest: Readonly<Record<string, number>>;
  readonly rows?: string;
}

/** What training is done with. */
export interface Collected {
  readonly sample: Sample;
  readonly earliest: Readonly<Record<string, number>>;
}

interface SampleDeps {
  readonly archive: Pick<Archive, 'getJson' | 'putJson'>;
  readonly activities: ActivityStore;
  readonly versions: Versions;
}

/** The scan before a training: everybody becomes rows of numbers, of which a uniform sample is kept. Writes nobody. */
export function sampleWork(deps: SampleDeps): ScanWork {
  return {
    async people(scan, people, found) {
      const { asOf, definitions } = scan.about as unknown as SampleAbout;
      const compiled = await deps.versions(definitions);
      if (compiled?.learned === undefined) {
        throw new TributaryError('defect', 'definitions/lost', `the definitions ${definitions} are not in the archive`);
      }
      const before = readFound(found);
      const earliest: Record<string, number> = { ...before.earliest };
      const rows = await Promise.all(
        people.filter(isLiving).map(async (profile) => {
          const entries = await wholeEntriesOf(deps.activities, compiled, profile, asOf);
          noteEarliest(earliest, compiled.learned as Learned, entries, asOf);
          return { place: placeOf(profile.id), rows: rowsOf(compiled.learned as Learned, entries, asOf) };
        }),
      );
      const held = before.rows === undefined ? {} : await loadRows(deps.archive, before.rows);
      const sample = addToSample({ counts: before.counts, rows: held }, rows, SAMPLED_IN_PART);
      const kept = sample.rows === held ? before.rows : await keepRows(deps.archive, scan.id, sample.rows);
      return { counts: sample.counts, earliest, ...(kept === undefined ? {} : { rows: kept }) };
    },
  };
}

/** What was done for a leaf: what a profile keeps, or all that is stored where it keeps less than is asked for. */
export async function wholeEntriesOf(
  activities: ActivityStore,
  compiled: Compiled,
  profile: Profile,
  asOf?: number,
): Promise<EntriesOf> {
  const kept = entriesOf(profile);
  const missing = compiled.learned?.incompleteIn(kept, asOf) ?? [];
  if (missing.length === 0) return kept;
  return withKept(wholeEntries(compiled.program, await everythingDone(activities, profile)), profile);
}

/** One uniform sample of everybody, from all parts of a scan that is done. */
export async function collectSamples(
  archive: Pick<Archive, 'getJson'>,
  parts: readonly ScanPart[],
): Promise<Collected> {
  const found = parts.map((part) => readFound(part.found));
  const samples = await Promise.all(
    found.map(async ({ counts, rows }): Promise<Sample> => {
      return { counts, rows: rows === undefined ? {} : await loadRows(archive, rows) };
    }),
  );
  const earliest: Record<string, number> = {};
  for (const { earliest: own } of found) {
    for (const [part, at] of Object.entries(own)) earliest[part] = Math.min(at, earliest[part] ?? at);
  }
  return { sample: joinSamples(samples, SAMPLED, SAMPLED_IN_PART), earliest };
}

function rowsOf({ parts }: Learned, entries: EntriesOf, asOf: number): ReadonlyMap<string, Row> {
  return new Map(
    parts.flatMap((part) => {
      const row = part.rowOf(entries, asOf);
      return row === undefined ? [] : [[part.name, row] as const];
    }),
  );
}

function noteEarliest(earliest: Record<string, number>, { parts }: Learned, entries: EntriesOf, asOf: number): void {
  for (const { name, hears } of parts) {
    for (const key of hears) {
      for (const [at, id] of entries(key)) {
        if (id !== '' && at <= asOf && at < (earliest[name] ?? Number.POSITIVE_INFINITY)) earliest[name] = at;
      }
    }
  }
}

function readFound({ counts, earliest, rows }: JsonObject): Found {
  return {
    counts: isJsonObject(counts) ? (counts as Found['counts']) : emptySample.counts,
    earliest: isJsonObject(earliest) ? (earliest as Found['earliest']) : {},
    ...(typeof rows === 'string' ? { rows } : {}),
  };
}

async function loadRows(archive: Pick<Archive, 'getJson'>, key: string): Promise<Sample['rows']> {
  const rows = await archive.getJson(key);
  if (isJsonObject(rows)) return rows as unknown as Sample['rows'];
  throw new TributaryError('defect', 'learn/sample-lost', `the sample ${key} is not in the archive`);
}

async function keepRows(archive: Pick<Archive, 'putJson'>, scan: string, rows: Sample['rows']): Promise<string> {
  const name = createHash('sha256').update(JSON.stringify(rows)).digest('hex').slice(0, 32);
  const key = `learning/${scan}/${name}.json.gz`;
  await archive.putJson(key, rows as unknown as Json);
  return key;
}
