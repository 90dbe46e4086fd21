import {
  ScanCommand,
  type ScanCommandOutput,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { mostAsOne, type ProfileStore, type ScanPage, type WriteOutcome } from '../../pipeline/ports.ts';
import { type Dynamo, executeAll, type Item, readById } from './client.ts';
import {
  bytesOf,
  clearStatement,
  DUE_SHARDS,
  fromItem,
  hourOf,
  moveItem,
  putItem,
  putStatement,
  toItem,
} from './profile-items.ts';
import { queryInTurn } from './query.ts';

const HOUR = 3_600_000;
/** Budget of one profile; DynamoDB itself takes 400 KB. */
export const MOST_BYTES = 256 * 1024;
/** Bytes of all items of one transaction: 4 MB, less what keys and rows take. */
const MOST_TRANSACTION_BYTES = 3_900_000;

/** People that one request of a scan reads: what is done with them fits an invocation many times over. */
export const PEOPLE_IN_PAGE = 250;

/** Due profiles that one query reads: pages of all shards are in memory together. */
const DUE_IN_PAGE = 1_000;

interface Tables {
  readonly profiles: string;
  readonly identifiers: string;
}

/** Profiles in table `profiles`: the content as one JSON text, beside the few attributes that the store itself uses. */
export function openProfileStore(dynamo: Dynamo, tables: Tables): ProfileStore {
  const table = tables.profiles;
  return {
    read: (ids, options) => readById(dynamo, table, ids, fromItem, options),
    async write(profiles) {
      const outcomes = new Map<string, WriteOutcome>(profiles.map(({ id }) => [id, 'too-large']));
      const fitting = profiles
        .map((profile) => ({ profile, item: toItem(profile) }))
        .filter(({ item }) => bytesOf(item) <= MOST_BYTES);
      const written = await executeAll(
        dynamo,
        fitting.map(({ profile, item }) => putStatement(table, profile.version, item)),
      );
      for (const [at, { profile }] of fitting.entries()) {
        outcomes.set(profile.id, written[at] === 'done' ? 'written' : 'conflict');
      }
      return outcomes;
    },
    async writeTogether(profiles, moves, shortcuts) {
      const puts = profiles.map((one) => putItem(table, one));
      const room = Math.max(0, mostAsOne - puts.length - moves.length);
      const items = [
        ...puts,
        ...[...moves, ...shortcuts.slice(0, room)].map((move) => moveItem(tables.identifiers, move)),
      ];
      const sizes = puts.map(({ Put }) => bytesOf(Put?.Item ?? {}));
      const total = sizes.reduce((sum, size) => sum + size, 0);
      const large =
        items.length > mostAsOne || total > MOST_TRANSACTION_BYTES || sizes.some((size) => size > MOST_BYTES);
      return large ? 'too-large' : transact(dynamo, items);
    },
    async clearOutboxes(profiles) {
      await executeAll(
        dynamo,
        profiles.map((profile) => clearStatement(table, profile)),
      );
    },
    due: (from, until) => dueIds(dynamo, table, from, until),
    scan: (part, of, after) => scanPages(dynamo, table, { part, of, after }),
  };
}

async function* dueIds(dynamo: Dynamo, table: string, from: number, until: number): AsyncIterable<readonly string[]> {
  for (let hour = Math.floor(from / HOUR) * HOUR; hour <= until; hour += HOUR) {
    const shards = Array.from({ length: DUE_SHARDS }, (_, shard) => ({
      TableName: table,
      IndexName: 'due-by-hour',
      KeyConditionExpression: 'dueHour = :hour AND dueAt BETWEEN :from AND :until',
      ExpressionAttributeValues: {
        ':hour': { S: `${hourOf(hour)}#${shard}` },
        ':from': { N: String(from) },
        ':until': { N: String(until) },
      },
      Limit: DUE_IN_PAGE,
    }));
    for await (const page of queryInTurn(dynamo, shards)) yield page.map((item) => item.id?.S ?? '');
  }
}

async function* scanPages(
  dynamo: Dynamo,
  table: string,
  { part, of, after }: { readonly part: number; readonly of: number; readonly after: string | undefined },
): AsyncIterable<ScanPage> {
  let start: Item | undefined = after === undefined ? undefined : { id: { S: after } };
  do {
    const answer: ScanCommandOutput = await dynamo.client.send(
      new ScanCommand({
        TableName: table,
        Segment: part,
        TotalSegments: of,
        Limit: PEOPLE_IN_PAGE,
        ReturnConsumedCapacity: 'TOTAL',
        ...(start === undefined ? {} : { ExclusiveStartKey: start }),
      }),
    );
    start = answer.LastEvaluatedKey;
    yield {
      people: (answer.Items ?? []).map(fromItem),
      readUnits: answer.ConsumedCapacity?.CapacityUnits ?? 0,
      ...(start === undefined ? {} : { after: start.id?.S ?? '' }),
    };
  } while (start !== undefined);
}

async function transact(dynamo: Dynamo, items: TransactWriteItem[]): Promise<WriteOutcome> {
  try {
    await dynamo.client.send(new TransactWriteItemsCommand({ TransactItems: items }));
    return 'written';
  } catch (error) {
    // A cancelled transaction wrote nothing: somebody else moved first, and the caller reads again.
    if (error instanceof TransactionCanceledException) return 'conflict';
    throw error;
  }
}
