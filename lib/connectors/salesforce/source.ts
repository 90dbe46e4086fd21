import type { Change } from '../../domain/change.ts';
import { TributaryError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { SalesforceApi } from './client.ts';
import type { Cursor } from './cursor.ts';
import type { Org } from './org.ts';

/** One Salesforce object as a stream reads it. A stream may read several, one after the other. */
export interface Source {
  /** API name: `Contact`. */
  readonly object: string;
  /** Fields to read, `Parent.Field` included. Id and SystemModstamp need not be named. */
  readonly fields: readonly string[];
  /** Fields, `Parent.Field` too, that not every org has or shows to our user: read where the object's description names them. */
  readonly optional?: readonly string[];
  /** A condition that every record must meet, in SOQL. */
  readonly where?: string;
  /** A condition of the backfill alone: what is over by then and was never told needs no taking back. */
  readonly backfillWhere?: string;
  /** Only changes are read, after the backfill: up to then another source tells all that this one could. */
  readonly changesOnly?: true;
  /** The org may not have the object, or hide it from our user; then nothing of it is read. */
  readonly mayLack?: true;
  /** `mayLack` came true. */
  readonly lacking?: true;
  /**
   * Field of the instant from which a record counts: it is read once that has come, though nothing changes the
   * record then. A meeting planned for tomorrow is no activity today.
   */
  readonly countsFrom?: string;
  /** Makes what the mappings read of the records of one page, by asking for more. */
  readonly dress?: (api: SalesforceApi, org: Org, records: readonly JsonObject[]) => Promise<readonly JsonObject[]>;
  /** The stream's mappings that a record goes through; most have one. */
  readonly mappingsOf: (record: JsonObject) => readonly string[];
}

/** Records as one request brought them, and where to go on. */
export interface Step {
  readonly source: Source;
  readonly records: readonly JsonObject[];
  /** Changes that no record stands behind. */
  readonly also?: readonly Change[];
  readonly next: Cursor;
  readonly left?: number;
}

/** The one mapping of a source whose records all mean the same. */
export function always(mapping: string): Source['mappingsOf'] {
  const mappings = [mapping];
  return () => mappings;
}

/** A source as this org can answer it. */
export async function fitted(source: Source, org: Org): Promise<Source> {
  if (source.mayLack === true && (await org.fieldsOf(source.object)) === undefined) return { ...source, lacking: true };
  const fields = [...source.fields];
  for (const path of source.optional ?? []) {
    // A parent that is asked for here is called after its object.
    const [parent, field] = path.includes('.') ? path.split('.') : [source.object, path];
    const has = await org.fieldsOf(parent ?? '');
    if (has?.has((field ?? '').toLowerCase()) === true) fields.push(path);
  }
  return { ...source, fields };
}

/** `SELECT … FROM …` with every field once. */
export function selectFrom(source: Source): string {
  return `SELECT ${[...new Set(['Id', 'SystemModstamp', ...source.fields])].join(', ')} FROM ${source.object}`;
}

export function firstObject(sources: readonly Source[]): string {
  return sources[0]?.object ?? '';
}

/** The object that is read after `object`, or undefined after the last. */
export function objectAfter(sources: readonly Source[], object: string): string | undefined {
  return sources[sources.findIndex((one) => one.object === object) + 1]?.object;
}

export function sourceOf(sources: readonly Source[], object: string): Source {
  const source = sources.find((one) => one.object === object);
  if (source !== undefined) return source;
  throw new TributaryError(
    'config',
    'sync/unknown-cursor',
    `the checkpoint names ${object}, which this stream does not read`,
  );
}
