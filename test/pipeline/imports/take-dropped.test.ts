import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Change } from '../../../lib/domain/change.ts';
import type { JsonObject } from '../../../lib/domain/json.ts';
import { startImport } from '../../../lib/pipeline/imports/import-file.ts';
import { inBatches, readable } from '../../../lib/pipeline/imports/row-batches.ts';
import { takeDropped } from '../../../lib/pipeline/imports/take-dropped.ts';
import { exportedRow } from '../../vendors/google-analytics/rows.ts';
import { readTogether } from '../memory-state.ts';
import { AT, noticeOf, openDroppedWorld } from './dropped-world.ts';

const mapping = { object: 'contact', id: 'No', identifiers: { email: 'Mail' }, traits: { first_name: 'Name' } };
const csv = 'No,Mail,Name\n1,ann@example.com,Ann\n,bob@example.com,Bob\n3,"open\n4,dot@example.com,Dot\n';

describe('a dropped file', () => {
  it('becomes changes, a run, rejected rows beside it and in quarantine', async () => {
    const world = openDroppedWorld(mapping);
    await world.finish(world.drop('drop/fair/2026/November list.csv', csv));

    const [message, ...others] = world.sent();
    expect(others).toEqual([]);
    expect(message?.changes).toMatchObject([
      { fragment: 'fair:contact:1', at: AT, traits: { first_name: 'Ann' } },
      { fragment: 'fair:contact:4', at: AT, traits: { first_name: 'Dot' } },
    ]);
    const [run] = await world.runs();
    expect(run).toMatchObject({
      what: 'import',
      connection: 'fair',
      file: 'fair/2026/November list.csv',
      state: 'finished',
      rows: 4,
      changes: 2,
      rejected: 2,
    });
    expect(run?.rejects).toMatch(/^rejects\/fair\/2026\/November list\.csv\/[0-9a-f]{8}-1\.csv$/);
    expect(String(world.objects.get(run?.rejects ?? ''))).toBe(
      [
        'rejected_line,rejected_code,rejected_reason,No,Mail,Name',
        '3,mapping/no-id,"found no id in No",,bob@example.com,Bob',
        '4,import/quote-not-closed,"a quote is opened and never closed",3,"open',
        '',
      ].join('\n'),
    );
    expect(await world.quarantined()).toEqual([
      {
        connection: 'fair',
        stream: 'files',
        code: 'mapping/no-id',
        reason: 'found no id in No',
        record: { line: 3, row: { No: '', Mail: 'bob@example.com', Name: 'Bob' } },
      },
      {
        connection: 'fair',
        stream: 'files',
        code: 'import/quote-not-closed',
        reason: 'a quote is opened and never closed',
        record: { line: 4 },
      },
    ]);
    expect(world.logs.join()).not.toMatch(/example\.com|November/);
  });

  it('is taken by whatever connector knows its rows', async () => {
    const world = openDroppedWorld(mapping);
    const rows = [exportedRow('page_view'), { event_name: 'page_view' }];
    const text = rows.map((row) => JSON.stringify(row)).join('\n');
    await world.finish(world.drop('drop/analytics/events_20261120.ndjson.gz', gzipSync(text)));

    expect((await world.runs())[0]).toMatchObject({ state: 'finished', rows: 2, changes: 1, rejected: 1 });
    expect(world.sent()[0]?.changes).toMatchObject([{ kind: 'activity', name: 'Page Viewed' }]);
  });

  it('is taken once, however often it is told of and dropped', async () => {
    const world = openDroppedWorld(mapping);
    const notice = world.drop('drop/fair/people.csv', csv);
    await world.finish(notice);
    const [first] = await world.runs();
    const sent = world.sent();

    await world.finish(notice);
    await world.finish(world.drop('drop/fair/copy.csv', csv));

    expect(sent).toHaveLength(1);
    expect(world.sent()).toEqual([]);
    const runs = await world.runs();
    expect(runs).toHaveLength(2);
    expect(runs).toContainEqual(first);
    expect(runs.find(({ file }) => file === 'fair/copy.csv')).toMatchObject({
      state: 'finished',
      again: true,
      rows: 0,
    });
  });

  it('is the same import as when its rows are sent to the API', async () => {
    const world = openDroppedWorld(mapping);
    await world.finish(world.drop('drop/fair/people.csv', csv));
    const [state] = await allOf(world.state.all('drop'));

    const content = await sha256(csv);
    const sent = await startImport(world, { connection: 'fair', content, fileAt: AT });

    expect(sent).toMatchObject({ import: state?.import, at: AT, ended: true, done: [0] });
  });

  it.each(['plain', 'compressed'])('is read in slices when time is short, each row once: %s', async (form) => {
    const rows = Array.from({ length: 9_500 }, (_, n) => `${n % 1_900 === 7 ? '' : n},p${n}@example.com,"x\ny"\n`);
    const text = `No,Mail,Name\n${rows.join('')}`;
    const world = openDroppedWorld(mapping);

    const rounds = await world.finish(
      world.drop('drop/fair/large.csv', form === 'plain' ? text : gzipSync(text)),
      AbortSignal.abort(),
    );

    expect(rounds).toBe(3);
    const ids = world.sent().flatMap(({ changes }) => (changes as unknown as Change[]).map(fragmentOf));
    expect(ids).toHaveLength(9_495);
    expect(new Set(ids).size).toBe(9_495);
    const [run] = await world.runs();
    expect(run).toMatchObject({ state: 'finished', rows: 9_500, changes: 9_495, rejected: 5 });
    expect(linesIn(world, run?.rejects)).toEqual([16, 3_816, 7_616, 11_416, 15_216]);
  });

  it('comes to the same end wherever a worker dies', async () => {
    const rows = Array.from({ length: 4_100 }, (_, n) => `${n % 100 === 7 ? '' : n},p${n}@example.com,Ann\n`);
    const text = `No,Mail,Name\n${rows.join('')}`;
    const untimed = { startedAt: '', endedAt: '' };
    const whole = openDroppedWorld(mapping);
    await whole.finish(whole.drop('drop/fair/large.csv', text));
    const [expected] = await whole.runs();
    let dies = 0;

    for (let died = true; died; ) {
      dies += 5;
      let steps = 0;
      let isDead = false;
      died = false;
      const world = openDroppedWorld(mapping, () => {
        steps += 1;
        isDead ||= steps === dies;
        if (isDead) throw new Error('the worker died');
      });
      const notice = world.drop('drop/fair/large.csv', text);
      await world.finish(notice).catch(() => {
        died = true;
      });
      isDead = false;
      steps = Number.POSITIVE_INFINITY;
      // The message comes again while the worker that died still has the file, and then no more.
      await world.finish(notice);

      const [run] = await world.runs();
      expect({ ...run, ...untimed }).toEqual({ ...expected, ...untimed });
      expect(linesIn(world, run?.rejects)).toEqual(linesIn(whole, expected?.rejects));
      const ids = world.sent().flatMap(({ changes }) => (changes as unknown as Change[]).map(fragmentOf));
      expect(new Set(ids).size).toBe(4_059);
      expect(await world.quarantined()).toEqual(await whole.quarantined());
    }
    expect(dies).toBeGreaterThan(30);
  });

  it('is read although two deliveries took it for free at one moment and the worker that has it dies', async () => {
    const world = openDroppedWorld(mapping);
    const notice = world.drop('drop/fair/people.csv', csv);
    readTogether(world.state, 'drop');
    let opened = 0;
    const take = takeDropped({
      ...world,
      openFile: (access) => {
        opened += 1;
        return opened === 1 ? new Promise(() => {}) : world.openFile(access);
      },
    });
    const signal = new AbortController().signal;
    await Promise.race([take(notice, signal), take(notice, signal)]);
    const [message] = world.taken();

    world.clock.pass((message?.delaySeconds ?? 0) * 1_000);
    await take(message?.body ?? null, signal);

    expect((await world.runs())[0]).toMatchObject({ state: 'finished', rows: 4 });
  });

  it('is given up when its workers keep dying at one place', async () => {
    let deadly = true;
    const world = openDroppedWorld(mapping, () => {
      if (deadly && new Error('').stack?.includes('takeRows')) throw new Error('out of memory');
    });
    const notice = world.drop('drop/fair/bomb.csv', csv);
    for (let round = 0; round < 3; round += 1) {
      await expect(world.finish(notice)).rejects.toMatchObject({ code: 'core/unknown-failure' });
    }
    await world.finish(notice);
    deadly = false;

    expect((await world.runs())[0]).toMatchObject({
      state: 'failed',
      error: {
        code: 'import/no-progress',
        message: expect.stringContaining('reading stopped 3 times at its beginning'),
      },
    });
    expect(world.told).toHaveLength(1);
    expect(world.told[0]).not.toContain('bomb');
  });

  it.each([
    ['of an unknown connection', 'drop/nowhere/people.csv', csv, 'api/no-such-connection'],
    ['of no connection', 'drop/people.csv', csv, 'import/bad-name'],
    ['with steps upwards', 'drop/fair/../../definitions/v1', csv, 'import/bad-name'],
    ['with a step that is empty', 'drop/fair//people.csv', csv, 'import/bad-name'],
    ['with a control character', 'drop/fair/a\u001b[2Jb.csv', csv, 'import/bad-name'],
    ['with a backslash', 'drop/fair/..\\people.csv', csv, 'import/bad-name'],
    ['without a column that tells rows apart', 'drop/fair/other.csv', 'Nr,Name\n1,Ann\n', 'import/unknown-header'],
    ['without a header', 'drop/fair/bare.csv', '1,ann@example.com,Ann\n', 'import/bad-header'],
    ['that is empty', 'drop/fair/empty.csv', '', 'import/unknown-form'],
    [
      'that is not UTF-8',
      'drop/fair/latin.csv',
      Buffer.from('No,Mail,Name\n1,x,M\xfcller\n', 'latin1'),
      'import/not-utf8',
    ],
    ['that is cut off', 'drop/fair/cut.csv.gz', gzipSync(csv.repeat(99)).subarray(0, 60), 'import/bad-gzip'],
    ['that is no Parquet', 'drop/fair/people.parquet', 'PAR1 and nothing', 'import/bad-parquet'],
  ])('fails by name %s, stays where it is, and says so to whoever is on call', async (_what, key, content, code) => {
    const world = openDroppedWorld(mapping);
    await world.finish(world.drop(key, content));

    const [run] = await world.runs();
    expect(run).toMatchObject({ state: 'failed', error: { code } });
    expect(run?.file).not.toMatch(/\p{Cc}/u);
    expect(world.objects.has(key)).toBe(true);
    expect([...world.objects.keys()].filter((one) => one !== key)).toEqual([]);
    expect(world.told[0]).toContain(code);
    expect(world.sent()).toEqual([]);
  });

  it('keeps what was taken of a file that is damaged further on', async () => {
    const rows = Array.from({ length: 8_000 }, (_, n) => `${n},p${n}@example.com,Ann\n`);
    const text = Buffer.concat([Buffer.from(`No,Mail,Name\n${rows.join('')}`), Buffer.from([0xff, 0x0a])]);
    const world = openDroppedWorld(mapping);
    await world.finish(world.drop('drop/fair/people.csv', text));

    const [run] = await world.runs();
    expect(run).toMatchObject({ state: 'failed', error: { code: 'import/not-utf8' } });
    expect(run?.error?.message).toContain('line 8002');
    expect(run?.changes).toBe(4_000);
  });

  it('closes the alert when the file comes again under its name and is good', async () => {
    const world = openDroppedWorld(mapping);
    await world.finish(world.drop('drop/fair/people.csv', 'Nr\n1\n'));
    await world.finish(world.drop('drop/fair/other.csv', csv));
    expect(world.told).toHaveLength(1);

    await world.finish(world.drop('drop/fair/people.csv', csv.replace('Ann', 'Anna')));

    expect(world.told).toHaveLength(2);
    expect(world.told[1]).toContain('is well again');
  });

  it('is not mixed with the file that replaces it', async () => {
    const world = openDroppedWorld(mapping);
    const first = world.drop('drop/fair/people.csv', csv);
    const second = world.drop('drop/fair/people.csv', csv.replace('Ann', 'Anna'));
    await world.finish(first);
    await world.finish(second);

    expect((await world.runs()).map(({ state, error }) => [state, error?.code]).sort()).toEqual([
      ['failed', 'import/file-replaced'],
      ['finished', undefined],
    ]);
  });

  it('stops when its mapping is changed on the way', async () => {
    const rows = Array.from({ length: 5_000 }, (_, n) => `${n},p${n}@example.com,Ann\n`);
    const world = openDroppedWorld(mapping);
    await world.take(world.drop('drop/fair/people.csv', `No,Mail,Name\n${rows.join('')}`), AbortSignal.abort());
    world.settings.mapping = { ...mapping, version: 2 };
    for (const { body } of world.imports.take()) await world.finish(body);

    expect((await world.runs())[0]).toMatchObject({ state: 'failed', error: { code: 'import/mapping-moved' } });
  });

  it('tells of columns that it lacks, and takes the rest', async () => {
    const world = openDroppedWorld({ ...mapping, traits: { first_name: 'Name', plan: 'Plan' } });
    await world.finish(world.drop('drop/fair/people.csv', csv));

    expect((await world.runs())[0]).toMatchObject({ state: 'finished', missing: ['Plan'], changes: 2 });
  });

  it('quarantines so many rows and writes all of them down, a part at a time', async () => {
    const long = 'x'.repeat(3_000);
    const rows = Array.from({ length: 4_000 }, (_, n) => `,p${n}@example.com,${long}\n`);
    const world = openDroppedWorld(mapping);
    await world.finish(world.drop('drop/fair/people.csv', `No,Mail,Name\n${rows.join('')}`));

    const [run] = await world.runs();
    const parts = [1, 2].map((part) => String(world.objects.get((run?.rejects ?? '').replace('-1.', `-${part}.`))));
    expect(await world.quarantined()).toHaveLength(1_000);
    expect(run?.rejected).toBe(4_000);
    expect(parts.map((text) => text.split('\n')[0])).toEqual(
      Array(2).fill('rejected_line,rejected_code,rejected_reason,No,Mail,Name'),
    );
    expect(parts.flatMap((text) => text.split('\n').slice(1, -1))).toHaveLength(4_000);
  });
});

