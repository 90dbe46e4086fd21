import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import {
  type AsyncBuffer,
  type Compressors,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
  type RowGroup,
  snappyUncompress,
} from 'hyparquet';
import { TributaryError } from '../../domain/errors.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { FileRow, RowPlace } from '../row-file.ts';

/** Bytes of rows that are taken out of a group at once, unpacked, and how many rows that may be. */
const BYTES_AT_ONCE = 8_000_000;
const ROWS_AT_ONCE = { least: 500, most: 20_000 };
/** Bytes of a group, as it is in the file: it is held while its rows are read. */
const MOST_BYTES_IN_GROUP = 256_000_000;
/** Bytes of a page when it is unpacked; writers make them of about one million. */
const MOST_BYTES_IN_PAGE = 128_000_000;

const compressors: Compressors = {
  SNAPPY: (input, length) => {
    const output = new Uint8Array(bounded(length));
    snappyUncompress(input, output);
    return output;
  },
  GZIP: (input, length) => new Uint8Array(gunzipSync(input, { maxOutputLength: bounded(length) })),
  BROTLI: (input, length) => new Uint8Array(brotliDecompressSync(input, { maxOutputLength: bounded(length) })),
};

/** The columns of a Parquet file and its rows, some of a row group in memory at a time; lines are numbers of rows. */
export async function openParquet(file: AsyncBuffer) {
  const metadata = await parquetMetadataAsync(file).catch(unreadable);
  const columns = parquetSchema(metadata).children.map(({ element }) => element.name);

  async function* rows(from: RowPlace = { at: 0, line: 1 }): AsyncGenerator<readonly FileRow[]> {
    let start = 0;
    for (const group of metadata.row_groups) {
      const end = start + Number(group.num_rows);
      if (end > from.at) {
        const held = await holdGroup(file, group);
        const most = rowsAtOnce(group);
        for (let rowStart = Math.max(start, from.at); rowStart < end; rowStart += most) {
          const part = { rowStart, rowEnd: Math.min(rowStart + most, end) };
          const records = await parquetReadObjects({ file: held, metadata, ...part, compressors }).catch(unreadable);
          yield records.map((record, index): FileRow => {
            const row = plain(record) as JsonObject;
            return { line: rowStart + index + 1, at: rowStart + index, raw: JSON.stringify(row), row };
          });
        }
      }
      start = end;
    }
  }
  return { columns, rows };
}

function rowsAtOnce({ num_rows, total_byte_size }: RowGroup): number {
  const bytesOfRow = Math.max(1, Number(total_byte_size) / Math.max(1, Number(num_rows)));
  const fitting = Math.floor(BYTES_AT_ONCE / bytesOfRow);
  return Math.min(ROWS_AT_ONCE.most, Math.max(ROWS_AT_ONCE.least, fitting));
}

/** The file with one of its groups read once, for all rows that are taken out of it. */
async function holdGroup(file: AsyncBuffer, { columns }: RowGroup): Promise<AsyncBuffer> {
  const ranges = columns.flatMap(({ meta_data: meta }) => {
    if (meta === undefined) return [];
    const start = Number(meta.dictionary_page_offset || meta.data_page_offset);
    return [{ start, end: start + Number(meta.total_compressed_size) }];
  });
  const start = Math.min(...ranges.map((range) => range.start));
  const end = Math.min(file.byteLength, Math.max(...ranges.map((range) => range.end)));
  if (!(end > start)) return file;
  if (end - start > MOST_BYTES_IN_GROUP) {
    const message = `a row group has ${end - start} bytes, at most ${MOST_BYTES_IN_GROUP} are read; write smaller row groups`;
    throw new TributaryError('rejected', 'import/too-large', message);
  }
  const held = await file.slice(start, end);
  return {
    byteLength: file.byteLength,
    slice: (from, to = file.byteLength) =>
      from >= start && to <= end ? held.slice(from - start, to - start) : file.slice(from, to),
  };
}

function bounded(length: number): number {
  if (length >= 0 && length <= MOST_BYTES_IN_PAGE) return length;
  throw new RangeError(`a page of ${length} bytes`);
}

/** What Parquet holds and JSON does not: instants become RFC 3339, large numbers texts, bytes nothing. */
function plain(value: unknown): Json {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  if (value === undefined || value === null || ArrayBuffer.isView(value)) return null;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
  }
  return typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value) ? (value as Json) : null;
}

function unreadable(cause: unknown): never {
  // What the file's own access fails of is no fault of the file.
  if (cause instanceof TributaryError) throw cause;
  // The reader's own words may hold what is in the file.
  const message = 'the Parquet file cannot be read: it is cut off, or compressed in a way that is not known here';
  throw new TributaryError('rejected', 'import/bad-parquet', message, { cause });
}
