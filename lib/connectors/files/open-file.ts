import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { TributaryError } from '../../domain/errors.ts';
import type { FileAccess, OpenFile, RowPlace } from '../row-file.ts';
import { cellsOf, detectForm, headerOf } from './csv-form.ts';
import { csvRows, firstRecord, ndjsonRows } from './read-rows.ts';
import { csvRejects, jsonRejects } from './rejects.ts';
import { BEGINNING, linesOf, type TextLines } from './text.ts';

const GZIP = '1f8b';
const PARQUET = 'PAR1';
/** Lines by which the form of a file is found. */
const LOOKED_AT = 50;

/** Finds out what a file is by what is in it, not by its name. Throws errors of kind `rejected` that name the line. */
export async function openFile(access: FileAccess): Promise<OpenFile> {
  const start = Buffer.from(await access.slice(0, Math.min(4, access.byteLength)));
  if (start.toString('latin1') === PARQUET) {
    // Loaded for those files only.
    const { openParquet } = await import('./parquet-rows.ts');
    const { columns, rows } = await openParquet(access);
    return { form: 'parquet', gzip: false, columns, rows, rejects: jsonRejects };
  }
  const gzip = start.subarray(0, 2).toString('hex') === GZIP;
  const linesFrom = (from: RowPlace = BEGINNING): AsyncIterable<TextLines> =>
    linesOf(gzip ? unzipped(access, from.at) : access.bytes(from.at), from);
  const lines = await firstLines(linesFrom());
  const [first = ''] = lines.filter((line) => line.trim() !== '');
  if (first.trim() === '') throw unknownForm('the file is empty; expected CSV, NDJSON or Parquet');
  if (first.trimStart().startsWith('[')) {
    throw unknownForm('the file is one list of JSON; expected an object on each line (NDJSON)');
  }
  if (first.trimStart().startsWith('{')) {
    const columns = await namesIn(lines);
    return { form: 'ndjson', gzip, columns, rows: (from) => ndjsonRows(linesFrom(from)), rejects: jsonRejects };
  }
  const csv = detectForm(lines);
  const header = firstRecord(lines, csv);
  const named = headerOf(cellsOf([header], csv)[0] ?? []);
  return {
    form: 'csv',
    gzip,
    csv,
    columns: named.filter((name) => name !== undefined),
    rows: (from) => csvRows(linesFrom(from), csv, named, from === undefined),
    rejects: csvRejects(csv, header),
  };
}

/** What a compressed file holds, from a byte of that on: all before it has to be unpacked too. */
async function* unzipped({ bytes, mostUnpacked }: FileAccess, from: number): AsyncGenerator<Uint8Array> {
  const source = Readable.from(bytes());
  const gunzip = createGunzip();
  let failure: Error | undefined;
  source.on('error', (error) => {
    failure = error;
    gunzip.destroy(error);
  });
  let at = 0;
  try {
    for await (const chunk of source.pipe(gunzip) as AsyncIterable<Uint8Array>) {
      const before = at;
      at += chunk.length;
      if (mostUnpacked !== undefined && at > mostUnpacked) throw tooLarge(mostUnpacked);
      if (at > from) yield before >= from ? chunk : chunk.subarray(from - before);
    }
  } catch (thrown) {
    if (failure !== undefined) throw failure;
    if (thrown instanceof TributaryError) throw thrown;
    throw new TributaryError('rejected', 'import/bad-gzip', 'the compressed file is cut off or damaged', {
      cause: thrown,
    });
  } finally {
    // Whoever stops reading early leaves no request open.
    source.destroy();
    gunzip.destroy();
  }
}

async function firstLines(lines: AsyncIterable<TextLines>): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { texts } of lines) {
    found.push(...texts.slice(0, LOOKED_AT));
    if (found.length >= LOOKED_AT) break;
  }
  return found;
}

async function namesIn(texts: readonly string[]): Promise<readonly string[]> {
  const names = new Set<string>();
  const source = (async function* () {
    yield { first: 1, texts, starts: [] };
  })();
  for await (const rows of ndjsonRows(source)) {
    for (const one of rows) if ('row' in one) for (const name of Object.keys(one.row)) names.add(name);
  }
  return [...names];
}

function unknownForm(message: string): TributaryError {
  return new TributaryError('rejected', 'import/unknown-form', message);
}

function tooLarge(most: number): TributaryError {
  const message = `unpacked, the file has more than ${most} bytes; send it in parts`;
  return new TributaryError('rejected', 'import/too-large', message);
}