describe('what is no file', () => {
  it.each([
    ['the test that S3 sends when it is told to notify', { Service: 'Amazon S3', Event: 's3:TestEvent' }],
    ['a folder that the console makes', { Records: [noticeOf('drop/fair/', Buffer.alloc(0), 1)] }],
    ['a file that nobody knows any more', { file: 'drop.0' }],
  ])('is passed over: %s', async (_what, message) => {
    const world = openDroppedWorld(mapping);
    await world.finish(message as JsonObject);

    expect(await world.runs()).toEqual([]);
  });

  it.each([
    ['of another bucket', { Records: [noticeOf('drop/fair/a.csv', Buffer.from('x'), 1, 'other')] }],
    ['of another folder', { Records: [noticeOf('pages/fair/a.csv', Buffer.from('x'), 1)] }],
    ['that is none', { hello: 1 }],
  ])('goes to the dead letters: a notification %s', async (_what, message) => {
    const world = openDroppedWorld(mapping);

    await expect(world.finish(message as JsonObject)).rejects.toMatchObject({ code: 'import/unknown-notice' });
  });

  it('takes several files that one message tells of', async () => {
    const world = openDroppedWorld(mapping);
    const records = ['a', 'b'].flatMap((name) => {
      const notice = world.drop(`drop/fair/${name}.csv`, csv.replace('Ann', name));
      return (notice as { readonly Records: readonly JsonObject[] }).Records;
    });
    await world.finish({ Records: records });

    expect((await world.runs()).map(({ file, state }) => [file, state]).sort()).toEqual([
      ['fair/a.csv', 'finished'],
      ['fair/b.csv', 'finished'],
    ]);
  });
});

