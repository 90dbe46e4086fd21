import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, describe, expect, it } from 'vitest';
import { stageAccessKeyId } from '../../lib/local/engines/exchange.ts';
import { exists, openStageBench, said } from './stage-bench.ts';
import { arn, type ProbeTemplate } from './stage-template.ts';

const toWork = { actions: ['sqs:SendMessage'], on: arn('Work') };
const workUrl = { WORK_QUEUE_URL: { Ref: 'Work' } };
const printBodies = `export const handler = async (event) => {
  for (const record of event.Records) say(minute(), record.body);
};`;

const kept = {
  Type: 'AWS::DynamoDB::Table',
  Properties: {
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  },
};

const bench = openStageBench();
afterEach(async () => {
  await bench.close();
});

describe('openStage', () => {
  it('runs a request through a route, a queue and a second function', async () => {
    const stage = await bench.aStage({
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
    const stage = await bench.aStage({
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
    const stage = await bench.aStage(
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
    const folder = bench.aFolder();
    const stage = await bench.aStage({ functions: {} }, { stageFileIn: folder });
    const file = join(folder, '.tributary', 'stage.json');

    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
      url: stage.url,
      aws: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      accessKeyId: stageAccessKeyId,
      token: stage.token,
      pid: process.pid,
      startedAt: expect.any(String),
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await stage.close();

    expect(existsSync(file)).toBe(false);
  });

  it('keeps its engines to itself: another key finds no table, no queue and no bucket', async () => {
    const stage = await bench.aStage({ functions: {}, queues: { Work: 60 }, more: { Kept: kept } });
    const asking = (accessKeyId: string) => ({
      region: 'eu-central-1',
      credentials: { accessKeyId, secretAccessKey: 'none' },
      maxAttempts: 1,
    });
    const tablesFor = async (endpoint: string, accessKeyId: string) => {
      const client = new DynamoDBClient({ ...asking(accessKeyId), endpoint });
      const answer = await client.send(new ListTablesCommand({})).catch((refused: Error) => refused.name);
      client.destroy();
      return typeof answer === 'string' ? answer : answer.TableNames;
    };
    // The id that everybody could name before, and one that could be computed from the template.
    const others = [
      'STAGE000000000000000',
      'TEST',
      `AKIA${createHash('sha256').update('Kept').digest('hex').slice(0, 16)}`,
    ];
    for (const key of others) {
      expect(await tablesFor(stage.engines.dynamodb, key)).toEqual([]);
      expect(await tablesFor(stage.aws, key)).toBe('UnrecognizedClientException');
      const target = { 'x-amz-target': 'AmazonSQS.ListQueues', 'content-type': 'application/x-amz-json-1.0' };
      const authorization = `AWS4-HMAC-SHA256 Credential=${key}/20000101/eu-central-1/sqs/aws4_request, Signature=0`;
      for (const headers of [target, { ...target, authorization }, { authorization }]) {
        const answer = await fetch(stage.engines.queues, { method: 'POST', body: '{}', headers });
        expect([answer.status, await answer.text()]).toEqual([403, 'not the stage']);
      }
    }
    expect(await tablesFor(stage.engines.dynamodb, stageAccessKeyId)).toEqual(['tributary-Kept']);
  });

  it('keeps queues and tables between two stages on the same data folder', async () => {
    const dataDir = bench.aFolder();
    const template: ProbeTemplate = {
      queues: { Work: 60 },
      functions: { Worker: { code: printBodies, from: { Work: { Enabled: false } } } },
      schedules: { Now: ['rate(1 day)', 'Work', { kept: true }] },
    };
    const first = await bench.aStage(template, { dataDir });
    await expect.poll(async () => (await first.queueDepths()).Work?.ready).toBe(1);
    await first.idle();
    await first.close();

    const second = await bench.aStage({ ...template, schedules: {} }, { dataDir });

    // It was sent a moment after the second stage's start, whose clock has yet to get there.
    await expect.poll(async () => (await second.queueDepths()).Work?.ready).toBe(1);
  });

  it('says which port it took when the first is in use', async () => {
    const other = createServer();
    const taken = await new Promise<number>((resolve) =>
      other.listen(0, '127.0.0.1', () => resolve((other.address() as { port: number }).port)),
    );
    const notices: string[] = [];
    const onNotice = (notice: string): void => void notices.push(notice);
    const stage = await bench.aStage({ functions: {} }, { firstPort: taken, onNotice });
    other.close();

    expect(notices).toEqual([`port ${taken} is in use, so the stage listens on ${stage.port}`]);
  });

  it('leaves no process behind', async () => {
    const stage = await bench.aStage({
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
    await expect(bench.aStage(template)).rejects.toMatchObject(expected);
  });
});
