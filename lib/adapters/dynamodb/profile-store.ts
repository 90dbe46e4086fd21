import {
  QueryCommand,
  ScanCommand,
  type ScanCommandOutput,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import type { ErasedProfile } from '../../domain/erasure.ts';
import type { Follow, MergedProfile, Profile } from '../../domain/profile.ts';
import {
  type Move,
  mostAsOne,
  type ProfileStore,
  type ScanPage,
  type StoredProfile,
  type WriteOutcome,
} from '../../pipeline/ports.ts';
import { batchGet, type Dynamo, executeAll, type Item } from './client.ts';
import { shardOf } from './shards.ts';

/**
 * Shards of one hour of the due index. A partition takes 1,000 writes a second: so many take a million people out of one
 * midnight, and into the next, in about a minute (docs/adr/0033).
 */
export const DUE_SHARDS = 16;
const HOUR = 3_600_000;
/** Budget of one profile; DynamoDB itself takes 400 KB. */
export const MOST_BYTES = 256 * 1024;
/** Bytes of all items of one transaction: 4 MB, less what keys and rows take. */
const MOST_TRANSACTION_BYTES = 3_900_000;

/** People that one request of a scan reads: what is done with them fits an invocation many times over. */
const PEOPLE_IN_PAGE = 250;

/** What the store keeps beside the content, as attributes of their own. */
type Own = 'id' | 'version' | 'outbox' | 'dueAt';

interface Tables {
  readonly profiles: string;
  readonly identifiers: string;
}

/** Profiles in table `profiles`: the content as one JSON text, beside the few attributes that the store itself uses. */
export function openProfileStore(dynamo: Dynamo, tables: Tables): ProfileStore {
  const table = tables.profiles;
  return {
    async read(ids) {
      const items = await batchGet(
        dynamo,
        table,
        ids.map((id) => ({ id: { S: id } })),
      );
      return new Map(items.map((item) => [item.id?.S ?? '', fromItem(item)]));
    },
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

/** Attributes of the due index for an instant: hour and shard, and the instant itself. */
export function dueKey(id: string, dueAt: number): { readonly dueHour: string; readonly dueAt: number } {
  return { dueHour: `${hourOf(dueAt)}#${shardOf(id, DUE_SHARDS)}`, dueAt };
}

async function* dueIds(dynamo: Dynamo, table: string, from: number, until: number): AsyncIterable<readonly string[]> {
  for (let hour = Math.floor(from / HOUR) * HOUR; hour <= until; hour += HOUR) {
    for (let shard = 0; shard < DUE_SHARDS; shard += 1) {
      let start: Item | undefined;
      do {
        const answer = await dynamo.client.send(
          new QueryCommand({
            TableName: table,
            IndexName: 'due-by-hour',
            KeyConditionExpression: 'dueHour = :hour AND dueAt BETWEEN :from AND :until',
            ExpressionAttributeValues: {
              ':hour': { S: `${hourOf(hour)}#${shard}` },
              ':from': { N: String(from) },
              ':until': { N: String(until) },
            },
            ...(start === undefined ? {} : { ExclusiveStartKey: start }),
          }),
        );
        const ids = (answer.Items ?? []).map((item) => item.id?.S ?? '');
        if (ids.length > 0) yield ids;
        start = answer.LastEvaluatedKey;
      } while (start !== undefined);
    }
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

/** Size of an item: its two long attributes are all but all of it. */
function bytesOf(item: Item): number {
  return Buffer.byteLength(item.body?.S ?? '') + Buffer.byteLength(item.outbox?.S ?? '');
}

function putStatement(table: string, before: number, whole: Item) {
  const { version, ...attributes } = whole;
  if (before === 0) {
    const item = { ...attributes, version };
    const names = Object.keys(item);
    return {
      Statement: `INSERT INTO "${table}" VALUE {${names.map((name) => `'${name}': ?`).join(', ')}}`,
      Parameters: names.map((name) => item[name as keyof typeof item] ?? { NULL: true }),
    };
  }
  const { id, ...others } = attributes;
  const names = Object.keys(others);
  const removed = ['dueHour', 'dueAt', 'outbox', 'merged'].filter((name) => !names.includes(name));
  const sets = [...names, 'version'].map((name) => `SET "${name}" = ?`).join(' ');
  const removes = removed.map((name) => `REMOVE "${name}"`).join(' ');
  return {
    Statement: `UPDATE "${table}" ${sets} ${removes} WHERE "id" = ? AND "version" = ?`,
    Parameters: [
      ...names.map((name) => others[name as keyof typeof others] ?? { NULL: true }),
      version ?? { NULL: true },
      id ?? { NULL: true },
      { N: String(before) },
    ],
  };
}

function putItem(table: string, profile: StoredProfile): TransactWriteItem {
  const condition =
    profile.version === 0
      ? { ConditionExpression: 'attribute_not_exists(id)' }
      : {
          ConditionExpression: 'version = :version',
          ExpressionAttributeValues: { ':version': { N: String(profile.version) } },
        };
  return { Put: { TableName: table, Item: toItem(profile), ...condition } };
}

function moveItem(table: string, move: Move): TransactWriteItem {
  return {
    Update: {
      TableName: table,
      Key: { key: { S: move.key } },
      UpdateExpression: 'SET profile = :to',
      ConditionExpression: 'profile = :from',
      ExpressionAttributeValues: { ':to': { S: move.to }, ':from': { S: move.from } },
    },
  };
}

/** The outbox goes, and with it the due instant that was only there to watch over it. */
function clearStatement(table: string, profile: StoredProfile) {
  const flipsAt = 'flipsAt' in profile ? profile.flipsAt : null;
  const due = flipsAt === null ? undefined : dueKey(profile.id, flipsAt);
  return {
    Statement: `UPDATE "${table}" ${due === undefined ? 'REMOVE "dueHour" REMOVE "dueAt"' : 'SET "dueHour" = ? SET "dueAt" = ?'} REMOVE "outbox" WHERE "id" = ? AND "version" = ?`,
    Parameters: [
      ...(due === undefined ? [] : [{ S: due.dueHour }, { N: String(due.dueAt) }]),
      { S: profile.id },
      { N: String(profile.version) },
    ],
  };
}

function toItem(profile: StoredProfile): Item {
  const { id, version, outbox, dueAt, ...content } = profile;
  return {
    id: { S: id },
    version: { N: String(version + 1) },
    body: { S: JSON.stringify(content) },
    ...('mergedInto' in profile ? { merged: { BOOL: true } } : {}),
    ...(outbox.length === 0 ? {} : { outbox: { S: JSON.stringify(outbox) } }),
    ...(dueAt === null ? {} : { dueHour: { S: dueKey(id, dueAt).dueHour }, dueAt: { N: String(dueAt) } }),
  };
}

function fromItem(item: Item): StoredProfile {
  const content = JSON.parse(item.body?.S ?? '{}') as
    | Omit<Profile, Own>
    | Omit<MergedProfile, Own>
    | Omit<ErasedProfile, Own>;
  const outbox = JSON.parse(item.outbox?.S ?? '[]') as readonly Follow[];
  if ('erased' in content) {
    return { ...content, id: item.id?.S ?? '', version: Number(item.version?.N ?? 0), outbox: [], dueAt: null };
  }
  const dueAt = item.dueAt?.N === undefined ? null : Number(item.dueAt.N);
  return { ...content, id: item.id?.S ?? '', version: Number(item.version?.N ?? 0), outbox, dueAt };
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

function hourOf(at: number): string {
  return new Date(at).toISOString().slice(0, 13);
}
