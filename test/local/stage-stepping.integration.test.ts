import { afterEach, describe, expect, it } from 'vitest';
import { dueKey } from '../../lib/adapters/dynamodb/profile-items.ts';
import { openExchange } from '../../lib/local/engines/exchange.ts';
import { benchStart, openStageBench, said } from './stage-bench.ts';
import { arn } from './stage-template.ts';

const hour = 3_600_000;
const toWork = { actions: ['sqs:SendMessage'], on: arn('Work') };
const workUrl = { WORK_QUEUE_URL: { Ref: 'Work' } };
const printBodies = `export const handler = async (event) => {
  for (const record of event.Records) say(minute(), record.body);
};`;

const bench = openStageBench();
afterEach(async () => {
  await bench.close();
});

describe('runUntil', () => {
  it('steps to each schedule and leaves out the time between', async () => {
    const stage = await bench.aStage({
      queues: { Work: 60 },
      functions: { Worker: { code: printBodies, from: { Work: {} } } },
      schedules: {
        Nightly: ['cron(0 2 * * ? *)', 'Work', { nightly: true, at: '<aws.scheduler.scheduled-time>' }],
        EveryEightHours: ['rate(8 hours)', 'Work', { rate: true }],
        Once: ['at(2031-05-02T09:30:00)', 'Work', { once: true }],
      },
    });

    await stage.runUntil(benchStart + 23 * hour);

    expect(said(stage, 'Worker')).toEqual([
      '2031-05-01T12:00 {"rate":true}',
      '2031-05-01T20:00 {"rate":true}',
      '2031-05-02T00:00 {"nightly":true,"at":"2031-05-02T00:00:00Z"}',
      '2031-05-02T04:00 {"rate":true}',
      '2031-05-02T07:30 {"once":true}',
    ]);
    expect(Date.parse(stage.now()) - (benchStart + 23 * hour)).toBeGreaterThanOrEqual(0);
    expect(Date.parse(stage.now()) - (benchStart + 23 * hour)).toBeLessThan(10_000);
  });

  it('retries a failed message when its visibility timeout ends on the stage clock, then gives it to the dead letters', async () => {
    const stage = await bench.aStage({
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

    await stage.runUntil(benchStart + 12 * hour);

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
    const stage = await bench.aStage({
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

    await stage.runUntil(benchStart + 2 * hour);

    expect(said(stage, 'Worker').filter((line) => /once|done/.test(line))).toEqual([
      '{"once":true} 1',
      '{"once":true} 2',
      'done',
    ]);
    expect(stage.failures).toEqual([expect.objectContaining({ functionId: 'Worker', kind })]);
  });

  it('loses nothing when a process is killed in the middle', async () => {
    const stage = await bench.aStage({
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
    const running = stage.runUntil(benchStart + 2 * hour);
    await expect.poll(() => said(stage, 'worker')).toEqual(['in']);

    expect(stage.kill('worker')).toEqual(expect.any(Number));
    await running;

    expect(said(stage, 'worker')).toEqual(['in', 'in', 'done']);
  });

  it('delivers delayed messages and runs timers at their instants of the stage clock', async () => {
    const stage = await bench.aStage({
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
    stage.addTimer(benchStart + hour, async () => {
      seen.push(stage.now().slice(0, 16));
      const url = String(stage.resolve('WORK_QUEUE_URL'));
      const exchange = openExchange(new URL(url).origin);
      await exchange.call('AmazonSQS.SendMessage', { QueueUrl: url, MessageBody: 'start' });
      exchange.close();
    });

    await stage.runUntil(benchStart + 3 * hour);

    expect(seen).toEqual(['2031-05-01T13:00']);
    expect(said(stage, 'Worker')).toEqual(['2031-05-01T13:00 start', '2031-05-01T13:15 later']);
  });

  it('fails the run when a timer fails', async () => {
    const stage = await bench.aStage({ functions: {} });
    stage.addTimer(benchStart + hour, async () => {
      throw new RangeError('the script is wrong');
    });

    await expect(stage.runUntil(benchStart + 3 * hour)).rejects.toThrow('the script is wrong');
    await stage.runUntil(benchStart + 3 * hour);

    expect(stage.now().slice(0, 16)).toBe('2031-05-01T15:00');
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
    const stage = await bench.aStage({
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
      ['ann', benchStart + 2 * hour + 1_000],
      ['bob', benchStart + 2 * hour + 2_000],
      ['cid', benchStart + 5 * hour],
    ] as const) {
      const Item = { id: { S: id }, dueHour: { S: dueKey(id, dueAt).dueHour }, dueAt: { N: String(dueAt) } };
      await exchange.call('DynamoDB_20120810.PutItem', { TableName: String(stage.resolve('Profiles')), Item });
    }
    exchange.close();

    const sweeps = () => said(stage, 'Sweeper').filter((line) => !line.endsWith('Z '));
    await stage.withoutSweeps(() => stage.runUntil(benchStart + 2 * hour + 30_000));
    expect(sweeps()).toEqual([]);
    await stage.runUntil(benchStart + 24 * hour);

    expect(sweeps()).toEqual([
      '2031-05-01T14:01 2031-05-01T14:01:00Z ann,bob',
      '2031-05-01T17:00 2031-05-01T17:00:00Z cid',
    ]);
    // Besides, the very first firing of a rate comes at the start.
    expect(said(stage, 'Sweeper').length).toBeLessThanOrEqual(3);
  });
});
