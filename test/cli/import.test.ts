import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../lib/domain/json.ts';
import { exportedRow } from '../vendors/google-analytics/rows.ts';
import { type Answer, withPlayedStages } from './played-stage.ts';
import { withCli } from './run-cli.ts';

const cli = withCli();
const play = withPlayedStages();
const mapping = { object: 'contact', id: 'id', identifiers: { email: 'email' }, traits: { first_name: 'first name' } };
const text =
  'id,email,first name\n1,ann@example.com,Ann\n,bob@example.com,Bob\n3,cyd@example.com\n4,dee@example.com,Dee\n';

describe('tributary import', () => {
  it('suggests a mapping where none is named, and sends nothing', async () => {
    write('people.csv', text);

    const { status, stdout, stderr } = await cli().run(['import', 'people.csv']);

    expect(status).toBe(0);
    expect(stdout).toBe(`my-files:
  connector: files
  mapping:
    object: contact
    id: id
    identifiers:
      email: email
    traits:
      first_name: first name
`);
    expect(stderr).toContain('CSV separated by ",", 3 columns; nothing was sent');
  });

  it('tries rows without a stage: a sample, and by line what would be rejected', async () => {
    write('people.csv', text);
    write(
      'mapping.yaml',
      JSON.stringify({ mapping: { ...mapping, traits: { first_name: 'first name', age: 'Age' } } }),
    );

    const args = ['import', 'people.csv', '--mapping', 'mapping.yaml', '--dry-run', '--sample', '2', '--json'];
    const { status, stdout, stderr } = await cli().run(args);

    const { sample, reasons, ...rest } = JSON.parse(stdout) as Record<string, unknown>;
    expect(status).toBe(1);
    expect(rest).toMatchObject({ dryRun: true, form: 'csv', rows: 4, changes: 2, rejected: 2, missing: ['Age'] });
    expect(sample).toMatchObject([
      {
        line: 2,
        record: { id: '1', email: 'ann@example.com', 'first name': 'Ann' },
        changes: [{ fragment: 'my-files:contact:1', traits: { first_name: 'Ann' } }],
        rejected: [],
      },
      { line: 3, changes: [], rejected: [{ code: 'mapping/no-id', reason: 'found no id in id' }] },
    ]);
    expect(reasons).toEqual([
      { code: 'mapping/no-id', reason: 'found no id in id', rows: 1, lines: [3] },
      { code: 'import/cell-count', reason: 'found 2 cells, expected 3 as in the first line', rows: 1, lines: [4] },
    ]);
    expect(stderr).toBe('the mapping names columns that the file does not have: Age\n');

    const shown = await cli().run(args.slice(0, -1));
    expect(shown.stdout).toMatch(/^line 2$/m);
    expect(shown.stdout).toMatch(/^first name: Ann +│ +at: /m);
    expect(shown.stdout).toMatch(/^email: bob@example\.com +│ +because: found no id in id$/m);
  });

  it('sends rows in batches, writes down what was not taken as it was, and follows the job', async () => {
    write('people.csv', text);
    const reason = 'found no id in "id"';
    const stage = await play(answering({ rejected: [{ line: 3, code: 'mapping/no-id', reason }] }));

    const args = ['import', 'people.csv', '--connection', 'fair', '--rejects', 'rejects.csv', '--stage', stage.url];
    const { status, stdout } = await cli().run(args);

    expect(status).toBe(1);
    expect(stage.asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /api/import/fair',
      'POST /api/import',
      'POST /api/import/fair.1/rows',
      'POST /api/import/fair.1/end',
    ]);
    expect(stage.asked[1]?.body).toEqual({
      connection: 'fair',
      content: expect.stringMatching(/^[0-9a-f]{64}$/),
      fileAt: '2026-11-20T00:00:00.000Z',
    });
    expect(stage.asked[2]?.body).toMatchObject({ batch: 0, rows: [{ line: 2 }, { line: 3 }, { line: 5 }] });
    expect(stdout).toContain('4 rows became 2 changes; 2 rejected');
    expect(readFileSync(join(cli().folder, 'rejects.csv'), 'utf8').split('\n').sort()).toEqual([
      '',
      '3,mapping/no-id,"found no id in ""id""",,bob@example.com,Bob',
      '4,import/cell-count,"found 2 cells, expected 3 as in the first line",3,cyd@example.com',
      'rejected_line,rejected_code,rejected_reason,id,email,first name',
    ]);
  });

  it('sends only what was not taken before', async () => {
    const lines = Array.from({ length: 2_500 }, (_, n) => `${n},p${n}@example.com,P\n`).join('');
    write('many.csv', `id,email,first name\n${lines}`);
    const stage = await play(answering({ done: [0, 2] }));

    const { status, stdout } = await cli().run(['import', 'many.csv', '--connection', 'fair', '--stage', stage.url]);

    const batches = stage.asked.flatMap(({ path, body }) => (path.endsWith('/rows') ? [body] : []));
    expect({ status, says: stdout }).toMatchObject({ status: 0, says: expect.stringContaining('2,500 rows became') });
    expect(batches).toMatchObject([{ batch: 1 }]);
  });

  it('sends nothing of a file that was imported before', async () => {
    write('people.csv', 'id,email,first name\n1,ann@example.com,Ann\n');
    const stage = await play(answering({ ended: true }));

    const args = ['import', 'people.csv', '--connection', 'fair', '--stage', stage.url, '--json'];
    const { status, stdout } = await cli().run(args);

    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ again: true, rows: 1, changes: 1, rejected: 0 });
    expect(stage.asked.filter(({ path }) => path.endsWith('/rows'))).toEqual([]);
  });

  it('imports by no mapping but the published one', async () => {
    write('people.csv', text);
    write('mapping.yaml', JSON.stringify({ ...mapping, object: 'guest' }));
    const stage = await play(answering({}));

    const args = ['import', 'people.csv', '--connection', 'fair', '--mapping', 'mapping.yaml', '--stage', stage.url];
    const { status, stderr } = await cli().run(args);

    expect({ status, code: stderr.includes('import/mapping-not-published') }).toEqual({ status: 1, code: true });
  });

  it('reads rows by a connector that knows itself what they mean', async () => {
    write(
      'events.ndjson',
      `${JSON.stringify(exportedRow('page_view'))}\n${JSON.stringify(exportedRow('of_tomorrow'))}\n`,
    );
    const stage = await play(answering({ connector: 'google-analytics', settings: {} }));
    const from = ['import', 'events.ndjson', '--connection', 'ga', '--stage', stage.url];

    const { status, stdout } = await cli().run([...from, '--dry-run', '--json']);
    write('mapping.yaml', JSON.stringify(mapping));
    const given = await cli().run([...from, '--mapping', 'mapping.yaml']);

    const { sample, ...rest } = JSON.parse(stdout) as Record<string, unknown>;
    expect(status).toBe(1);
    expect(rest).toMatchObject({
      rows: 2,
      changes: 1,
      missing: [],
      reasons: [{ code: 'google-analytics/unknown-event' }],
    });
    expect(sample).toMatchObject([
      { line: 1, changes: [{ fragment: 'ga:client:1234567890.1795000000' }], rejected: [] },
      { line: 2, changes: [], rejected: [{ code: 'google-analytics/unknown-event' }] },
    ]);
    expect({ status: given.status, says: given.stderr.includes('knows itself') }).toEqual({ status: 2, says: true });
  });

  it.each([
    ['a mapping with mistakes', ['--mapping', 'bad.yaml', '--dry-run'], 1, 'import/bad-mapping'],
    ['a mapping that is not there', ['--mapping', 'nowhere.yaml', '--dry-run'], 2, 'cli/no-such-file'],
    ['a mapping and no connection', ['--mapping', 'good.yaml'], 2, '--mapping needs --dry-run or --connection'],
    ['a sample that is no number', ['--sample', 'all'], 2, 'whole number'],
  ])('refuses %s', async (_what, args, wanted, says) => {
    write('people.csv', text);
    write('bad.yaml', 'mapping: { traits: { a: b } }');
    write('good.yaml', JSON.stringify(mapping));

    const { status, stderr } = await cli().run(['import', 'people.csv', ...args]);

    expect({ status, says: stderr.includes(says) }).toEqual({ status: wanted, says: true });
  });
});

function write(name: string, content: string): void {
  const path = join(cli().folder, name);
  writeFileSync(path, content);
  utimesSync(path, new Date('2026-11-20T00:00:00Z'), new Date('2026-11-20T00:00:00Z'));
}

function answering(told: {
  readonly rejected?: { line: number; code: string; reason: string }[];
  readonly done?: number[];
  readonly ended?: boolean;
  readonly connector?: string;
  readonly settings?: JsonObject;
}) {
  const { rejected = [], done = [], ended = false, connector = 'files', settings = { mapping } } = told;
  return ({ method, path, body }: { method: string; path: string; body: unknown }): Answer => {
    if (method === 'GET') return [200, { connection: 'fair', connector, stream: 'files', settings }];
    if (path === '/api/import') return [200, { import: 'fair.1', at: '2026-11-20T00:00:00.000Z', done, ended }];
    if (path.endsWith('/end')) {
      const parts = [{ import: 'fair.1' }];
      return [202, { id: 'import.1', what: 'import', state: 'finished', startedAt: '2026-11-20T00:00:00.000Z', parts }];
    }
    const { rows } = body as { rows: unknown[] };
    return [200, { changes: rows.length - rejected.length, rejected }];
  };
}
