import { TributaryError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Cursor } from './cursor.ts';

/** One Salesforce object as a stream reads it. A stream may read several, one after the other. */
export interface Source {
  /** API name: `Contact`. */
  readonly object: string;
  /** Fields to read, `Parent.Field` included. Id and SystemModstamp need not be named. */
  readonly fields: readonly string[];
  /** A condition that every record must meet, in SOQL. */
  readonly where?: string;
  /**
   * Field of the instant from which a record counts: it is read once that has come, though nothing changes the
   * record then. A meeting planned for tomorrow is no activity today.
   */
  readonly countsFrom?: string;
  /** The stream's mappings that a record goes through; most have one. */
  readonly mappingsOf: (record: JsonObject) => readonly string[];
}

/** Records as one request brought them, and where to go on. */
export interface Step {
  readonly source: Source;
  readonly records: readonly JsonObject[];
  readonly next: Cursor;
}

/** The one mapping of a source whose records all mean the same. */
export function always(mapping: string): Source['mappingsOf'] {
  const mappings = [mapping];
  return () => mappings;
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
