import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { TributaryError } from '../../domain/errors.ts';
import { type CsvForm, cellsOf, detectForm, headerOf } from './csv-form.ts';
import { csvRows, type FileRow, ndjsonRows } from './read-rows.ts';
import { linesOf } from './text.ts';

/** A file wherever it is: read from its beginning more than once, and for Parquet in parts. */
export interface FileAccess {
  readonly byteLength: number;
  bytes(): AsyncIterable<Uint8Array>;
  slice(start: number, end?: number): Promise<ArrayBuffer>;
}

/** A file whose form is known. */
export interface OpenedFile {
  readonly form: 'csv' | 'ndjson' | 'parquet';
  readonly gzip: boolean;
  readonly csv?: CsvForm;
  /** Of CSV: the first line as it is. */
  readonly header?: string;
  /** Names of columns; of NDJSON those of the first rows. */
  readonly columns: readonly string[];
  rows(): AsyncIterable<readonly FileRow[]>;
}

const GZIP = '1f8b';
const PARQUET = 'PAR1';
/** Lines by which the form of a file is found. */
const LOOKED_AT = 50;

/** Finds out what a file is by what is in it, not by its name. Throws errors of kind `rejected` that name the line. */
export async function openFile(access: FileAccess): Promise<OpenedFile> {
  const start = Buffer.from(await access.slice(0, Math.min(4, access.byteLength)));
  if (start.toString('latin1') === PARQUET) {
    // Loaded for those files only.
    const { openParquet } = await import('./parquet-rows.ts');
    return { form: 'parquet', gzip: false, ...(await openParquet(access)) };
  }
  const gzip = start.subarray(0, 2).toString('hex') === GZIP;
  const bytes = () => (gzip ? unzipped(access.bytes()) : access.bytes());
  const lines = await firstLines(bytes());
  const [first = ''] = lines.filter((line) => line.trim() !== '');
  if (first.trim() === '') throw unknownForm('the file is empty; expected CSV, NDJSON or Parquet');
  if (first.trimStart().startsWith('[')) {
    throw unknownForm('the file is one list of JSON; expected an object on each line (NDJSON)');
  }
  if (first.trimStart().startsWith('{')) {
    const columns = await namesIn(lines);
    return { form: 'ndjson', gzip, columns, rows: () => ndjsonRows(linesOf(bytes())) };
  }
  const csv = detectForm(lines);
  const named = headerOf(cellsOf([first], csv)[0] ?? []);
  const columns = named.filter((name) => name !== undefined);
  return { form: 'csv', gzip, csv, header: first, columns, rows: () => csvRows(linesOf(bytes()), csv) };
}

async function* unzipped(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const stream = Readable.from(bytes).pipe(createGunzip());
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) yield chunk;
  } catch (cause) {
    throw new TributaryError('rejected', 'import/bad-gzip', 'the compressed file is cut off or damaged', { cause });
  }
}

async function firstLines(bytes: AsyncIterable<Uint8Array>): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { texts } of linesOf(bytes)) {
    found.push(...texts.slice(0, LOOKED_AT));
    if (found.length >= LOOKED_AT) break;
  }
  return found;
}

async function namesIn(lines: readonly string[]): Promise<readonly string[]> {
  const names = new Set<string>();
  const source = (async function* () {
    yield { first: 1, texts: lines };
  })();
  for await (const rows of ndjsonRows(source)) {
    for (const one of rows) if ('row' in one) for (const name of Object.keys(one.row)) names.add(name);
  }
  return [...names];
}

function unknownForm(message: string): TributaryError {
  return new TributaryError('rejected', 'import/unknown-form', message);
}
