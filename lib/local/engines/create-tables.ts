import { TributaryError } from '../../domain/errors.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { EngineRefusal, type Exchange } from './exchange.ts';
import { listAt, textAt } from './template.ts';

const api = 'DynamoDB_20120810';

/**
 * Creates a table from the resolved properties of an `AWS::DynamoDB::Table` or `GlobalTable`, or accepts the one that
 * a data folder already holds, adding indexes that it lacks. Throws `stage/table-changed` when its keys differ, and
 * `stage/unsupported-property` for streams, which the stage does not run.
 *
 * Time to live is left out on purpose: DynamoDB Local would delete by the machine's clock, not by the stage's, and
 * AWS itself promises deletion only within days, so no reader may rely on it.
 */
export async function createTable(dynamodb: Exchange, name: string, properties: JsonObject): Promise<void> {
  if (properties.StreamSpecification !== undefined || properties.KinesisStreamSpecification !== undefined) {
    throw new TributaryError(
      'config',
      'stage/unsupported-property',
      `the stage runs no table streams (table ${name}): remove the stream from the template`,
    );
  }
  const wanted = definition(name, properties);
  try {
    await dynamodb.call(`${api}.CreateTable`, wanted);
  } catch (thrown) {
    if (!(thrown instanceof EngineRefusal) || thrown.reason !== 'ResourceInUseException') throw thrown;
    await adopt(dynamodb, name, wanted);
  }
}

function definition(name: string, properties: JsonObject): JsonObject {
  const indexes = listAt(properties, 'GlobalSecondaryIndexes').map((index) =>
    pick(index as JsonObject, 'IndexName', 'KeySchema', 'Projection'),
  );
  const local = listAt(properties, 'LocalSecondaryIndexes');
  return {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    ...pick(properties, 'AttributeDefinitions', 'KeySchema'),
    ...(indexes.length === 0 ? {} : { GlobalSecondaryIndexes: indexes }),
    ...(local.length === 0 ? {} : { LocalSecondaryIndexes: local }),
  };
}

async function adopt(dynamodb: Exchange, name: string, wanted: JsonObject): Promise<void> {
  const { Table } = await dynamodb.call(`${api}.DescribeTable`, { TableName: name });
  const found = Table as JsonObject;
  if (shape(found.KeySchema) !== shape(wanted.KeySchema)) throw changed(name, 'key');
  const existing = new Map(
    listAt(found, 'GlobalSecondaryIndexes').map((index) => [
      textAt(index as JsonObject, 'IndexName'),
      index as JsonObject,
    ]),
  );
  for (const entry of listAt(wanted, 'GlobalSecondaryIndexes')) {
    const index = entry as JsonObject;
    const before = existing.get(textAt(index, 'IndexName'));
    if (before !== undefined) {
      if (shape(before.KeySchema) !== shape(index.KeySchema)) throw changed(name, `index ${index.IndexName}`);
      continue;
    }
    // DynamoDB makes one index at a time.
    await dynamodb.call(`${api}.UpdateTable`, {
      TableName: name,
      AttributeDefinitions: wanted.AttributeDefinitions ?? [],
      GlobalSecondaryIndexUpdates: [{ Create: index }],
    });
  }
}

function pick(object: JsonObject, ...keys: readonly string[]): Record<string, Json> {
  const picked: Record<string, Json> = {};
  for (const key of keys) {
    const value = object[key];
    if (value !== undefined) picked[key] = value;
  }
  return picked;
}

function shape(keySchema: Json | undefined): string {
  const keys = Array.isArray(keySchema) ? keySchema : [];
  return keys.map((key) => `${textAt(key, 'KeyType')} ${textAt(key, 'AttributeName')}`).join(', ');
}

function changed(table: string, what: string): TributaryError {
  return new TributaryError(
    'config',
    'stage/table-changed',
    `the data folder holds table ${table} with another ${what} than the template: start with a new --data folder`,
  );
}
