import {
  BatchExecuteStatementCommand,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { ReceiveMessageCommand, SendMessageBatchCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { withEngines } from '../engines.ts';
import { type Clients, type LowerStage, openLowerStage } from './proxy-stage.ts';

const engines = withEngines();
let stage: LowerStage;
/** One attempt, so that a test sees what the SDK would hide by trying again. */
let writer: Clients;
const struck: (readonly unknown[])[] = [];

beforeAll(async () => {
  stage = await openLowerStage(engines().dynamodbUrl, {
    faults: { seed: 7, latencyMs: 40 },
    strike: (...what) => void struck.push(what),
  });
  writer = stage.clientsOf('Writer', 1);
});
afterEach(() => stage.proxy.faults.set({}));
afterAll(() => stage.close());

const table = () => stage.resolver.nameOf('People');
const put = (id: string) => new PutItemCommand({ TableName: table(), Item: { id: { S: id }, pending: { S: 'a' } } });
const read = (...ids: string[]) =>
  writer.dynamodb.send(
    new BatchGetItemCommand({ RequestItems: { [table()]: { Keys: ids.map((id) => ({ id: { S: id } })) } } }),
  );
const insertAll = (...ids: string[]) =>
  new BatchExecuteStatementCommand({
    Statements: ids.map((id) => ({ Statement: `INSERT INTO "${table()}" VALUE {'id': ?}`, Parameters: [{ S: id }] })),
  });

describe('DynamoDB', () => {
  it('refuses for lack of throughput', async () => {
    stage.proxy.faults.set({ throttle: 1 });
    await expect(writer.dynamodb.send(put('t1'))).rejects.toMatchObject({
      name: 'ProvisionedThroughputExceededException',
    });
    expect(stage.proxy.faults.happened.throttle).toBeGreaterThan(0);
  });

  it('is tried again by the SDK, which the caller does not notice', async () => {
    stage.proxy.faults.set({ throttle: 0.1, resetBefore: 0.4, latency: 0.5 });
    const patient = stage.clientsOf('Writer', 10);
    for (let index = 0; index < 5; index += 1) await patient.dynamodb.send(put(`again${index}`));
    stage.proxy.faults.set({});
    expect((await read('again0', 'again4')).Responses?.[table()]).toHaveLength(2);
  });

  it('meets another transaction', async () => {
    stage.proxy.faults.set({ conflict: 1 });
    await expect(writer.dynamodb.send(put('c1'))).rejects.toMatchObject({ name: 'TransactionConflictException' });
  });

  it('fails some statements of a batch and applies the others, in the order of the request', async () => {
    const ids = Array.from({ length: 20 }, (_, index) => `s${index}`);
    stage.proxy.faults.set({ throttle: 0.2, conflict: 0.2 });
    const { Responses = [] } = await writer.dynamodb.send(insertAll(...ids));
    stage.proxy.faults.set({});
    const failed = Responses.map((response) => response.Error?.Code);
    expect(new Set(failed)).toEqual(new Set([undefined, 'ThrottlingError', 'TransactionConflict']));
    const stored = (await read(...ids)).Responses?.[table()]?.map((item) => item.id?.S);
    expect(stored?.sort()).toEqual(ids.filter((_, index) => failed[index] === undefined).sort());
  });

  it('leaves keys and items to be sent again', async () => {
    stage.proxy.faults.set({ unprocessed: 1 });
    const write = await writer.dynamodb.send(
      new BatchWriteItemCommand({
        RequestItems: { [table()]: ['u1', 'u2', 'u3'].map((id) => ({ PutRequest: { Item: { id: { S: id } } } })) },
      }),
    );
    const get = await read('u1', 'u2', 'u3');
    expect(write.UnprocessedItems?.[table()]).toHaveLength(2);
    expect(get.Responses?.[table()]).toEqual([{ id: { S: 'u1' } }]);
    expect(get.UnprocessedKeys?.[table()]?.Keys).toEqual([{ id: { S: 'u2' } }, { id: { S: 'u3' } }]);
  });

  it('breaks the connection before or after it has applied a call', async () => {
    stage.proxy.faults.set({ resetBefore: 1 });
    await expect(writer.dynamodb.send(put('before'))).rejects.toThrow();
    stage.proxy.faults.set({ resetAfter: 1 });
    await expect(writer.dynamodb.send(put('after'))).rejects.toThrow();
    stage.proxy.faults.set({});
    expect((await read('before', 'after')).Responses?.[table()]?.map((item) => item.id?.S)).toEqual(['after']);
  });
});

describe('an index', () => {
  const pending = async (of: string) => {
    const answer = await writer.dynamodb.send(
      new QueryCommand({
        TableName: table(),
        IndexName: 'by-pending',
        KeyConditionExpression: 'pending = :of',
        ExpressionAttributeValues: { ':of': { S: of } },
      }),
    );
    return { count: answer.Count, ids: answer.Items?.map((item) => item.id?.S) };
  };
  const place = (id: string, of: string) =>
    writer.dynamodb.send(new PutItemCommand({ TableName: table(), Item: { id: { S: id }, pending: { S: of } } }));

  it('does not show what is new at first, and does later', async () => {
    stage.proxy.faults.set({ staleIndex: 1 });
    await place('i1', 'x');
    expect(await pending('x')).toEqual({ count: 0, ids: [] });
    stage.proxy.faults.set({});
    expect(await pending('x')).toEqual({ count: 1, ids: ['i1'] });
  });

  it('still shows what has gone, once more', async () => {
    stage.proxy.faults.set({ staleIndex: 0.000_001 });
    await place('i2', 'y');
    expect((await pending('y')).ids).toEqual(['i2']);
    await place('i2', 'z');
    stage.proxy.faults.set({ staleIndex: 1 });
    expect((await pending('y')).ids).toEqual(['i2']);
    expect((await pending('y')).ids).toEqual([]);
  });
});

describe('a death', () => {
  it('befalls the function that calls, before the call is applied or after it, and the call is never answered', async () => {
    stage.proxy.faults.set({ killed: 1 }, { seed: 3 });
    const ids = Array.from({ length: 8 }, (_, n) => `death${n}`);
    const calls = ids.map((id) => writer.dynamodb.send(put(id), { abortSignal: AbortSignal.timeout(500) }));
    const answers = await Promise.allSettled(calls);
    stage.proxy.faults.set({});
    const applied = (await read(...ids)).Responses?.[table()]?.length ?? 0;

    expect(answers.map(({ status }) => status)).toEqual(ids.map(() => 'rejected'));
    expect(struck).toEqual(ids.map(() => ['Writer', undefined, 'killed']));
    expect(applied).toBeGreaterThan(0);
    expect(applied).toBeLessThan(ids.length);
  });

  it('spares functions that are not meant', async () => {
    stage.proxy.faults.set({ killed: 1, throttle: 1 }, { only: (id) => id === 'Somebody' });
    await writer.dynamodb.send(put('spared'));
    expect((await read('spared')).Responses?.[table()]).toHaveLength(1);
  });
});

describe('queues and buckets', () => {
  it('answer that they are not well', async () => {
    stage.proxy.faults.set({ slowDown: 1, queueError: 1 });
    const get = writer.s3.send(new GetObjectCommand({ Bucket: stage.buckets[0], Key: 'a' }));
    await expect(get).rejects.toMatchObject({ name: 'SlowDown', $metadata: { httpStatusCode: 503 } });
    const send = writer.sqs.send(new SendMessageCommand({ QueueUrl: stage.queueUrl('Work'), MessageBody: 'x' }));
    await expect(send).rejects.toMatchObject({ $metadata: { httpStatusCode: 500 } });
  });

  it('deliver twice what was sent once, and say so to nobody', async () => {
    stage.proxy.faults.set({ sentTwice: 1 });
    const Entries = ['d', 'e'].map((Id) => ({ Id, MessageBody: Id }));
    const answer = await writer.sqs.send(new SendMessageBatchCommand({ QueueUrl: stage.queueUrl('Work'), Entries }));
    stage.proxy.faults.set({});
    expect(answer.Successful?.map((entry) => entry.Id)).toEqual(['d', 'e']);
    const input = { QueueUrl: stage.queueUrl('Work'), MaxNumberOfMessages: 10 };
    const { Messages } = await writer.sqs.send(new ReceiveMessageCommand(input));
    expect(Messages?.map((message) => message.Body).sort()).toEqual(['d', 'd', 'e', 'e']);
  });

  it('take only some messages of a batch, and say which not', async () => {
    stage.proxy.faults.set({ partialSend: 1 });
    const Entries = ['a', 'b', 'c'].map((Id) => ({ Id, MessageBody: Id }));
    const answer = await writer.sqs.send(new SendMessageBatchCommand({ QueueUrl: stage.queueUrl('Work'), Entries }));
    expect(answer.Successful?.map((entry) => entry.Id)).toEqual(['a']);
    expect(answer.Failed?.map((entry) => [entry.Id, entry.SenderFault])).toEqual([
      ['b', false],
      ['c', false],
    ]);
    const input = { QueueUrl: stage.queueUrl('Work'), MaxNumberOfMessages: 10 };
    stage.proxy.faults.set({});
    const { Messages } = await writer.sqs.send(new ReceiveMessageCommand(input));
    expect(Messages?.map((message) => message.Body)).toEqual(['a']);
  });
});