describe('inBatches', () => {
  it('cuts a file alike wherever it begins', async () => {
    const rows = Array.from({ length: 2_500 }, (_, n) => ({ line: n + 2, at: n * 10, raw: 'x', row: { n } }));
    const all = await allBatches(rows);

    expect(all.map(({ number, from, rows: some }) => [number, from.line, some.length])).toEqual([
      [0, 2, 1_000],
      [1, 1_002, 1_000],
      [2, 2_002, 500],
    ]);
    expect(await allBatches(rows.slice(1_000), 1)).toEqual(all.slice(1));
    expect(readable([{ line: 2, at: 0, raw: 'x', code: 'a/b', reason: 'c' }])).toEqual([]);
  });
});

async function allBatches(rows: Parameters<typeof readable>[0], first?: number) {
  async function* some() {
    yield rows.slice(0, 700);
    yield rows.slice(700);
  }
  const found = [];
  for await (const batch of inBatches(some(), first)) found.push(batch);
  return found;
}

function linesIn({ objects }: { readonly objects: ReadonlyMap<string, Buffer> }, key = ''): number[] {
  const text = String(objects.get(key) ?? '');
  return text.split('\n').flatMap((line) => /^\d+(?=,\w+\/)/.exec(line)?.map(Number) ?? []);
}

function fragmentOf(change: Change): string {
  return 'fragment' in change ? change.fragment : change.account;
}

async function allOf(pages: AsyncIterable<readonly { readonly body: JsonObject }[]>): Promise<JsonObject[]> {
  const found: JsonObject[] = [];
  for await (const page of pages) found.push(...page.map(({ body }) => body));
  return found;
}

async function sha256(text: string): Promise<string> {
  return Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(text))).toString('hex');
}
