import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../lib/domain/json.ts';
import { stageAccessKeyId } from '../../lib/local/engines/exchange.ts';
import { openStage, type Stage } from '../../lib/local/stage.ts';
import { loadWorkspace } from '../../lib/workspace/load.ts';
import { linesOf, withCli } from '../cli/run-cli.ts';
import { versioned } from '../pipeline/define/published-world.ts';
import { bundledOnce } from '../setup/bundled-once.ts';

const START = Date.parse('2026-11-20T04:00:00.000Z');
// Batches and slices are tried in test/pipeline/imports; here each person costs a DynamoDB on Java its time.
const PEOPLE = 300;
const cli = withCli();

const workspaceText = (mapping: string) => `
workspace: fair
timezone: Europe/Berlin
connections:
  fair: { connector: files, mapping: ${mapping} }
`;
const mapping = '{ object: attendee, id: No, identifiers: { email: Mail }, traits: { plan: Plan } }';
const segment = `
segment: gold
title: Has the best plan
when: { trait: plan, is: gold }
`;

let folder: string;
let stage: Stage;
let s3: S3Client;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tributary-import-'));
  mkdirSync(join(folder, 'segments'));
  writeFileSync(join(folder, 'segments', 'gold.yaml'), segment);
  const workspace = await workspaceWith(mapping);
  stage = await openStage({
    from: { workspace, bundle: bundledOnce },
    start: START,
    port: 0,
    secrets: {},
    stageFileIn: folder,
  });
  s3 = new S3Client({
    endpoint: stage.aws,
    region: 'eu-central-1',
    forcePathStyle: true,
    credentials: { accessKeyId: stageAccessKeyId, secretAccessKey: 'none' },
  });
  await call('POST', '/api/definitions', versioned(workspace));
  const rows = Array.from({ length: PEOPLE }, (_, n) => {
    const plan = n % 3 === 0 ? 'gold' : '"silver, ""new"""';
    return `${n === 7 ? '' : n};p${n}@example.com;${plan};${n % 2 === 0 ? 'gold' : 'lead'}\r\n`;
  });
  writeFileSync(join(folder, 'people.csv.gz'), gzipSync(`\ufeffNo;Mail;Plan;Tier\r\n${rows.join('')}`));
});

