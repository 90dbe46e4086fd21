import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it, vi } from 'vitest';
import { openFile } from '../../lib/connectors/files/open-file.ts';
import type { FileAccess, FileRow, RowPlace } from '../../lib/connectors/row-file.ts';

describe('openFile', () => {
  it.each([
    ['commas', 'id,name\n1,Ann\n', { delimiter: ',', quote: '"' }],
    ['semicolons, with commas in cells', 'id;name\n1;"Ann, A"\n2;Bob, B\n', { delimiter: ';', quote: '"' }],
    ['tabs', 'id\tname\n1\tAnn\n', { delimiter: '\t', quote: '"' }],
    ['bars and single quotes', "id|name\n1|'Ann|A'\n", { delimiter: '|', quote: "'" }],
    ['one column', 'email\nann@example.com\n', { delimiter: ',', quote: '"' }],
  ])('finds out that cells are told apart by %s', async (_what, text, form) => {
    expect((await openFile(held(text))).csv).toEqual(form);
  });

  it('takes off a byte order mark, and takes any end of line', async () => {
    const file = await openFile(held('\ufeffid,name\r\n1,Ann\r\n\r\n2,Bob'));

    expect(file.columns).toEqual(['id', 'name']);
    expect(await rowsOf(file)).toEqual([
      { line: 2, at: 12, raw: '1,Ann', row: { id: '1', name: 'Ann' } },
      { line: 4, at: 21, raw: '2,Bob', row: { id: '2', name: 'Bob' } },
    ]);
  });

  it.each([1, 2, 3, 7, 1000])('reads quoted cells over lines alike in parts of %d bytes', async (size) => {
    const text = 'id,note\n1,"two\nlines, and ""quotes"""\n2,5" pipe\n3,größer\n';

    expect((await rowsOf(await openFile(held(text, size)))).map((one) => 'row' in one && one.row)).toEqual([
      { id: '1', note: 'two\nlines, and "quotes"' },
      { id: '2', note: '5" pipe' },
      { id: '3', note: 'größer' },
    ]);
  });

  it('rejects a broken row and reads its neighbours', async () => {
    const text = 'id,name\n1,Ann\n2,"open\n3,Cyd\n4,"bad"x\n5\n6,Fay,more\n7,Gus\n';

    const rows = await rowsOf(await openFile(held(text)));

    expect(rows.map((one) => [one.line, 'row' in one ? one.row.id : one.code])).toEqual([
      [2, '1'],
      [3, 'import/quote-not-closed'],
      [4, '3'],
      [5, 'import/bad-quote'],
      [6, 'import/cell-count'],
      [7, 'import/cell-count'],
      [8, '7'],
    ]);
  });

  it('reads a dot in the name of a column as inside', async () => {
    const [row] = await rowsOf(await openFile(held('id,address.city,address.zip,\n1,Bonn,53111,x\n')));

    expect(row).toMatchObject({ row: { id: '1', address: { city: 'Bonn', zip: '53111' } } });
  });

  it.each([
    ['data', '1,ann@example.com\n2,bob@example.com\n', 'the first line holds data in column 1'],
    ['one name twice', 'id,name,name\n', 'two columns are called "name"'],
    ['a name inside another', 'id,a,a.b\n', 'columns "a" and "a.b" cannot stand beside each other'],
    ['a name that no object can have', 'id,__proto__\n', 'a column has a name that no column can have'],
  ])('refuses a header with %s', async (_what, text, says) => {
    await expect(openFile(held(text))).rejects.toMatchObject({
      code: 'import/bad-header',
      message: expect.stringContaining(says),
    });
  });

  it('names the line that is not UTF-8, and nothing of it', async () => {
    const lines = Array.from({ length: 2_000 }, (_, n) => `${n},Ann\n`).join('');
    const bytes = Buffer.concat([Buffer.from(`id,name\n${lines}`), Buffer.from('x,M\xfcller\n', 'latin1')]);

    await expect(openFile(held(bytes, 500)).then(rowsOf)).rejects.toMatchObject({
      code: 'import/not-utf8',
      message: 'line 2002 is not UTF-8; save the file as UTF-8 (in a spreadsheet: "CSV UTF-8")',
    });
    await expect(openFile(held(Buffer.from('\ufeffid,name\n', 'utf16le')))).rejects.toMatchObject({
      code: 'import/not-utf8',
    });
  });

  it('reads NDJSON, and rejects lines that hold no object', async () => {
    const file = await openFile(held('{"id":1,"tags":["a"]}\nnothing\n[1]\n{"id":2,"name":"Bob"}\n'));

    expect({ form: file.form, columns: file.columns }).toEqual({ form: 'ndjson', columns: ['id', 'tags', 'name'] });
    expect((await rowsOf(file)).map((one) => [one.line, 'row' in one ? one.row : one.code])).toEqual([
      [1, { id: 1, tags: ['a'] }],
      [2, 'import/not-an-object'],
      [3, 'import/not-an-object'],
      [4, { id: 2, name: 'Bob' }],
    ]);
  });

  it('reads what is compressed, and says when it is cut off', async () => {
    const whole = gzipSync('id,name\n1,Ann\n');
    const long = gzipSync(Buffer.from(Array.from({ length: 9_000 }, (_, n) => `${n * 7919},x${n}\n`).join('')));

    const file = await openFile(held(whole, 9));

    expect({ gzip: file.gzip, rows: (await rowsOf(file)).length }).toEqual({ gzip: true, rows: 1 });
    await expect(openFile(held(long.subarray(0, 60))).then(rowsOf)).rejects.toMatchObject({ code: 'import/bad-gzip' });
  });

  it.each([
    ['an empty file', '\n\n', 'the file is empty'],
    ['one list of JSON', '[{"id":1}]', 'the file is one list of JSON'],
  ])('refuses %s', async (_what, text, says) => {
    await expect(openFile(held(text))).rejects.toMatchObject({
      code: 'import/unknown-form',
      message: expect.stringContaining(says),
    });
  });

  it.each(['snappy', 'gzip', 'uncompressed'])('reads Parquet, %s', async (compression) => {
    const file = await openFile(held(await parquetOf(compression)));

    const rows = await rowsOf(file);
    expect({ form: file.form, columns: file.columns }).toEqual({
      form: 'parquet',
      columns: ['id', 'email', 'at', 'n'],
    });
    expect(rows).toHaveLength(5_001);
    expect(rows.at(-1)).toMatchObject({
      line: 5_001,
      row: { id: 5_000, email: 'p5000@example.com', at: '2026-11-01T10:00:00.000Z', n: null },
    });
  });

  it('goes on at any row, however the file is stored', async () => {
    const csv = '\ufeffid,"no\nte"\r\n1,"two\nlines"\n\n2,"open\n3,größer\r\n4\n5,"last';
    const ndjson = '{"id":"ä"}\n[]\n\n{"id":2}';
    const files = [csv, ndjson, gzipSync(csv), gzipSync(ndjson)].map((content) => held(content, 7));

    for (const access of files) {
      const file = await openFile(access);
      const all = await rowsOf(file);
      expect(all.length).toBeGreaterThan(2);
      for (const [index, { at, line }] of all.entries()) {
        expect(await rowsOf(file, { at, line })).toEqual(all.slice(index));
      }
    }
    const parquet = await openFile(held(await parquetOf('snappy')));
    const all = await rowsOf(parquet);
    for (const row of [0, 1, 2_048, 5_000]) {
      expect(await rowsOf(parquet, { at: row, line: row + 1 })).toEqual(all.slice(row));
    }
  });

  it('stops unpacking at a bound, and closes what it read from', async () => {
    const bomb = gzipSync(Buffer.alloc(3_000_000, 'id,name\n'));
    let closed = 0;
    const access: FileAccess = {
      ...held(bomb),
      mostUnpacked: 1_000_000,
      async *bytes() {
        try {
          for (let at = 0; at < bomb.length; at += 16) yield bomb.subarray(at, at + 16);
        } finally {
          closed += 1;
        }
      },
    };

    const file = await openFile(access);
    await expect(rowsOf(file)).rejects.toMatchObject({
      code: 'import/too-large',
      message: 'unpacked, the file has more than 1000000 bytes; send it in parts',
    });
    await vi.waitFor(() => expect(closed).toBe(2));
  });

  it('tells a failure of the source from a damaged file', async () => {
    const whole = gzipSync('id,name\n1,Ann\n');
    const access: FileAccess = {
      ...held(whole),
      async *bytes() {
        yield whole.subarray(0, 12);
        throw new Error('the connection was reset');
      },
    };

    await expect(openFile(access)).rejects.toThrow('the connection was reset');
  });

  it('says when Parquet is cut off', async () => {
    const whole = await parquetOf('snappy');

    await expect(openFile(held(whole.subarray(0, 300)))).rejects.toMatchObject({ code: 'import/bad-parquet' });
  });
});

/** A file that is held, and read in parts of so many bytes. */
function held(content: string | Buffer, size = 64 * 1024): FileAccess {
  const bytes = Buffer.from(content);
  return {
    byteLength: bytes.length,
    async *bytes(start = 0) {
      for (let at = start; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    },
    slice: async (start, end = bytes.length) => new Uint8Array(bytes.subarray(start, end)).buffer,
  };
}

async function rowsOf(
  file: { rows(from?: RowPlace): AsyncIterable<readonly FileRow[]> },
  from?: RowPlace,
): Promise<FileRow[]> {
  const found: FileRow[] = [];
  for await (const rows of file.rows(from)) found.push(...rows);
  return found;
}

async function parquetOf(compression: string): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-parquet-'));
  const path = join(folder, 'people.parquet');
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  const people = `select range as id, 'p' || range || '@example.com' as email,
    timestamp '2026-11-01 10:00:00' as at, null::integer as n from range(5001)`;
  await connection.run(`copy (${people}) to '${path}' (format parquet, compression ${compression})`);
  connection.closeSync();
  instance.closeSync();
  const bytes = readFileSync(path);
  rmSync(folder, { recursive: true, force: true });
  return bytes;
}
