import {
  type AttributeValue,
  type BatchExecuteStatementCommandInput,
  BatchGetItemCommand,
  type BatchGetItemCommandInput,
  type BatchGetItemCommandOutput,
  type BatchWriteItemCommandInput,
  type DynamoDBClient,
  type GetItemCommandInput,
  type GetItemCommandOutput,
  type PutItemCommandInput,
  type QueryCommandInput,
  type QueryCommandOutput,
  type TransactWriteItemsCommandInput,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { type TableName, type TableSpec, tableNames, tables } from '../lib/infra/tables.ts';
import type { TableNames } from './database.ts';
import { itemBytes, valueBytes } from './item-size.ts';
import { openStatements } from './partiql.ts';

type Item = Record<string, AttributeValue>;

/** What a client's requests cost, in DynamoDB's units. Counts up until `reset`. */
export interface Meter {
  readonly requests: number;
  readonly transactions: number;
  readonly write: number;
  readonly read: number;
  readonly writeBy: ReadonlyMap<TableName, number>;
  readonly itemsRead: number;
  /** Bytes of the largest item that a write left in a table. */
  readonly largest: ReadonlyMap<TableName, number>;
  reset(): void;
}

/** What stands around requests and counts them as they pass. */
export interface OpenMeter {
  readonly meter: Meter;
  /** Sends one request, by the name of its operation, and counts what it cost. `send` gives the answer as it is counted. */
  around<T>(operation: string, input: unknown, send: () => Promise<T>, answerOf: (sent: T) => unknown): Promise<T>;
}

/** One item that a request writes: before and after are looked up, `sent` is what the request carries of it. */
interface Touch {
  readonly table: string;
  readonly key: Item;
  readonly sent: number;
}

const nothing = { requests: 0, transactions: 0, write: 0, read: 0, itemsRead: 0 };

/** Counts the units of everything that `client` sends. */
export function meterUnits(client: DynamoDBClient, bare: DynamoDBClient, names: TableNames): Meter {
  const { meter, around } = openMeter(bare, names);
  client.middlewareStack.add(
    (next, context) => (args) =>
      around(
        String(context.commandName).replace(/Command$/, ''),
        args.input,
        () => next(args),
        ({ output }) => output,
      ),
    { step: 'initialize', name: 'meterUnits' },
  );
  return meter;
}

/**
 * Counts units from the sizes of the items before and after each write: DynamoDB Local's own figures are wrong for
 * transactions and silent about indexes. `bare` reads those items and is not counted. A write costs the larger of both sizes, also when its condition fails; a transaction costs double; an index costs what
 * its entry costs when it comes, goes or moves. Throws for requests whose cost cannot be told from their answer.
 */
export function openMeter(bare: DynamoDBClient, names: TableNames): OpenMeter {
  const logical = new Map(tableNames.map((name) => [names[name], name]));
  const read = openStatements();
  const meter = { ...nothing, writeBy: new Map<TableName, number>(), largest: new Map<TableName, number>() };

  function nameOf(table: string): TableName {
    const name = logical.get(table);
    if (name === undefined) throw new Error(`nobody knows the table ${table}`);
    return name;
  }

  function keyOf(table: string, item: Item): Item {
    const spec: TableSpec = tables[nameOf(table)];
    return Object.fromEntries(spec.key.map(({ name }) => [name, item[name] ?? { NULL: true }]));
  }

  function touchesOf(operation: string, input: unknown): readonly Touch[] {
    switch (operation) {
      case 'PutItem': {
        const { TableName = '', Item = {} } = input as PutItemCommandInput;
        return [{ table: TableName, key: keyOf(TableName, Item), sent: itemBytes(Item) }];
      }
      case 'UpdateItem': {
        const { TableName = '', Key = {} } = input as UpdateItemCommandInput;
        return [{ table: TableName, key: keyOf(TableName, Key), sent: 0 }];
      }
      case 'BatchWriteItem':
        return Object.entries((input as BatchWriteItemCommandInput).RequestItems ?? {}).flatMap(([table, writes]) =>
          writes.map(({ PutRequest, DeleteRequest }) => {
            const item = PutRequest?.Item ?? DeleteRequest?.Key ?? {};
            return { table, key: keyOf(table, item), sent: itemBytes(item) };
          }),
        );
      case 'BatchExecuteStatement':
        return ((input as BatchExecuteStatementCommandInput).Statements ?? []).map((statement) => {
          const { table, value } = read(statement);
          const spec: TableSpec = tables[nameOf(table)];
          const key = Object.fromEntries(spec.key.map(({ name }) => [name, value(name) ?? { NULL: true }]));
          const sent = (statement.Parameters ?? []).reduce((sum, value) => sum + valueBytes(value), 0);
          return { table, key, sent };
        });
      case 'TransactWriteItems':
        return ((input as TransactWriteItemsCommandInput).TransactItems ?? []).map(({ Put, Update }) => {
          const table = Put?.TableName ?? Update?.TableName ?? '';
          const key = keyOf(table, Update?.Key ?? Put?.Item ?? {});
          return { table, key, sent: itemBytes(Put?.Item ?? {}) };
        });
      default:
        return [];
    }
  }

  async function lookUp(touches: readonly Touch[]): Promise<ReadonlyMap<string, Item>> {
    const wanted = new Map<string, Item[]>();
    for (const { table, key } of touches) wanted.set(table, [...(wanted.get(table) ?? []), key]);
    const RequestItems = Object.fromEntries(
      [...wanted].map(([table, Keys]) => [table, { Keys, ConsistentRead: true }]),
    );
    const answer = await bare.send(new BatchGetItemCommand({ RequestItems }));
    if (Object.keys(answer.UnprocessedKeys ?? {}).length > 0) throw new Error('an answer was too large to be counted');
    const found = Object.entries(answer.Responses ?? {}).flatMap(([table, items]) =>
      items.map((item) => [placeOf(table, keyOf(table, item)), item] as const),
    );
    return new Map(found);
  }

  function countWrites(
    touches: readonly Touch[],
    before: ReadonlyMap<string, Item>,
    after: ReadonlyMap<string, Item>,
    times: number,
  ) {
    for (const { table, key, sent } of touches) {
      const name = nameOf(table);
      const [was, is] = [before.get(placeOf(table, key)), after.get(placeOf(table, key))];
      const left = is === undefined ? 0 : itemBytes(is);
      meter.largest.set(name, Math.max(meter.largest.get(name) ?? 0, left));
      const bytes = Math.max(sent, was === undefined ? 0 : itemBytes(was), left);
      const units = (unitsOf(bytes, 1_024) + indexUnits(tables[name], was, is)) * times;
      meter.write += units;
      meter.writeBy.set(name, (meter.writeBy.get(name) ?? 0) + units);
    }
  }

  function countReads(operation: string, input: unknown, output: unknown): void {
    if (operation === 'BatchGetItem') {
      const { RequestItems = {} } = input as BatchGetItemCommandInput;
      const { Responses = {}, UnprocessedKeys = {} } = output as BatchGetItemCommandOutput;
      for (const [table, { Keys = [], ConsistentRead }] of Object.entries(RequestItems)) {
        const found = Responses[table] ?? [];
        const missing = Keys.length - found.length - (UnprocessedKeys[table]?.Keys?.length ?? 0);
        const units = found.reduce((sum, item) => sum + unitsOf(itemBytes(item), 4_096), missing);
        meter.read += ConsistentRead === true ? units : units / 2;
        meter.itemsRead += found.length;
      }
    }
    if (operation === 'GetItem') {
      const { Item } = output as GetItemCommandOutput;
      const units = unitsOf(Item === undefined ? 0 : itemBytes(Item), 4_096);
      meter.read += (input as GetItemCommandInput).ConsistentRead === true ? units : units / 2;
      meter.itemsRead += Item === undefined ? 0 : 1;
    }
    if (operation === 'Query') {
      const asked = input as QueryCommandInput;
      if (asked.FilterExpression !== undefined || asked.Select === 'COUNT')
        throw new Error('a query hides what it read');
      const { Items = [] } = output as QueryCommandOutput;
      const units = unitsOf(
        Items.reduce((sum, item) => sum + itemBytes(item), 0),
        4_096,
      );
      meter.read += asked.ConsistentRead === true ? units : units / 2;
      meter.itemsRead += Items.length;
    }
    if (operation === 'Scan') throw new Error('a scan hides what it read');
  }

  async function around<T>(
    operation: string,
    input: unknown,
    send: () => Promise<T>,
    answerOf: (sent: T) => unknown,
  ): Promise<T> {
    const touches = touchesOf(operation, input);
    meter.requests += 1;
    if (operation === 'TransactWriteItems') meter.transactions += 1;
    if (touches.length === 0) {
      const answer = await send();
      countReads(operation, input, answerOf(answer));
      return answer;
    }
    const before = await lookUp(touches);
    try {
      return await send();
    } finally {
      countWrites(touches, before, await lookUp(touches), operation === 'TransactWriteItems' ? 2 : 1);
    }
  }

  const reset = (): void => {
    Object.assign(meter, nothing);
    meter.writeBy.clear();
    meter.largest.clear();
  };
  return { meter: Object.assign(meter, { reset }), around };
}

/** Index entries hold keys only; one that stays where it is costs nothing. */
function indexUnits(spec: TableSpec, was: Item | undefined, is: Item | undefined): number {
  let units = 0;
  for (const key of Object.values(spec.indexes ?? {})) {
    const [before, after] = [was, is].map((item) => entryOf([...key, ...spec.key].map(({ name }) => item?.[name])));
    if (before?.text === after?.text) continue;
    units += before === undefined ? 0 : unitsOf(before.bytes, 1_024);
    units += after === undefined ? 0 : unitsOf(after.bytes, 1_024);
  }
  return units;
}

function entryOf(
  values: readonly (AttributeValue | undefined)[],
): { readonly text: string; readonly bytes: number } | undefined {
  if (values.some((value) => value === undefined)) return undefined;
  const bytes = values.reduce((sum, value) => sum + (value === undefined ? 0 : valueBytes(value)), 0);
  return { text: JSON.stringify(values), bytes };
}

function unitsOf(bytes: number, size: number): number {
  return Math.max(1, Math.ceil(bytes / size));
}

function placeOf(table: string, key: Item): string {
  return `${table}\n${JSON.stringify(key)}`;
}
