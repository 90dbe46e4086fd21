import {
  CopyObjectCommand,
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  CreateQueueCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../lib/domain/json.ts';
import { createResources } from '../../lib/local/engines/create-resources.ts';
import { type QueuesAndBuckets, startQueuesAndBuckets } from '../../lib/local/engines/queues-and-buckets.ts';
import { readNotice } from '../../lib/pipeline/imports/drop-notice.ts';
import { engineLogin, withEngines } from '../engines.ts';
import { type LowerStage, openLowerStage } from './proxy-stage.ts';
import { handmadeTemplate } from './proxy-template.ts';

// Each gap of fauxqs 1.9.2 is tried on the engine itself, so that a newer version without it fails here, and then on
// the stage, which must supply what is missing or refuse it. Never pass over it in silence.
const engines = withEngines();
const tells = {
  Type: 'AWS::S3::Bucket',
  Properties: {
    NotificationConfiguration: {
      QueueConfigurations: [
        {
          Event: 's3:ObjectCreated:*',
          Queue: { 'Fn::GetAtt': ['WorkDead', 'Arn'] },
          Filter: { S3Key: { Rules: [{ Name: 'prefix', Value: 'drop/' }] } },
        },
      ],
    },
  },
};
let bare: QueuesAndBuckets;
let sqs: SQSClient;
let s3: S3Client;
let queueUrl: string;
let stage: LowerStage;

beforeAll(async () => {
  bare = await startQueuesAndBuckets();
  sqs = new SQSClient({ ...engineLogin, endpoint: bare.url });
  s3 = new S3Client({ ...engineLogin, endpoint: bare.url });
  queueUrl = (await sqs.send(new CreateQueueCommand({ QueueName: 'bare' }))).QueueUrl ?? '';
  await s3.send(new CreateBucketCommand({ Bucket: 'bare' }));
  stage = await openLowerStage(engines().dynamodbUrl, { template: handmadeTemplate({ Archive: tells }) });
});
afterAll(async () => {
  sqs.destroy();
  s3.destroy();
  await bare.stop();
  await stage.close();
});

const bucket = () => stage.buckets[0];

describe('message moves', () => {
  const move = new StartMessageMoveTaskCommand({ SourceArn: 'arn:aws:sqs:eu-central-1:000000000000:bare' });
  it('are unknown to the engine', async () => {
    await expect(sqs.send(move)).rejects.toThrow('Unknown action');
  });
  it('are refused by the stage', async () => {
    await expect(stage.clientsOf('Writer').sqs.send(move)).rejects.toThrow('sqs:StartMessageMoveTask');
  });
});

describe('bucket notifications', () => {
  const notify = (Bucket: string | undefined) =>
    new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration: {} });
  it('are ignored by the engine', async () => {
    await expect(s3.send(notify('bare'))).resolves.toBeDefined();
  });
  it('are refused by the stage in calls', async () => {
    await expect(stage.clientsOf('Writer').s3.send(notify(bucket()))).rejects.toMatchObject({ name: 'AccessDenied' });
  });
  it('are sent by the stage as the template says, when an object is put or copied', async () => {
    const { s3: client, sqs: queues } = stage.clientsOf('Writer');
    const Bucket = bucket();
    await client.send(new PutObjectCommand({ Bucket, Key: 'elsewhere/a.csv', Body: 'x' }));
    await client.send(new PutObjectCommand({ Bucket, Key: 'drop/fair/März & Co.csv', Body: 'id\n1\n' }));
    await client.send(new CopyObjectCommand({ Bucket, Key: 'drop/copy.csv', CopySource: `${Bucket}/elsewhere/a.csv` }));

    const told: JsonObject[] = [];
    while (told.length < 2) {
      const wait = { QueueUrl: stage.queueUrl('WorkDead'), WaitTimeSeconds: 5, MaxNumberOfMessages: 10 };
      const { Messages = [] } = await queues.send(new ReceiveMessageCommand(wait));
      told.push(...Messages.map(({ Body = '' }) => JSON.parse(Body) as JsonObject));
    }
    const records = told.flatMap(({ Records }) => Records as unknown as Record<string, unknown>[]);
    expect(records.map(({ eventName }) => eventName).sort()).toEqual(['ObjectCreated:Copy', 'ObjectCreated:Put']);
    const files = records.flatMap((record) => readNotice({ Records: [record as JsonObject] }, Bucket ?? ''));
    expect(files.map(({ key, bytes }) => [key, bytes]).sort()).toEqual([
      ['drop/copy.csv', 1],
      ['drop/fair/März & Co.csv', 5],
    ]);
    const [{ key, tag } = { key: '', tag: '' }] = files.filter((file) => file.bytes === 5);
    const read = await client.send(new GetObjectCommand({ Bucket, Key: key, IfMatch: `"${tag}"`, Range: 'bytes=3-' }));
    expect(await read.Body?.transformToString()).toBe('1\n');
  });
  it.each([
    ['to functions', { LambdaConfigurations: [] }],
    ['of removals', { QueueConfigurations: [{ Event: 's3:ObjectRemoved:*', Queue: 'arn:aws:sqs:eu-central-1:0:q' }] }],
    [
      'by the end of a key',
      {
        QueueConfigurations: [
          {
            Event: 's3:ObjectCreated:*',
            Queue: 'q',
            Filter: { S3Key: { Rules: [{ Name: 'suffix', Value: '.csv' }] } },
          },
        ],
      },
    ],
  ])('are refused in the template %s', async (_what, NotificationConfiguration) => {
    const template = { Resources: { Box: { Type: 'AWS::S3::Bucket', Properties: { NotificationConfiguration } } } };
    await expect(create(template)).rejects.toMatchObject({ code: 'stage/unsupported-property' });
  });
});

