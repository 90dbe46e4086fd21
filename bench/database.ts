import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { machineClock } from '../lib/adapters/clock.ts';
import { type Dynamo, openDynamo } from '../lib/adapters/dynamodb/client.ts';
import { type KeyAttribute, type TableName, type TableSpec, tableNames, tables } from '../lib/infra/tables.ts';
import { startDynamoDbLocal } from '../lib/local/engines/dynamodb-local.ts';
import { stageAccessKeyId } from '../lib/local/engines/exchange.ts';

/** How whoever looks into a stage's own engines signs: under any other name DynamoDB Local has other tables. */
export const engineAccess = {
  region: 'eu-central-1',
  credentials: { accessKeyId: stageAccessKeyId, secretAccessKey: 'BENCH' },
} as const;

export type TableNames = Readonly<Record<TableName, string>>;

/** DynamoDB Local in memory, with as many sets of the product's tables as a bench wants. */
export interface Database {
  /** A client of its own, as a function has one; its middleware is nobody else's. */
  open(): Dynamo;
  /** A client as the SDK makes it, with nothing of ours. */
  openPlain(): DynamoDBClient;
  /** Creates the product's tables, empty. */
  createTables(): Promise<TableNames>;
  close(): Promise<void>;
}

export async function openDatabase(): Promise<Database> {
  const local = await startDynamoDbLocal();
  const config = { ...engineAccess, endpoint: local.url };
  const admin = new DynamoDBClient(config);
  const opened: Pick<Dynamo, 'client'>[] = [];
  let sets = 0;
  return {
    open() {
      const dynamo = openDynamo(machineClock.wait, machineClock.random, config);
      opened.push(dynamo);
      return dynamo;
    },
    openPlain() {
      const client = new DynamoDBClient(config);
      opened.push({ client });
      return client;
    },
    async createTables() {
      sets += 1;
      const names = Object.fromEntries(tableNames.map((name) => [name, `set${sets}-${name}`])) as TableNames;
      for (const name of tableNames) await createTable(admin, names[name], tables[name]);
      return names;
    },
    async close() {
      for (const { client } of [{ client: admin }, ...opened]) client.destroy();
      await local.stop();
    },
  };
}

async function createTable(client: DynamoDBClient, TableName: string, spec: TableSpec): Promise<void> {
  const indexes = Object.entries(spec.indexes ?? {});
  const attributes = new Map([spec.key, ...indexes.map(([, key]) => key)].flat().map(({ name, type }) => [name, type]));
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [...attributes].map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType })),
      KeySchema: keySchema(spec.key),
      ...(indexes.length === 0
        ? {}
        : {
            GlobalSecondaryIndexes: indexes.map(([IndexName, key]) => ({
              IndexName,
              KeySchema: keySchema(key),
              Projection: { ProjectionType: 'KEYS_ONLY' as const },
            })),
          }),
    }),
  );
}

function keySchema(key: readonly KeyAttribute[]) {
  return key.map(({ name }, at) => ({
    AttributeName: name,
    KeyType: at === 0 ? ('HASH' as const) : ('RANGE' as const),
  }));
}
