import { CreateTableCommand, type CreateTableCommandInput, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll } from 'vitest';
import { type DynamoDbLocal, startDynamoDbLocal } from '../lib/local/engines/dynamodb-local.ts';
import { stageAccessKeyId } from '../lib/local/engines/exchange.ts';
import { type QueuesAndBuckets, startQueuesAndBuckets } from '../lib/local/engines/queues-and-buckets.ts';

/** Engines of one test file: no roles, no faults, nothing between a client and them. */
export interface TestEngines {
  readonly dynamodbUrl: string;
  /** SQS and S3. */
  readonly queuesUrl: string;
  readonly dynamodb: DynamoDBClient;
}

/** What any client of a test engine takes: `new SQSClient({ endpoint: engines().queuesUrl, ...engineLogin })`. */
export const engineLogin = {
  region: 'eu-central-1',
  credentials: { accessKeyId: stageAccessKeyId, secretAccessKey: 'TEST' },
} as const;

/** Starts DynamoDB Local and fauxqs before the tests of the calling file and ends them after it. */
export function withEngines(): () => TestEngines {
  let local: DynamoDbLocal | undefined;
  let others: QueuesAndBuckets | undefined;
  let client: DynamoDBClient | undefined;
  beforeAll(async () => {
    [local, others] = await Promise.all([startDynamoDbLocal(), startQueuesAndBuckets()]);
    client = new DynamoDBClient({ ...engineLogin, endpoint: local.url });
  }, 90_000);
  afterAll(async () => {
    client?.destroy();
    await Promise.all([local?.stop(), others?.stop()]);
  });
  return () => {
    if (local === undefined || others === undefined || client === undefined)
      throw new Error('engines start in beforeAll');
    return { dynamodbUrl: local.url, queuesUrl: others.url, dynamodb: client };
  };
}

type TableName =
  | 'profiles'
  | 'identifiers'
  | 'accounts'
  | 'activities'
  | 'memberships'
  | 'history'
  | 'ledger'
  | 'state';

interface Keys {
  readonly hash: string;
  readonly range?: string;
  readonly indexes?: Readonly<Record<string, { readonly hash: string; readonly range: string }>>;
}

// As docs/architecture.md says; numbers are in `numeric`.
const tables: Readonly<Record<TableName, Keys>> = {
  profiles: {
    hash: 'id',
    indexes: { 'due-by-hour': { hash: 'dueHour', range: 'dueAt' } },
  },
  identifiers: { hash: 'key' },
  accounts: { hash: 'id' },
  activities: { hash: 'fragment', range: 'at' },
  memberships: {
    hash: 'owner',
    range: 'profile',
    indexes: { 'pending-by-audience': { hash: 'pending', range: 'profile' } },
  },
  history: { hash: 'owner', range: 'at' },
  ledger: { hash: 'key', indexes: { 'by-subject': { hash: 'subject', range: 'key' } } },
  state: { hash: 'kind', range: 'id' },
};

const numeric = new Set(['dueAt']);

/** Creates the product's tables and returns their names: `tables.profiles`. A prefix keeps tests apart. */
export async function createTables(client: DynamoDBClient, prefix: string): Promise<Record<TableName, string>> {
  const names = Object.keys(tables) as TableName[];
  for (const name of names) await client.send(new CreateTableCommand(tableInput(`${prefix}${name}`, tables[name])));
  return Object.fromEntries(names.map((name) => [name, `${prefix}${name}`])) as Record<TableName, string>;
}

function tableInput(name: string, keys: Keys): CreateTableCommandInput {
  const indexes = Object.entries(keys.indexes ?? {});
  const attributes = new Set([keys, ...indexes.map(([, index]) => index)].flatMap(attributesOf));
  return {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [...attributes].map((AttributeName) => ({
      AttributeName,
      AttributeType: numeric.has(AttributeName) ? 'N' : 'S',
    })),
    KeySchema: keySchema(keys),
    ...(indexes.length === 0
      ? {}
      : {
          GlobalSecondaryIndexes: indexes.map(([IndexName, index]) => ({
            IndexName,
            KeySchema: keySchema(index),
            Projection: { ProjectionType: 'KEYS_ONLY' },
          })),
        }),
  };
}

function attributesOf({ hash, range }: Keys): readonly string[] {
  return range === undefined ? [hash] : [hash, range];
}

function keySchema({ hash, range }: Keys): { AttributeName: string; KeyType: 'HASH' | 'RANGE' }[] {
  const first = { AttributeName: hash, KeyType: 'HASH' as const };
  return range === undefined ? [first] : [first, { AttributeName: range, KeyType: 'RANGE' as const }];
}