describe('first-in-first-out queues', () => {
  it('are refused by the stage, which keeps no groups across a restart', async () => {
    const template = { Resources: { Line: { Type: 'AWS::SQS::Queue', Properties: { FifoQueue: true } } } };
    await expect(create(template)).rejects.toMatchObject({ code: 'stage/unsupported-property' });
  });
});

describe('retention', () => {
  it('is kept as a number by the engine, and supplied by the stage (proxy-queues)', async () => {
    const attributes = { QueueName: 'short', Attributes: { MessageRetentionPeriod: '60' } };
    await expect(sqs.send(new CreateQueueCommand(attributes))).resolves.toBeDefined();
  });
});

describe('the limit of a delay', () => {
  it('is not known to the engine', async () => {
    const sent = await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: 'x', DelaySeconds: 901 }));
    expect(sent.MessageId).toBeDefined();
  });
  it('is supplied by the stage', async () => {
    const late = new SendMessageCommand({ QueueUrl: stage.queueUrl('Work'), MessageBody: 'x', DelaySeconds: 901 });
    await expect(stage.clientsOf('Writer').sqs.send(late)).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  });
});

describe('conditional puts', () => {
  const put = (Bucket: string | undefined, condition: { IfNoneMatch?: string; IfMatch?: string }, Key = 'once') =>
    new PutObjectCommand({ Bucket, Key, Body: 'x', ...condition });
  it('are ignored by the engine', async () => {
    await s3.send(put('bare', { IfNoneMatch: '*' }));
    await expect(s3.send(put('bare', { IfNoneMatch: '*' }))).resolves.toBeDefined();
  });
  it('are supplied by the stage, also when they race', async () => {
    const client = stage.clientsOf('Writer').s3;
    const race = await Promise.allSettled([1, 2, 3, 4].map(() => client.send(put(bucket(), { IfNoneMatch: '*' }))));
    expect(race.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
    expect(race.find((one) => one.status === 'rejected')).toMatchObject({ reason: { name: 'PreconditionFailed' } });
    const { ETag = '' } = await client.send(new GetObjectCommand({ Bucket: bucket(), Key: 'once' }));
    await client.send(put(bucket(), { IfMatch: ETag }));
    await expect(client.send(put(bucket(), { IfMatch: '"other"' }))).rejects.toMatchObject({
      name: 'PreconditionFailed',
    });
    await expect(client.send(put(bucket(), { IfMatch: ETag }, 'absent'))).rejects.toMatchObject({ name: 'NoSuchKey' });
  });
});

describe('versions of objects', () => {
  it('are answered by the engine with something else', async () => {
    const listed = await s3.send(new ListObjectVersionsCommand({ Bucket: 'bare' }));
    expect(listed.Versions ?? []).toEqual([]);
  });
  it('are refused by the stage', async () => {
    const versions = stage.clientsOf('Writer').s3.send(new ListObjectVersionsCommand({ Bucket: bucket() }));
    await expect(versions).rejects.toMatchObject({ name: 'AccessDenied' });
  });
});

describe('a caller that hangs up while it waits for messages', () => {
  it('does not take a message with it', async () => {
    const client = stage.clientsOf('Writer').sqs;
    const wait = new AbortController();
    const QueueUrl = stage.queueUrl('Work');
    const poll = client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 10 }), {
      abortSignal: wait.signal,
    });
    setTimeout(() => wait.abort(), 300);
    await expect(poll).rejects.toMatchObject({ name: 'AbortError' });
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'mine' }));
    const received = await client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 5 }));
    expect(received.Messages?.map((message) => message.Body)).toEqual(['mine']);
  });
});

describe('addresses of queues', () => {
  it('are the engine’s own from the engine, and the stage’s from the stage', async () => {
    const own = await sqs.send(new GetQueueUrlCommand({ QueueName: 'bare' }));
    expect(own.QueueUrl).toContain('localhost');
    expect(stage.queueUrl('Work').startsWith(stage.proxy.url)).toBe(true);
  });
});

function create(template: object) {
  const urls = { dynamodb: engines().dynamodbUrl, queues: bare.url };
  return createResources(JSON.parse(JSON.stringify(template)), urls, { queueOrigin: 'http://127.0.0.1:1' });
}
