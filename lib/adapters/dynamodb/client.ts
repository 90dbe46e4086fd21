import {
  type AttributeValue,
  BatchExecuteStatementCommand,
  type BatchExecuteStatementCommandOutput,
  BatchGetItemCommand,
  type BatchStatementRequest,
  BatchWriteItemCommand,
  DynamoDBClient,
  type DynamoDBClientConfig,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import { TributaryError } from '../../domain/errors.ts';
import { clientConfig } from '../client-config.ts';
import { tellPassingFailures } from '../passing-failures.ts';
import { takeShortcut } from './shortcut.ts';

export type Item = Record<string, AttributeValue>;

/** A DynamoDB client with the effects of time that retries need. */
export interface Dynamo {
  readonly client: DynamoDBClient;
  readonly wait: (milliseconds: number) => Promise<void>;
  readonly random: () => number;
}

/** Requests of one batch that are under way at the same time. */
const AT_ONCE = 6;
/**
 * Rounds in which the service did nothing of what was left, before the caller's message is retried as a whole. Rounds in
 * which it did some do not count: a partition that gives what it has is slow, and giving up would bring all of it again.
 */
const ROUNDS = 10;

/** Opens a client. Middlewares that are added to it after its first request do not run. */
export function openDynamo(wait: Dynamo['wait'], random: Dynamo['random'], config: DynamoDBClientConfig = {}): Dynamo {
  const client = new DynamoDBClient({ ...clientConfig, cacheMiddleware: true, ...config });
  // It walks all that was sent and received to hide what is sensitive from a log that nobody keeps (docs/adr/0044).
  client.middlewareStack.remove('loggerMiddleware');
  takeShortcut(client);
  return { client: tellPassingFailures(client), wait, random };
}

/**
 * Reads of many keys, a hundred to a request. A key given twice is read once. Missing items are left out. `lagging`: perhaps
 * as they were a moment ago, for half the units.
 */
export async function batchGet(
  dynamo: Dynamo,
  table: string,
  keys: readonly Item[],
  { lagging = false }: { readonly lagging?: boolean } = {},
): Promise<Item[]> {
  const found: Item[] = [];
  // DynamoDB refuses a request that names a key twice.
  const distinct = [...new Map(keys.map((key) => [JSON.stringify(key), key])).values()];
  await inRounds(dynamo, 'BatchGetItem', distinct, 100, async (chunk) => {
    const answer = await dynamo.client.send(
      new BatchGetItemCommand({ RequestItems: { [table]: { Keys: chunk, ConsistentRead: !lagging } } }),
    );
    found.push(...(answer.Responses?.[table] ?? []));
    return answer.UnprocessedKeys?.[table]?.Keys ?? [];
  });
  return found;
}

/** Reads by the key `id`, as what the items hold. Who is not there is left out. */
export async function readById<T>(
  dynamo: Dynamo,
  table: string,
  ids: readonly string[],
  read: (item: Item) => T,
  options: { readonly lagging?: boolean } = {},
): Promise<ReadonlyMap<string, T>> {
  const keys = ids.map((id) => ({ id: { S: id } }));
  const items = await batchGet(dynamo, table, keys, options);
  return new Map(items.map((item) => [item.id?.S ?? '', read(item)]));
}

/** Inserts an item if its key is free. */
export function insertItem(table: string, item: Item): BatchStatementRequest {
  const names = Object.keys(item);
  return {
    Statement: `INSERT INTO "${table}" VALUE {${names.map((name) => `'${name}': ?`).join(', ')}}`,
    Parameters: names.map((name) => item[name] ?? { NULL: true }),
  };
}

/** Unconditional puts, twenty-five to a request. Later puts of the same key in one call are dropped by `keyOf`. */
export async function batchPut(
  dynamo: Dynamo,
  table: string,
  items: readonly Item[],
  keyOf: (item: Item) => string,
): Promise<void> {
  const distinct = [...new Map(items.map((item) => [keyOf(item), item])).values()];
  await batchWrite(
    dynamo,
    table,
    distinct.map((Item) => ({ PutRequest: { Item } })),
  );
}

/** Deletes by key, twenty-five to a request. A key given twice is deleted once; one that is not there is no failure. */
export async function batchDelete(dynamo: Dynamo, table: string, keys: readonly Item[]): Promise<void> {
  const distinct = [...new Map(keys.map((key) => [JSON.stringify(key), key])).values()];
  await batchWrite(
    dynamo,
    table,
    distinct.map((Key) => ({ DeleteRequest: { Key } })),
  );
}

async function batchWrite(dynamo: Dynamo, table: string, requests: readonly WriteRequest[]): Promise<void> {
  await inRounds(dynamo, 'BatchWriteItem', requests, 25, async (chunk) => {
    const answer = await dynamo.client.send(new BatchWriteItemCommand({ RequestItems: { [table]: chunk } }));
    return answer.UnprocessedItems?.[table] ?? [];
  });
}

/** What became of one conditional statement. */
export type StatementOutcome = 'done' | 'condition-failed';

/**
 * PartiQL writes, each with its own condition and its own outcome, twenty-five to a request: ordinary write units at a
 * tenth of the requests. A statement that the service throttled is tried again; one that was applied and whose answer
 * was lost reads as `condition-failed`, so callers must look before they conclude.
 */
export async function executeAll(
  dynamo: Dynamo,
  statements: readonly BatchStatementRequest[],
): Promise<StatementOutcome[]> {
  const outcomes: StatementOutcome[] = new Array(statements.length).fill('done');
  await inRounds(dynamo, 'BatchExecuteStatement', [...statements.keys()], 25, async (chunk) => {
    const Statements = chunk.map((at) => statements[at] as BatchStatementRequest);
    const answer = await dynamo.client.send(new BatchExecuteStatementCommand({ Statements }));
    return chunk.filter((at, place) => {
      const code = errorCode(answer, place);
      if (code !== 'ConditionalCheckFailed' && code !== 'DuplicateItem') return code !== undefined;
      outcomes[at] = 'condition-failed';
      return false;
    });
  });
  return outcomes;
}

/**
 * Does all of `items` in chunks, and what the service left of them again after a pause that grows. Throws `transient` when
 * it did nothing in ten rounds after each other.
 */
async function inRounds<T>(
  dynamo: Dynamo,
  what: string,
  items: readonly T[],
  size: number,
  work: (chunk: T[]) => Promise<readonly T[]>,
): Promise<void> {
  let pending = items;
  for (let round = 0, idle = 0; pending.length > 0; round += 1) {
    if (round > 0) await dynamo.wait(10 + dynamo.random() * Math.min(2_000, 20 * 2 ** Math.min(round, 10)));
    const left: T[] = [];
    await inChunks(pending, size, async (chunk) => {
      left.push(...(await work(chunk)));
    });
    idle = left.length < pending.length ? 0 : idle + 1;
    if (idle > ROUNDS) {
      throw new TributaryError(
        'transient',
        'store/throttled',
        `${what} left work undone ${ROUNDS} times; it will be tried again later`,
      );
    }
    pending = left;
  }
}

/** Runs `work` over chunks, a few at a time. */
async function inChunks<T>(items: readonly T[], size: number, work: (chunk: T[]) => Promise<void>): Promise<void> {
  const chunks: T[][] = [];
  for (let at = 0; at < items.length; at += size) chunks.push(items.slice(at, at + size));
  let next = 0;
  const workers = Array.from({ length: Math.min(AT_ONCE, chunks.length) }, async () => {
    for (let chunk = chunks[next++]; chunk !== undefined; chunk = chunks[next++]) await work(chunk);
  });
  await Promise.all(workers);
}

const RETRYABLE = new Set([
  'ThrottlingError',
  'RequestLimitExceeded',
  'InternalServerError',
  'ProvisionedThroughputExceeded',
  'TransactionConflict',
]);

function errorCode(answer: BatchExecuteStatementCommandOutput, place: number): string | undefined {
  const error = answer.Responses?.[place]?.Error;
  const code = error?.Code;
  if (code === undefined || code === 'ConditionalCheckFailed' || code === 'DuplicateItem' || RETRYABLE.has(code))
    return code;
  throw new TributaryError('defect', 'store/statement-refused', `the store refused a statement with ${code}`);
}
