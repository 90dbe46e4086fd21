import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DescribeTableCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../lib/domain/json.ts';
import { createResources } from '../../lib/local/engines/create-resources.ts';
import { startDynamoDbLocal } from '../../lib/local/engines/dynamodb-local.ts';
import { startQueuesAndBuckets } from '../../lib/local/engines/queues-and-buckets.ts';
import { createTables, engineLogin, withEngines } from '../engines.ts';
import { handmadeTemplate } from './proxy-template.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tributary-engines-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('DynamoDB Local', () => {
  it('keeps a data folder across a kill', async () => {
    const first = await startDynamoDbLocal({ dataDir: folder });
    const client = new DynamoDBClient({ ...engineLogin, endpoint: first.url });
    const { profiles } = await createTables(client, 'kept-');
    await client.send(new PutItemCommand({ TableName: profiles, Item: { id: { S: 'p1' } } }));
    client.destroy();
    process.kill(first.pid, 'SIGKILL');
    await first.ended;
    const second = await startDynamoDbLocal({ dataDir: folder });
    const again = new DynamoDBClient({ ...engineLogin, endpoint: second.url });
    const found = await again.send(new GetItemCommand({ TableName: profiles, Key: { id: { S: 'p1' } } }));
    again.destroy();
    await second.stop();
    expect(found.Item).toEqual({ id: { S: 'p1' } });
    expect(isAlive(second.pid)).toBe(false);
  });

  it('does not outlive a stage that is killed, nor does the folder of its library', async () => {
    const scratch = mkdtempSync(join(folder, 'scratch-'));
    const module = new URL('../../lib/local/engines/dynamodb-local.ts', import.meta.url);
    const script = `import { startDynamoDbLocal } from '${module.href}'; const local = await startDynamoDbLocal(); console.log(local.pid); setInterval(() => 0, 1000);`;
    const stage = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, TMPDIR: scratch },
    });
    const ofDatabase = () => readdirSync(scratch).filter((name) => name.startsWith('tributary-database-'));
    const pid = Number(await new Promise((resolve) => stage.stdout.once('data', (data) => resolve(String(data)))));
    expect(isAlive(pid)).toBe(true);
    expect(ofDatabase()).toHaveLength(1);
    stage.kill('SIGKILL');
    await expect.poll(() => [isAlive(pid), ofDatabase()]).toEqual([false, []]);
  });

  it('says in one line what to install when Java is missing or old', async () => {
    const old = join(folder, 'java');
    writeFileSync(old, '#!/bin/sh\necho \'openjdk version "11.0.22" 2024-01-16\' >&2\n');
    chmodSync(old, 0o755);
    for (const java of ['no-such-java', old]) {
      const failure = await startDynamoDbLocal({ java }).catch((thrown: unknown) => thrown);
      expect(failure).toMatchObject({ code: 'stage/java-missing' });
      expect(String(failure)).toMatch(/apt-get install openjdk-17.*brew install.*winget install/);
      expect(String(failure)).not.toContain('\n');
    }
  });
});

describe('resources of a template', () => {
  const engines = withEngines();
  const create = async (template: JsonObject, stack: string) => {
    const others = await startQueuesAndBuckets();
    const urls = { dynamodb: engines().dynamodbUrl, queues: others.url };
    const created = await createResources(template, urls, { queueOrigin: 'http://127.0.0.1:4000', stack });
    return { created, others };
  };

  it('are created with keys, indexes and redrive, and referred to by their names', async () => {
    const { created, others } = await create(handmadeTemplate(), 'one');
    const sqs = new SQSClient({ ...engineLogin, endpoint: others.url });
    const QueueUrl = `${others.url}/000000000000/one-Work`.replace('127.0.0.1', 'sqs.eu-central-1.localhost');
    const work = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
    const people = await engines().dynamodb.send(new DescribeTableCommand({ TableName: 'one-People' }));
    sqs.destroy();
    await others.stop();
    expect(work.Attributes?.RedrivePolicy).toContain('one-WorkDead');
    expect(people.Table?.GlobalSecondaryIndexes?.map((index) => index.IndexName)).toEqual(['by-pending']);
    expect(created.tables).toEqual(['one-People']);
    expect(created.resolver.resolve({ Ref: 'Work' })).toBe('http://127.0.0.1:4000/000000000000/one-Work');
    expect(created.queues.find((queue) => queue.name === 'one-Work')).toMatchObject({
      visibilityTimeoutSeconds: 1,
      deadLetter: { queue: 'one-WorkDead', maxReceiveCount: 2 },
    });
  });

  it('are adopted when they exist, gaining indexes, but not with other keys', async () => {
    const plain = { AttributeName: 'id', KeyType: 'HASH' };
    const table = (properties: JsonObject): JsonObject => ({
      Resources: { T: { Type: 'AWS::DynamoDB::Table', Properties: properties } },
    });
    const attributes = ['id', 'team'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' }));
    const before = table({ AttributeDefinitions: attributes.slice(0, 1), KeySchema: [plain] });
    const index = {
      IndexName: 'by-team',
      KeySchema: [{ AttributeName: 'team', KeyType: 'HASH' }],
      Projection: { ProjectionType: 'KEYS_ONLY' },
    };
    const after = table({ AttributeDefinitions: attributes, KeySchema: [plain], GlobalSecondaryIndexes: [index] });
    const changed = table({
      AttributeDefinitions: attributes.slice(1),
      KeySchema: [{ AttributeName: 'team', KeyType: 'HASH' }],
    });
    for (const template of [before, before, after, after]) await (await create(template, 'two')).others.stop();
    const found = await engines().dynamodb.send(new DescribeTableCommand({ TableName: 'two-T' }));
    expect(found.Table?.GlobalSecondaryIndexes?.map((each) => each.IndexName)).toEqual(['by-team']);
    await expect(create(changed, 'two')).rejects.toMatchObject({ code: 'stage/table-changed' });
  });

  it('include the product’s own tables for tests of the adapters', async () => {
    const { memberships } = await createTables(engines().dynamodb, 'three-');
    const { Table } = await engines().dynamodb.send(new DescribeTableCommand({ TableName: memberships }));
    expect(Table?.KeySchema?.map((key) => key.AttributeName)).toEqual(['owner', 'profile']);
    expect(Table?.GlobalSecondaryIndexes?.[0]?.IndexName).toBe('pending-by-audience');
  });
});

/** Alive, and not merely waiting for somebody to ask how it ended. */
function isAlive(pid: number): boolean {
  try {
    return !/^Z/.test(
      execFileSync('ps', ['-o', 'stat=', '-p', String(pid)])
        .toString()
        .trim(),
    );
  } catch {
    return false;
  }
}
