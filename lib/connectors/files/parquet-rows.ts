import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { type AsyncBuffer, type Compressors, parquetMetadataAsync, parquetReadObjects, parquetSchema } from 'hyparquet';
import { TributaryError } from '../../domain/errors.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { FileRow } from './read-rows.ts';

/** Rows taken out of a group at once. */
const AT_ONCE = 5_000;

/** Uncompressed and Snappy are the reader's own. */
const compressors: Compressors = {
  GZIP: (input) => new Uint8Array(gunzipSync(input)),
  BROTLI: (input) => new Uint8Array(brotliDecompressSync(input)),
};

/** The columns of a Parquet file and its rows, a row group in memory at a time; lines are numbers of rows. */
export async function openParquet(file: AsyncBuffer) {
  const metadata = await parquetMetadataAsync(file).catch(unreadable);
  const columns = parquetSchema(metadata).children.map(({ element }) => element.name);

  async function* rows(): AsyncGenerator<readonly FileRow[]> {
    let start = 0;
    for (const group of metadata.row_groups) {
      const end = start + Number(group.num_rows);
      const records = await parquetReadObjects({ file, metadata, rowStart: start, rowEnd: end, compressors }).catch(
        unreadable,
      );
      for (let at = 0; at < records.length; at += AT_ONCE) {
        yield records.slice(at, at + AT_ONCE).map((record, index): FileRow => {
          const row = plain(record) as JsonObject;
          return { line: start + at + index + 1, raw: JSON.stringify(row), row };
        });
      }
      start = end;
    }
  }
  return { columns, rows };
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
  // The reader's own words may hold what is in the file.
  const message = 'the Parquet file cannot be read: it is cut off, or compressed in a way that is not known here';
  throw new TributaryError('rejected', 'import/bad-parquet', message, { cause });
}
