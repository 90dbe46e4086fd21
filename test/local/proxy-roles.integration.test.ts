import {
  BatchExecuteStatementCommand,
  BatchGetItemCommand,
  DescribeLimitsCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, GetObjectTaggingCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { PurgeQueueCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withEngines } from '../engines.ts';
import { type LowerStage, openLowerStage } from './proxy-stage.ts';

const engines = withEngines();
let stage: LowerStage;

beforeAll(async () => {
  stage = await openLowerStage(engines().dynamodbUrl);
});
afterAll(() => stage.close());

const table = () => stage.resolver.nameOf('People');
const tableArn = () => stage.resolver.arnOf('People');

describe('a call that the role allows', () => {
  it('reaches the engine and is remembered', async () => {
    const { dynamodb } = stage.clientsOf('Writer');
    await dynamodb.send(new PutItemCommand({ TableName: table(), Item: { id: { S: 'p1' }, pending: { S: 'yes' } } }));
    await dynamodb.send(
      new BatchExecuteStatementCommand({
        Statements: [{ Statement: `INSERT INTO "${table()}" VALUE {'id': ?}`, Parameters: [{ S: 'p2' }] }],
      }),
    );
    const found = await dynamodb.send(
      new BatchGetItemCommand({ RequestItems: { [table()]: { Keys: [{ id: { S: 'p1' } }, { id: { S: 'p2' } }] } } }),
    );
    const pending = await dynamodb.send(
      new QueryCommand({
        TableName: table(),
        IndexName: 'by-pending',
        KeyConditionExpression: 'pending = :yes',
        ExpressionAttributeValues: { ':yes': { S: 'yes' } },
      }),
    );
    expect(found.Responses?.[table()]).toHaveLength(2);
    expect(pending.Items).toEqual([{ id: { S: 'p1' }, pending: { S: 'yes' } }]);
    expect(stage.proxy.calls()[stage.resolver.nameOf('Writer')]).toEqual([
      `dynamodb:BatchGetItem ${tableArn()}`,
      `dynamodb:PartiQLInsert ${tableArn()}`,
      `dynamodb:PutItem ${tableArn()}`,
      `dynamodb:Query ${tableArn()}/index/by-pending`,
    ]);
  });

  it('is counted with the units that DynamoDB reports', async () => {
    const before = stage.proxy.counts();
    await stage
      .clientsOf('Writer')
      .dynamodb.send(
        new PutItemCommand({ TableName: table(), Item: { id: { S: 'p9' } }, ReturnConsumedCapacity: 'TOTAL' }),
      );
    const after = stage.proxy.counts();
    expect(after.calls - before.calls).toBe(1);
    expect(after.units.write - before.units.write).toBe(1);
  });
});

describe('a call that the role does not allow', () => {
  it('is refused in the words of IAM, and named in the refusals', async () => {
    const put = stage
      .clientsOf('Reader')
      .dynamodb.send(new PutItemCommand({ TableName: table(), Item: { id: { S: 'p3' } } }));
    await expect(put).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: `User: arn:aws:sts::000000000000:assumed-role/${stage.resolver.nameOf('ReaderRole')}/${stage.resolver.nameOf('Reader')} is not authorized to perform: dynamodb:PutItem on resource: ${tableArn()} because no identity-based policy allows the dynamodb:PutItem action`,
    });
    expect(stage.proxy.refusals.at(-1)).toEqual({
      functionName: stage.resolver.nameOf('Reader'),
      action: 'dynamodb:PutItem',
      resource: tableArn(),
    });
    const got = await stage
      .clientsOf('Reader')
      .dynamodb.send(new GetItemCommand({ TableName: table(), Key: { id: { S: 'p3' } } }));
    expect(got.Item).toBeUndefined();
  });

  it('is refused for any part of a transaction or batch', async () => {
    const { dynamodb } = stage.clientsOf('Writer');
    const transaction = dynamodb.send(
      new TransactWriteItemsCommand({
        TransactItems: [
          { Put: { TableName: table(), Item: { id: { S: 'p4' } } } },
          { Delete: { TableName: table(), Key: { id: { S: 'p5' } } } },
        ],
      }),
    );
    await expect(transaction).rejects.toThrow('dynamodb:DeleteItem');
    const batch = dynamodb.send(
      new BatchExecuteStatementCommand({
        Statements: [{ Statement: `DELETE FROM "${table()}" WHERE id = ?`, Parameters: [{ S: 'p5' }] }],
      }),
    );
    await expect(batch).rejects.toThrow('dynamodb:PartiQLDelete');
  });

  it('is refused by queues and buckets in their own form', async () => {
    const { sqs, s3 } = stage.clientsOf('Reader');
    const send = sqs.send(new SendMessageCommand({ QueueUrl: stage.queueUrl('Work'), MessageBody: 'x' }));
    await expect(send).rejects.toMatchObject({ name: expect.stringContaining('AccessDenied') });
    const put = s3.send(new PutObjectCommand({ Bucket: stage.buckets[0], Key: 'a', Body: 'x' }));
    await expect(put).rejects.toMatchObject({ name: 'AccessDenied', $metadata: { httpStatusCode: 403 } });
  });

  it('is refused when the stage does not know the operation', async () => {
    const { dynamodb, sqs, s3 } = stage.clientsOf('Writer');
    await expect(dynamodb.send(new DescribeLimitsCommand({}))).rejects.toThrow('dynamodb:DescribeLimits');
    await expect(sqs.send(new PurgeQueueCommand({ QueueUrl: stage.queueUrl('Work') }))).rejects.toThrow(
      'sqs:PurgeQueue',
    );
    const tags = s3.send(new GetObjectTaggingCommand({ Bucket: stage.buckets[0], Key: 'a' }));
    await expect(tags).rejects.toMatchObject({ name: 'AccessDenied' });
  });
});

describe('an object that is not there', () => {
  it('is not found by who may list, and denied to who may not', async () => {
    const missing = new GetObjectCommand({ Bucket: stage.buckets[0], Key: 'nowhere' });
    await expect(stage.clientsOf('Writer').s3.send(missing)).rejects.toMatchObject({ name: 'NoSuchKey' });
    await expect(stage.clientsOf('Reader').s3.send(missing)).rejects.toMatchObject({ name: 'AccessDenied' });
    const listed = await stage.clientsOf('Writer').s3.send(new ListObjectsV2Command({ Bucket: stage.buckets[0] }));
    expect(listed.KeyCount).toBe(0);
  });
});

describe('a stranger', () => {
  it('is told that its key is not known', async () => {
    const stranger = stage
      .clientsOf('Nobody')
      .dynamodb.send(new GetItemCommand({ TableName: table(), Key: { id: { S: 'p' } } }));
    await expect(stranger).rejects.toMatchObject({ name: 'UnrecognizedClientException' });
  });
});