afterAll(async () => {
  s3?.destroy();
  await stage?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('tributary import on the stage', () => {
  it('makes people of rows, twice the same, and anew when the mapping is changed and replayed', async () => {
    const first = await run('import', 'people.csv.gz', '--connection', 'fair', '--rejects', 'rejects.csv');
    expect(first).toMatchObject({ status: 1, json: { again: false, rows: PEOPLE, changes: PEOPLE - 1, rejected: 1 } });
    expect(readFileSync(join(folder, 'rejects.csv'), 'utf8').split('\n').slice(1)).toEqual([
      '9;mapping/no-id;"found no id in No";;p7@example.com;"silver, ""new""";lead',
      '',
    ]);
    expect(await membersOf('gold')).toBe(PEOPLE / 3);
    const ann = await call('GET', '/api/people/p3@example.com');
    expect(ann).toMatchObject({ traits: { plan: 'gold' }, fragments: ['fair:attendee:3'], segments: ['gold'] });

    const csv = await cli().run(['review', 'gold', '--csv', '--columns', 'email,plan', '--stage', stage.url], {
      cwd: folder,
    });
    expect(csv.stdout.split('\r\n').slice(0, -1).sort()).toEqual(
      ['email,plan', ...Array.from({ length: PEOPLE / 3 }, (_, n) => `p${n * 3}@example.com,gold`)].sort(),
    );

    const second = await run('import', 'people.csv.gz', '--connection', 'fair');
    expect(second).toMatchObject({ status: 1, json: { again: true, rows: PEOPLE, rejected: 1 } });
    expect(await call('GET', '/api/people/p3@example.com')).toEqual(ann);

    await call(
      'POST',
      '/api/definitions',
      versioned(await workspaceWith(mapping.replace('Plan }', 'Tier }, version: 2'))),
    );
    await stage.runUntil(Date.parse(stage.now()) + 5 * 60_000);
    const replayed = await stepped(() =>
      run('replay', '--from', '2026-11-20', '--to', '2026-11-21', '--connection', 'fair'),
    );
    expect(replayed).toMatchObject({ status: 0, json: { parts: [{ stream: 'files', changes: PEOPLE - 1 }, {}] } });
    expect(await call('GET', '/api/people/p3@example.com')).toMatchObject({ traits: { plan: 'lead' }, segments: [] });
    expect(await membersOf('gold')).toBe(PEOPLE / 2);
  });

  it('takes files that are dropped in the bucket, and says what it did not take', async () => {
    const Bucket = stage.resolve('ARCHIVE_BUCKET') as string;
    const drop = async (name: string, Body: string) => {
      await s3.send(new PutObjectCommand({ Bucket, Key: `drop/${name}`, Body }));
      await stage.idle();
    };
    const rows = 'No,Mail,Plan,Tier\n9001,zoe@example.com,x,gold\n,yan@example.com,x,gold\n';
    await drop('fair/late list.csv', rows);
    await drop('nowhere/list.csv', rows);
    writeFileSync(join(folder, 'late.csv'), rows);
    const again = await run('import', 'late.csv', '--connection', 'fair');

    expect(await call('GET', '/api/people/zoe@example.com')).toMatchObject({
      traits: { plan: 'gold' },
      fragments: ['fair:attendee:9001'],
      segments: ['gold'],
    });
    const { json } = await run('runs');
    const runs = (json as unknown as readonly JsonObject[]).filter(({ what }) => what === 'import');
    expect(runs).toMatchObject([
      { file: 'nowhere/list.csv', state: 'failed', error: { code: 'api/no-such-connection' } },
      { file: 'fair/late list.csv', state: 'finished', rows: 2, changes: 1, rejected: 1 },
    ]);
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: String(runs[1]?.rejects) }));
    expect((await Body?.transformToString())?.split('\n')[1]).toBe(
      '3,mapping/no-id,"found no id in No",,yan@example.com,x,gold',
    );
    const quarantined = (await call('GET', '/api/quarantine/fair')) as readonly JsonObject[];
    expect(quarantined).toContainEqual(
      expect.objectContaining({ code: 'mapping/no-id', record: expect.objectContaining({ line: 3 }) }),
    );
    expect(again).toMatchObject({ json: { again: true, rows: 2, changes: 1, rejected: 1 } });
    expect(stage.published.map(({ text }) => text).join()).toContain('api/no-such-connection');
    expect([stage.refusals, stage.failures, stage.troubles]).toEqual([[], [], []]);
  });

  it('keeps a forgotten person away when the rows are replayed', async () => {
    expect((await stepped(() => run('forget', 'p4@example.com', '--yes'))).status).toBe(0);

    const replayed = await stepped(() =>
      run('replay', '--from', '2026-11-20', '--to', '2026-11-21', '--connection', 'fair'),
    );

    expect(replayed).toMatchObject({ status: 0, json: { parts: [{ stream: 'files' }, {}] } });
    expect((await ask('GET', '/api/people/p4@example.com')).status).toBe(404);
    expect((await ask('GET', '/api/people/p6@example.com')).status).toBe(200);
  });
});

async function workspaceWith(text: string) {
  writeFileSync(join(folder, 'tributary.yaml'), workspaceText(text));
  const { definitions, problems } = await loadWorkspace(folder);
  if (definitions === undefined) throw new Error(`the workspace does not load: ${JSON.stringify(problems)}`);
  expect(problems).toEqual([]);
  return definitions;
}

/** Runs a command while the stage's clock goes on, as it does by itself outside of tests. */
async function run(...args: readonly string[]) {
  const { status, stdout, stderr } = await cli().run([...args, '--json', '--stage', stage.url], { cwd: folder });
  const [json] = linesOf(stdout);
  return { status, json, stderr };
}

/** Does work that waits for the stage's clock, which steps meanwhile instead of passing. */
async function stepped<T>(work: () => Promise<T>): Promise<T> {
  let isOver = false;
  const done = work().finally(() => {
    isOver = true;
  });
  while (!isOver) {
    await stage.runUntil(Date.parse(stage.now()) + 5_000);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return done;
}

async function membersOf(wanted: string): Promise<number> {
  const found = (await call('GET', '/api/segments')) as { segments: readonly { segment: string; members: number }[] };
  return found.segments.find(({ segment: one }) => one === wanted)?.members ?? -1;
}

async function call(method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> {
  const answer = await ask(method, path, body);
  if (!answer.ok) throw new Error(`${path} answered ${answer.status} ${await answer.text()}`);
  return answer.json();
}

function ask(method: 'GET' | 'POST', path: string, body?: object): Promise<Response> {
  return fetch(`${stage.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${stage.token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}
