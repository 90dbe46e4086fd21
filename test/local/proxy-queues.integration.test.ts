import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stageAccessKeyId } from '../../lib/local/engines/exchange.ts';
import type { DelayedDelivery } from '../../lib/local/proxy/queue-service.ts';
import { withEngines } from '../engines.ts';
import { type LowerStage, openLowerStage } from './proxy-stage.ts';

const engines = withEngines();
let dataDir: string;
let now: number;
let delayed: DelayedDelivery[];
let stage: LowerStage;

const open = () =>
  openLowerStage(engines().dynamodbUrl, { dataDir, now: () => now, onDelayed: (delivery) => delayed.push(delivery) });

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'tributary-proxy-'));
  now = Date.parse('2026-03-01T00:00:00Z');
  delayed = [];
  stage = await open();
});
afterEach(async () => {
  await stage.close();
  rmSync(dataDir, { recursive: true });
});

/** Ends the stage as a kill would: whatever was not on disk by now is gone. */
async function restart(): Promise<void> {
  await stage.close();
  delayed = [];
  stage = await open();
}

const sqs = () => stage.clientsOf('Writer').sqs;
const work = () => stage.queueUrl('Work');

async function receive(client: SQSClient = sqs(), queue = work()): Promise<readonly Message[]> {
  const input = { QueueUrl: queue, MaxNumberOfMessages: 10, MessageSystemAttributeNames: ['All' as const] };
  return (await client.send(new ReceiveMessageCommand(input))).Messages ?? [];
}

const bodies = (messages: readonly Message[]) => messages.map((message) => message.Body).sort();
const send = (MessageBody: string, DelaySeconds?: number) =>
  sqs().send(
    new SendMessageCommand({ QueueUrl: work(), MessageBody, ...(DelaySeconds === undefined ? {} : { DelaySeconds }) }),
  );

describe('a restart', () => {
  it('keeps messages that nobody has deleted, received or not, with their attributes', async () => {
    await send('deleted');
    const [first] = await receive();
    await sqs().send(new DeleteMessageCommand({ QueueUrl: work(), ReceiptHandle: first?.ReceiptHandle }));
    await send('received');
    await receive();
    await sqs().send(
      new SendMessageBatchCommand({
        QueueUrl: work(),
        Entries: [
          { Id: 'a', MessageBody: 'waiting', MessageAttributes: { why: { DataType: 'String', StringValue: 'test' } } },
          { Id: 'b', MessageBody: 'also waiting' },
        ],
      }),
    );
    await restart();
    await restart();
    const messages = await receive();
    expect(bodies(messages)).toEqual(['also waiting', 'received', 'waiting']);
    expect(messages.find((message) => message.Body === 'waiting')?.MessageAttributes?.why?.StringValue).toBe('test');
  });

  it('keeps delayed messages for their instant', async () => {
    await send('later', 60);
    await restart();
    expect(delayed.map((delivery) => delivery.dueAt)).toEqual([now + 60_000]);
    expect(await receive()).toEqual([]);
    await delayed[0]?.deliver();
    await restart();
    expect(bodies(await receive())).toEqual(['later']);
  });

  it('finds a message in the dead-letter queue that the engine has moved there', async () => {
    await send('poison');
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const [message] = await receive();
      const receipt = { QueueUrl: work(), ReceiptHandle: message?.ReceiptHandle, VisibilityTimeout: 0 };
      await stageCalls().send(new ChangeMessageVisibilityCommand(receipt));
    }
    expect(await receive()).toEqual([]);
    await restart();
    expect(await receive()).toEqual([]);
    expect(bodies(await receive(sqs(), stage.queueUrl('WorkDead')))).toEqual(['poison']);
  });

  it('keeps objects as they were last put, and forgets deleted ones', async () => {
    const { s3 } = stage.clientsOf('Writer');
    const Bucket = stage.buckets[0];
    const put = (Key: string, Body: string) =>
      s3.send(new PutObjectCommand({ Bucket, Key, Body, ContentType: 'text/plain', Metadata: { made: 'by test' } }));
    await put('a/kept &+.txt', 'first');
    await put('a/kept &+.txt', 'second');
    await put('a/gone.txt', 'x');
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'a/gone.txt' }));
    await restart();
    const again = stage.clientsOf('Writer').s3;
    const listed = await again.send(new ListObjectsV2Command({ Bucket, Prefix: 'a/' }));
    expect(listed.Contents?.map((object) => object.Key)).toEqual(['a/kept &+.txt']);
    const got = await again.send(new GetObjectCommand({ Bucket, Key: 'a/kept &+.txt' }));
    expect(await got.Body?.transformToString()).toBe('second');
    expect(got).toMatchObject({ ContentType: 'text/plain', Metadata: { made: 'by test' } });
  });
});

const stageCalls = () => {
  const client = stage.clientsOf('Writer').sqs;
  client.config.credentials = async () => ({ accessKeyId: stageAccessKeyId, secretAccessKey: 'x' });
  return client;
};

describe('a delayed message', () => {
  it('is accepted, counted and handed to the stage, and arrives when it is delivered', async () => {
    const sent = await send('later', 900);
    expect(sent.MessageId).toBeDefined();
    const counted = await sqs().send(new GetQueueAttributesCommand({ QueueUrl: work(), AttributeNames: ['All'] }));
    expect(counted.Attributes?.ApproximateNumberOfMessagesDelayed).toBe('1');
    expect(await receive()).toEqual([]);
    await delayed[0]?.deliver();
    expect(bodies(await receive())).toEqual(['later']);
  });

  it('goes beside prompt ones in a batch', async () => {
    const answer = await sqs().send(
      new SendMessageBatchCommand({
        QueueUrl: work(),
        Entries: [
          { Id: 'a', MessageBody: 'now' },
          { Id: 'b', MessageBody: 'later', DelaySeconds: 5 },
        ],
      }),
    );
    expect(answer.Successful?.map((success) => success.Id)).toEqual(['a', 'b']);
    expect(bodies(await receive())).toEqual(['now']);
    expect(delayed.map((delivery) => delivery.dueAt - now)).toEqual([5000]);
  });
});

describe('a message older than its queue keeps messages', () => {
  it('is gone', async () => {
    await send('old');
    now += 3_600_001;
    await send('new');
    expect(bodies(await receive())).toEqual(['new']);
  });
});
