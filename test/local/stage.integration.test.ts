import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openExchange } from '../../lib/local/engines/exchange.ts';
import { openStage, type Stage, type StageOptions } from '../../lib/local/stage.ts';
import { arn, type ProbeTemplate, probeAssembly } from './stage-template.ts';

const start = Date.parse('2031-05-01T12:00:00Z');
const hour = 3_600_000;
const stages: Stage[] = [];
const folders: string[] = [];

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'stage-'));
  folders.push(folder);
  return folder;
}

async function aStage(template: ProbeTemplate, options: Partial<StageOptions> = {}): Promise<Stage> {
  const folder = aFolder();
  const assembly = probeAssembly(folder, template);
  const stage = await openStage({
    from: { assembly },
    start,
    port: 0,
    stageFileIn: folder,
    handleSignals: false,
    environment: {},
    ...options,
  });
  stages.push(stage);
  return stage;
}

/** The lines that a function printed by itself, without what the stage adds about failures. */
function said(stage: Stage, name: string): string[] {
  return stage.logs(name).filter((line) => !line.includes('Error'));
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

afterEach(async () => {
  await Promise.all(stages.splice(0).map((stage) => stage.close()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const toWork = { actions: ['sqs:SendMessage'], on: arn('Work') };
const workUrl = { WORK_QUEUE_URL: { Ref: 'Work' } };
const printBodies = `export const handler = async (event) => {
  for (const record of event.Records) say(minute(), record.body);
};`;

describe('openStage', () => {
  it('runs a request through a route, a queue and a second function', async () => {
    const stage = await aStage({
      queues: { Work: 60 },
      functions: {
        Front: {
          code: `export const handler = async (event) => {
            const sent = { QueueUrl: process.env.WORK_QUEUE_URL, MessageBody: event.pathParameters.connection };
            await aws('sqs', 'SendMessage', sent);
            return { statusCode: 202, body: 'queued' };
          };`,
          may: [toWork],
          variables: workUrl,
        },
        Worker: { code: printBodies, from: { Work: {} } },
      },
      routes: { 'POST /webhooks/{connection}': 'Front', 'ANY /api/{proxy+}': '!Front' },
    });

    const answer = await fetch(`${stage.url}/webhooks/newsletter`, { method: 'POST' });
    await stage.idle();

    expect([answer.status, await answer.text()]).toEqual([202, 'queued']);
    expect(said(stage, 'Worker')).toEqual(['2031-05-01T12:00 newsletter']);
    expect((await fetch(`${stage.url}/api/runs`)).status).toBe(403);
    expect(stage.calls()['tributary-Front']).toEqual([expect.stringMatching(/^sqs:SendMessage .*-Work$/)]);
    expect([stage.refusals, stage.failures, stage.troubles]).toEqual([[], [], []]);
  });

  it('refuses what the role does not allow, by action and resource', async () => {
    const stage = await aStage({
      queues: { Work: 60 },
      functions: {
        Front: {
          code: `export const handler = async () => {
            const sent = { QueueUrl: process.env.WORK_QUEUE_URL, MessageBody: 'x' };
            return await aws('sqs', 'SendMessage', sent).catch((error) => ({ refused: error.name + ' ' + error.message }));
          };`,
          variables: workUrl,
        },
      },
      routes: { 'GET /': 'Front' },
    });

    const answer = await (await fetch(stage.url)).text();

    expect(answer).toMatch(/AccessDenied.* sqs:sendmessage on resource: arn:aws:sqs:[^ ]+-Work/i);
    expect(stage.refusals).toEqual([
      { functionName: 'tributary-Front', action: 'sqs:SendMessage', resource: expect.stringMatching(/-Work$/) },
    ]);
  });

  it('steps to each schedule and leaves out the time between', async () => {
    const stage = await aStage({
      queues: { Work: 60 },
      functions: { Worker: { code: printBodies, from: { Work: {} } } },
      schedules: {
        Nightly: ['cron(0 2 * * ? *)', 'Work', { nightly: true, at: '<aws.scheduler.scheduled-time>' }],
        EveryEightHours: ['rate(8 hours)', 'Work', { rate: true }],
        Once: ['at(2031-05-02T09:30:00)', 'Work', { once: true }],
      },
    });
    const began = performance.now();

    await stage.runUntil(start + 24 * hour - 1);

    expect(said(stage, 'Worker')).toEqual([
      '2031-05-01T12:00 {"rate":true}',
      '2031-05-01T20:00 {"rate":true}',
      '2031-05-02T00:00 {"nightly":true,"at":"2031-05-02T00:00:00Z"}',
      '2031-05-02T04:00 {"rate":true}',
      '2031-05-02T07:30 {"once":true}',
    ]);
    expect(Date.parse(stage.now()) - (start + 24 * hour - 1)).toBeGreaterThanOrEqual(0);
    expect(Date.parse(stage.now()) - (start + 24 * hour - 1)).toBeLessThan(10_000);
    expect(performance.now() - began).toBeLessThan(20_000);
  });

  it('retries a failed message when its visibility timeout ends on the stage clock, then gives it to the dead letters', async () => {
    const stage = await aStage({
      queues: { Work: 5400 },
      functions: {
        Worker: {
          code: `export const handler = async (event) => {
            for (const { body, attributes } of event.Records) say(minute(), body, attributes.ApproximateReceiveCount);
            const failed = event.Records.filter(({ body }) => body.includes('bad'));
            return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
          };`,
          from: { Work: { BatchSize: 10 } },
        },
      },
      schedules: {
        Good: ['at(2031-05-01T15:00:00)', 'Work', { good: 1 }],
        Bad: ['at(2031-05-01T15:00:00)', 'Work', { bad: 1 }],
      },
    });

    await stage.runUntil(start + 12 * hour);

    expect(said(stage, 'Worker').sort()).toEqual([
      '2031-05-01T13:00 {"bad":1} 1',
      '2031-05-01T13:00 {"good":1} 1',
      '2031-05-01T14:30 {"bad":1} 2',
    ]);
    expect(await stage.queueDepths()).toEqual({
      Work: { ready: 0, hidden: 0, delayed: 0 },
      WorkDead: { ready: 1, hidden: 0, delayed: 0 },
    });
  });

  it.each([
    ['crashes', 'process.exit(1)', 'exit'],
    ['outlives its time limit', 'await new Promise((resolve) => setTimeout(resolve, 60000))', 'timeout'],
    ['throws', "throw new Error('broken')", 'error'],
  ])('delivers again what a function did not finish because it %s', async (_what, misfortune, kind) => {
    const stage = await aStage({
      queues: { Work: 60 },
      functions: {
        Worker: {
          code: `export const handler = async ({ Records: [{ body, attributes }] }) => {
            say(body, attributes.ApproximateReceiveCount);
            if (attributes.ApproximateReceiveCount === '1') { ${misfortune}; }
            say('done');
          };`,
          from: { Work: {} },
          timeoutSeconds: 1,
        },
      },
      schedules: { Once: ['at(2031-05-01T15:00:00)', 'Work', { once: true }] },
    });

    await stage.runUntil(start + 2 * hour);

    expect(said(stage, 'Worker').filter((line) => /once|done/.test(line))).toEqual([
      '{"once":true} 1',
      '{"once":true} 2',
      'done',
    ]);
    expect(stage.failures).toEqual([expect.objectContaining({ functionId: 'Worker', kind })]);
  });

  it('loses nothing when a process is killed in the middle', async () => {
    const stage = await aStage({
      queues: { Work: 60 },
      functions: {
        Worker: {
          code: `export const handler = async ({ Records: [{ attributes }] }) => {
            say('in');
            if (attributes.ApproximateReceiveCount === '1') await new Promise((resolve) => setTimeout(resolve, 9000));
            say('done');
          };`,
          from: { Work: {} },
        },
      },
      schedules: { Once: ['at(2031-05-01T15:00:00)', 'Work', {}] },
    });
    const running = stage.runUntil(start + 2 * hour);
    await expect.poll(() => said(stage, 'worker')).toEqual(['in']);

    expect(stage.kill('worker')).toEqual(expect.any(Number));
    await running;

    expect(said(stage, 'worker')).toEqual(['in', 'in', 'done']);
  });

  it('delivers delayed messages and runs timers at their instants of the stage clock', async () => {
    const stage = await aStage({
      queues: { Work: 60 },
      functions: {
        Worker: {
          code: `export const handler = async ({ Records: [{ body }] }) => {
            say(minute(), body);
            if (body !== 'start') return;
            const sent = { QueueUrl: process.env.WORK_QUEUE_URL, MessageBody: 'later', DelaySeconds: 900 };
            await aws('sqs', 'SendMessage', sent);
          };`,
          may: [toWork],
          variables: workUrl,
          from: { Work: {} },
        },
      },
    });
    const seen: string[] = [];
    stage.addTimer(start + hour, async () => {
      seen.push(stage.now().slice(0, 16));
      await openExchange(stage.engines.queues).call('AmazonSQS.SendMessage', {
        QueueUrl: String(stage.resolve('WORK_QUEUE_URL')).replace(/^http:..[^/]+/, stage.engines.queues),
        MessageBody: 'start',
      });
    });

    await stage.runUntil(start + 3 * hour);

    expect(seen).toEqual(['2031-05-01T13:00']);
    expect(said(stage, 'Worker')).toEqual(['2031-05-01T13:00 start', '2031-05-01T13:15 later']);
  });

  it('sweeps once per step, and only when a profile is due', async () => {
    const table = {
      Type: 'AWS::DynamoDB::Table',
      Properties: {
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [
          { AttributeName: 'id', AttributeType: 'S' },
          { AttributeName: 'dueHour', AttributeType: 'S' },
          { AttributeName: 'dueAt', AttributeType: 'N' },
        ],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        GlobalSecondaryIndexes: [
          {
            IndexName: 'due-by-hour',
            KeySchema: [
              { AttributeName: 'dueHour', KeyType: 'HASH' },
              { AttributeName: 'dueAt', KeyType: 'RANGE' },
            ],
            Projection: { ProjectionType: 'KEYS_ONLY' },
          },
        ],
      },
    };
    const stage = await aStage({
      queues: { Timers: 60 },
      functions: {
        Sweeper: {
          code: `export const handler = async ({ Records }) => {
            const TableName = process.env.PROFILES_TABLE;
            const { Items } = await aws('dynamodb', 'Scan', { TableName, IndexName: 'due-by-hour' });
            const due = Items.filter(({ dueAt }) => Number(dueAt.N) <= Date.now());
            for (const { id } of due) await aws('dynamodb', 'DeleteItem', { TableName, Key: { id } });
            say(minute(), JSON.parse(Records[0].body).at, due.map(({ id }) => id.S).join());
          };`,
          may: [
            { actions: ['dynamodb:DeleteItem'], on: arn('Profiles') },
            { actions: ['dynamodb:Scan'], on: { 'Fn::Join': ['', [arn('Profiles'), '/index/due-by-hour']] } },
          ],
          variables: { PROFILES_TABLE: { Ref: 'Profiles' } },
          from: { Timers: {} },
        },
      },
      schedules: { Sweep: ['rate(1 minute)', 'Timers', { at: '<aws.scheduler.scheduled-time>' }] },
      more: { Profiles: table },
    });
    const exchange = openExchange(stage.engines.dynamodb);
    for (const [id, dueAt] of [
      ['ann', start + 2 * hour + 1_000],
      ['bob', start + 2 * hour + 2_000],
      ['cid', start + 5 * hour],
    ] as const) {
      const Item = { id: { S: id }, dueHour: { S: 'h' }, dueAt: { N: String(dueAt) } };
      await exchange.call('DynamoDB_20120810.PutItem', { TableName: String(stage.resolve('Profiles')), Item });
    }
    exchange.close();

    await stage.runUntil(start + 24 * hour);

    const sweeps = said(stage, 'Sweeper').filter((line) => !line.endsWith('Z '));
    expect(sweeps).toEqual([
      '2031-05-01T14:01 2031-05-01T14:01:00Z ann,bob',
      '2031-05-01T17:00 2031-05-01T17:00:00Z cid',
    ]);
    // Besides, the very first firing of a rate comes at the start.
    expect(said(stage, 'Sweeper').length).toBeLessThanOrEqual(3);
  });

  it('gives secrets to functions with the extension whose role may read them', async () => {
    const ask = `export const handler = async () => {
      const port = process.env.PARAMETERS_SECRETS_EXTENSION_HTTP_PORT ?? 2773;
      const url = 'http://127.0.0.1:' + port + '/secretsmanager/get?secretId=tributary/acme/newsletter';
      const headers = { 'X-Aws-Parameters-Secrets-Token': process.env.AWS_SESSION_TOKEN };
      const answer = await fetch(url, { headers }).catch(() => undefined);
      return { text: answer === undefined ? 'nobody there' : await answer.text() };
    };`;
    const may = [{ actions: ['secretsmanager:GetSecretValue'], on: { Ref: 'Secret' } }];
    const layers = ['arn:aws:lambda:eu-central-1:187925254637:layer:AWS-Parameters-and-Secrets-Lambda-Extension:1'];
    const stage = await aStage(
      {
        functions: {
          May: { code: ask, may, layers },
          Not: { code: ask, layers },
          Bare: { code: ask, may },
        },
        routes: { 'GET /may': 'May', 'GET /not': 'Not', 'GET /bare': 'Bare' },
        more: {
          Secret: { Type: 'AWS::SecretsManager::Secret', Properties: { Name: 'tributary/acme/newsletter' } },
        },
      },
      { secrets: { newsletter: '{"apiKey":"k"}' } },
    );
    const get = async (path: string): Promise<string> => (await fetch(`${stage.url}${path}`)).text();

    expect(JSON.parse(((await (await fetch(`${stage.url}/may`)).json()) as { text: string }).text)).toMatchObject({
      Name: 'tributary/acme/newsletter',
      SecretString: '{"apiKey":"k"}',
    });
    expect(await get('/not')).toContain('AccessDeniedException');
    expect(await get('/bare')).toContain('nobody there');
    expect(stage.refusals).toEqual([expect.objectContaining({ action: 'secretsmanager:GetSecretValue' })]);
  });

  it('writes where it listens and what opens it, and takes that back at the end', async () => {
    const folder = aFolder();
    const stage = await aStage({ functions: {} }, { stageFileIn: folder });
    const file = join(folder, '.tributary', 'stage.json');

    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
      url: stage.url,
      token: stage.token,
      pid: process.pid,
      startedAt: expect.any(String),
    });
    await stage.close();

    expect(existsSync(file)).toBe(false);
  });

  it('keeps queues and tables between two stages on the same data folder', async () => {
    const dataDir = aFolder();
    const template: ProbeTemplate = {
      queues: { Work: 60 },
      functions: { Worker: { code: printBodies, from: { Work: { Enabled: false } } } },
      schedules: { Now: ['rate(1 day)', 'Work', { kept: true }] },
    };
    const first = await aStage(template, { dataDir });
    await expect.poll(async () => (await first.queueDepths()).Work?.ready).toBe(1);
    await first.close();

    const second = await aStage({ ...template, schedules: {} }, { dataDir });

    expect((await second.queueDepths()).Work?.ready).toBe(1);
  });

  it('says which port it took when the first is in use', async () => {
    const other = createServer();
    const taken = await new Promise<number>((resolve) =>
      other.listen(0, '127.0.0.1', () => resolve((other.address() as { port: number }).port)),
    );
    const notices: string[] = [];
    const assembly = probeAssembly(aFolder(), { functions: {} });
    const stage = await openStage({
      from: { assembly },
      firstPort: taken,
      stageFileIn: aFolder(),
      handleSignals: false,
      onNotice: (notice) => notices.push(notice),
    });
    stages.push(stage);
    other.close();

    expect(notices).toEqual([`port ${taken} is in use, so the stage listens on ${stage.port}`]);
  });

  it('leaves no process behind', async () => {
    const stage = await aStage({
      queues: { Work: 60 },
      functions: { Front: { code: 'export const handler = async () => ({ pid: process.pid });' } },
      routes: { 'GET /': 'Front' },
    });
    const { pid } = (await (await fetch(stage.url)).json()) as { pid: number };

    await stage.close();

    expect(exists(pid)).toBe(false);
    await expect(fetch(stage.engines.dynamodb)).rejects.toThrow();
    await expect(fetch(stage.engines.queues)).rejects.toThrow();
  });

  it.each<[string, ProbeTemplate, object]>([
    [
      'a resource type that nobody decided about',
      { functions: {}, more: { Bus: { Type: 'AWS::Events::EventBus', Properties: {} } } },
      { code: 'stage/unknown-resource-type', message: expect.stringContaining('AWS::Events::EventBus') },
    ],
    [
      'a property that it would ignore',
      { queues: { Work: 60 }, functions: { Worker: { code: printBodies, from: { Work: { FilterCriteria: {} } } } } },
      { code: 'stage/unsupported-property', message: expect.stringContaining('FilterCriteria') },
    ],
    [
      'a bundle that does not load',
      { functions: { Worker: { code: "throw new TypeError('half a bundle');" } } },
      { code: 'stage/function-not-loaded', message: expect.stringContaining('Worker (TypeError: half a bundle)') },
    ],
    [
      'a schedule that cannot be read',
      {
        queues: { Work: 60 },
        functions: {},
        schedules: { Bad: ['cron(0 2 * * *)', 'Work', {}] },
      },
      { code: 'stage/bad-schedule', message: expect.stringContaining('six fields') },
    ],
    [
      'a mapping whose function may not poll',
      {
        queues: { Work: 60 },
        functions: { Worker: { code: printBodies } },
        more: {
          Mapping: {
            Type: 'AWS::Lambda::EventSourceMapping',
            Properties: { EventSourceArn: arn('Work'), FunctionName: { Ref: 'Worker' } },
          },
        },
      },
      { code: 'stage/missing-grant', message: expect.stringContaining('sqs:ReceiveMessage') },
    ],
  ])('does not start with %s', async (_what, template, expected) => {
    await expect(aStage(template)).rejects.toMatchObject(expected);
  });
});
