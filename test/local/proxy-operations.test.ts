import { describe, expect, it } from 'vitest';
import { accessKeyIdIn } from '../../lib/local/engines/exchange.ts';
import { keysToDelete, readBucketRequest } from '../../lib/local/proxy/bucket-request.ts';
import { accessKeyIdOf } from '../../lib/local/proxy/callers.ts';
import { dynamodbNeeds, readStatement, sqsNeeds } from '../../lib/local/proxy/operations.ts';

const arn = 'arn:aws:dynamodb:eu-central-1:000000000000:table';
const summary = (operation: string, body: object) =>
  dynamodbNeeds(operation, body as never)?.map((need) => `${need.action} ${need.resource.replace(`${arn}/`, '')}`);

describe('what a DynamoDB call needs', () => {
  it('is the permission of each table and index that it touches, once', () => {
    expect(summary('Query', { TableName: 't', IndexName: 'i' })).toEqual(['dynamodb:Query t/index/i']);
    expect(summary('GetItem', { TableName: `${arn}/t` })).toEqual(['dynamodb:GetItem t']);
    expect(summary('BatchGetItem', { RequestItems: { a: {}, b: {} } })).toEqual([
      'dynamodb:BatchGetItem a',
      'dynamodb:BatchGetItem b',
    ]);
    const items = [{ Put: { TableName: 'a' } }, { Put: { TableName: 'a' } }, { ConditionCheck: { TableName: 'b' } }];
    expect(summary('TransactWriteItems', { TransactItems: items })).toEqual([
      'dynamodb:PutItem a',
      'dynamodb:ConditionCheckItem b',
    ]);
    const Statements = ['INSERT INTO "a" VALUE {}', 'UPDATE "a" SET x=1 WHERE id=?', 'UPDATE "a" SET x=1 WHERE id=?'];
    expect(summary('BatchExecuteStatement', { Statements: Statements.map((Statement) => ({ Statement })) })).toEqual([
      'dynamodb:PartiQLInsert a',
      'dynamodb:PartiQLUpdate a',
    ]);
  });

  it('is unknown for an operation, an item or a statement that cannot be read', () => {
    expect(summary('DeleteTable', { TableName: 't' })).toBeUndefined();
    expect(summary('constructor', {})).toBeUndefined();
    expect(summary('TransactWriteItems', { TransactItems: [{ Merge: {} }] })).toBeUndefined();
    expect(summary('ExecuteStatement', { Statement: 'DROP TABLE t' })).toBeUndefined();
    expect(summary('BatchExecuteStatement', { Statements: [{}] })).toBeUndefined();
  });
});

describe('a PartiQL statement', () => {
  it.each([
    [`INSERT INTO "my.table" VALUE {'id': ?}`, { verb: 'Insert', table: 'my.table' }],
    ['insert  into plain VALUE {}', { verb: 'Insert', table: 'plain' }],
    ['UPDATE "t" SET v = ? WHERE id = ?', { verb: 'Update', table: 't' }],
    ['DELETE FROM "t" WHERE id = ?', { verb: 'Delete', table: 't' }],
    ['SELECT id, v FROM "t"."by-account" WHERE a = ?', { verb: 'Select', table: 't', index: 'by-account' }],
    [`EXISTS(SELECT * FROM "t" WHERE id = 'FROM "x"')`, { verb: 'Select', table: 't' }],
  ])('%s', (statement, expected) => {
    expect(readStatement(statement)).toEqual(expected);
  });
});

describe('what an SQS call needs', () => {
  it('is one permission for a message and for a batch', () => {
    const body = { QueueUrl: 'http://127.0.0.1:1/000000000000/work' };
    const need = { action: 'sqs:SendMessage', resource: 'arn:aws:sqs:eu-central-1:000000000000:work' };
    expect(sqsNeeds('SendMessage', body)).toEqual([need]);
    expect(sqsNeeds('SendMessageBatch', body)).toEqual([need]);
    expect(sqsNeeds('PurgeQueue', body)).toBeUndefined();
  });
});

describe('an S3 request', () => {
  const read = (method: string, path: string, copySource?: string, body = '') => {
    const request = readBucketRequest({ method, path, copySource, body: Buffer.from(body) });
    return (
      request && [request.operation, request.key, ...request.needs.map((need) => `${need.action} ${need.resource}`)]
    );
  };
  it.each([
    ['GET', '/b/a%20b/c?x-id=GetObject', ['GetObject', 'a b/c', 's3:GetObject arn:aws:s3:::b/a b/c']],
    ['PUT', '/b/k', ['PutObject', 'k', 's3:PutObject arn:aws:s3:::b/k']],
    ['HEAD', '/b/k', ['HeadObject', 'k', 's3:GetObject arn:aws:s3:::b/k']],
    ['DELETE', '/b/k', ['DeleteObject', 'k', 's3:DeleteObject arn:aws:s3:::b/k']],
    ['GET', '/b/?list-type=2&prefix=a', ['ListObjects', '', 's3:ListBucket arn:aws:s3:::b']],
    ['GET', '/b?tagging', undefined],
    ['GET', '/b/k?versionId=1', undefined],
    ['POST', '/b/k?uploads', undefined],
    ['PUT', '/b', undefined],
    ['GET', '/', undefined],
  ])('%s %s', (method, path, expected) => {
    expect(read(method, path)).toEqual(expected);
  });

  it('needs a permission for every object that it copies or deletes', () => {
    expect(read('PUT', '/b/new', '/a/old%20one')).toEqual([
      'CopyObject',
      'new',
      's3:GetObject arn:aws:s3:::a/old one',
      's3:PutObject arn:aws:s3:::b/new',
    ]);
    const body = '<Delete><Object><Key>a&amp;b</Key></Object><Object><Key>c</Key></Object></Delete>';
    expect(read('POST', '/b/?delete', undefined, body)?.slice(2)).toEqual([
      's3:DeleteObject arn:aws:s3:::b/a&b',
      's3:DeleteObject arn:aws:s3:::b/c',
    ]);
    expect(keysToDelete(Buffer.from(body))).toEqual(['a&b', 'c']);
  });
});

describe('an access key id', () => {
  it('tells functions apart, and is read from a signature', () => {
    const key = accessKeyIdOf('ResolveProfile');
    expect(key).toMatch(/^[A-Z0-9]{20}$/);
    expect(key).not.toBe(accessKeyIdOf('SweepDue'));
    expect(
      accessKeyIdIn(`AWS4-HMAC-SHA256 Credential=${key}/20260101/eu-central-1/sqs/aws4_request, Signature=0`),
    ).toBe(key);
    expect(accessKeyIdIn(undefined)).toBeUndefined();
    expect(accessKeyIdIn('Bearer x')).toBeUndefined();
  });
});
