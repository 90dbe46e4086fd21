import type { JsonObject } from '../domain/json.ts';

/** A file wherever it is: read from its beginning more than once, from a byte on, and in parts. */
export interface FileAccess {
  readonly byteLength: number;
  /** Bytes that it may come to when it is unpacked. Absent = any number. */
  readonly mostUnpacked?: number;
  bytes(from?: number): AsyncIterable<Uint8Array>;
  slice(start: number, end?: number): Promise<ArrayBuffer>;
}

/** Where a row begins, and reading can go on: a byte of the unpacked text, or a row of Parquet. Lines count from 1. */
export interface RowPlace {
  readonly at: number;
  readonly line: number;
}

/** One row of a file: what it holds, or why it cannot be read. `raw` is the row as it was. */
export type FileRow =
  | (RowPlace & { readonly raw: string; readonly row: JsonObject })
  | (RowPlace & { readonly raw: string } & Reason);

export interface Reason {
  readonly code: string;
  readonly reason: string;
}

/** A row that was not taken. */
export interface RejectedRow extends Reason {
  readonly line: number;
  readonly raw: string;
}

/** A file whose form is known. */
export interface OpenFile {
  readonly form: 'csv' | 'ndjson' | 'parquet';
  readonly gzip: boolean;
  /** Of CSV: how its cells are told apart. */
  readonly csv?: { readonly delimiter: string; readonly quote: string };
  /** Names of columns; of NDJSON those of the first rows. */
  readonly columns: readonly string[];
  /** From the beginning, or from the place of a row on. */
  rows(from?: RowPlace): AsyncIterable<readonly FileRow[]>;
  /** How rows that were not taken are written down, so that they can be put right and read again. */
  readonly rejects: {
    readonly form: 'csv' | 'ndjson';
    /** The first line, where there is one. */
    readonly header?: string;
    lineOf(row: RejectedRow): string;
  };
}
