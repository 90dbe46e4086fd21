import { type AttributeValue, QueryCommand } from '@aws-sdk/client-dynamodb';
import { type ActivityChange, activityKey, type Reading } from '../../domain/change.ts';
import { formatInstant, parseInstant } from '../../domain/instant.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { ActivityStore } from '../../pipeline/ports.ts';
import { batchDelete, batchPut, type Dynamo, executeAll, type Item } from './client.ts';
import { queryCount, queryPages } from './query.ts';

/**
 * Activities in table `activities` under their fragment; the key is the sender's own instant and the id. What was
 * corrected for the sender's clock is written on condition, so that of one activity that comes several times the smallest
 * instant stays, in whatever order; so is what was read from pages, where the latest reading stays.
 */
export function openActivityStore(dynamo: Dynamo, table: string, keptMs: () => Promise<number>): ActivityStore {
  const byFragment = (fragment: string) => ({
    TableName: table,
    KeyConditionExpression: 'fragment = :fragment',
    ExpressionAttributeValues: { ':fragment': { S: fragment } },
    ScanIndexForward: false,
  });
  return {
    async put(activities) {
      if (activities.length === 0) return;
      const kept = await keptMs();
      const items = (list: readonly ActivityChange[]) => list.map((one) => toItem(one, kept));
      const delivered = activities.filter(({ keyAt, read }) => keyAt === undefined && read === undefined);
      await batchPut(dynamo, table, items(delivered), textOf);
      const clocked = activities.filter(({ keyAt }) => keyAt !== undefined);
      const read = activities.filter((one) => one.keyAt === undefined && one.read !== undefined);
      await putStanding(dynamo, table, items(clocked), corrected);
      await putStanding(dynamo, table, items(read), readFromPages);
    },
    async latest(fragment, most, from) {
      const all = byFragment(fragment);
      const older = from !== undefined && {
        KeyConditionExpression: 'fragment = :fragment AND #at <= :from',
        ExpressionAttributeNames: { '#at': 'at' },
        ExpressionAttributeValues: { ...all.ExpressionAttributeValues, ':from': { S: from } },
      };
      const answer = await dynamo.client.send(new QueryCommand({ ...all, ...older, Limit: most }));
      return (answer.Items ?? []).map(fromItem);
    },
    count: (fragment) => queryCount(dynamo, byFragment(fragment)),
    async *all(fragment) {
      for await (const page of queryPages(dynamo, { ...byFragment(fragment), ConsistentRead: true })) {
        yield page.map(fromItem);
      }
    },
    async drop(activities) {
      const rows = activities.map((one) => toItem(one, 0)).filter(({ read }) => read !== undefined);
      const Statement = `DELETE FROM "${table}" WHERE "fragment" = ? AND "at" = ? AND "read" = ?`;
      await executeAll(
        dynamo,
        rows.map((row) => ({ Statement, Parameters: [...keyParts(row), row.read ?? { S: '' }] })),
      );
    },
    async erase(fragment, upTo) {
      let erased = 0;
      for await (const page of queryPages(dynamo, { ...byFragment(fragment), ConsistentRead: true })) {
        const theirs = page.filter((item) => upTo === undefined || (parseInstant(fromItem(item).at) ?? 0) <= upTo);
        await batchDelete(dynamo, table, theirs.map(keyOf));
        erased += theirs.length;
      }
      return erased;
    },
  };
}

/** How one kind of row is kept when the same activity comes several times. */
interface Standing {
  /** The attribute by which rows of one key are compared; every row has it. */
  readonly by: 'done' | 'read';
  readonly precedes: (one: Item, other: Item) => boolean;
  /** When the row that is stored gives way, in PartiQL; `?` is the attribute of the one that comes. */
  readonly gives: string;
}

/** The earliest instant stays: what comes again was corrected by another measure of the same clock. */
const corrected: Standing = {
  by: 'done',
  precedes: (one, other) => Number(one.done?.N) < Number(other.done?.N),
  gives: '"done" > ?',
};

/** The latest reading stays; one that was delivered gives way to any. */
const readFromPages: Standing = {
  by: 'read',
  precedes: (one, other) => (one.read?.S ?? '') >= (other.read?.S ?? ''),
  gives: '("read" IS MISSING OR "read" <= ?)',
};

/** Inserts rows; where one is there already, it gives way or stays by what `standing` says, in whatever order they come. */
async function putStanding(dynamo: Dynamo, table: string, items: readonly Item[], standing: Standing): Promise<void> {
  const { by, precedes, gives } = standing;
  const first = new Map<string, Item>();
  for (const item of items) {
    const held = first.get(textOf(item));
    if (held === undefined || precedes(item, held)) first.set(textOf(item), item);
  }
  const rows = [...first.values()];
  const values = `{'fragment': ?, 'at': ?, 'name': ?, 'properties': ?, 'expires': ?, '${by}': ?}`;
  const outcomes = await executeAll(
    dynamo,
    rows.map((row) => ({
      Statement: `INSERT INTO "${table}" VALUE ${values}`,
      Parameters: [...keyParts(row), ...contentParts(row)],
    })),
  );
  const change = `SET "name" = ? SET "properties" = ? SET "expires" = ? SET "${by}" = ?`;
  await executeAll(
    dynamo,
    rows.flatMap((row, at) => {
      const own = row[by];
      if (outcomes[at] === 'done' || own === undefined) return [];
      const Statement = `UPDATE "${table}" ${change} WHERE "fragment" = ? AND "at" = ? AND ${gives}`;
      return [{ Statement, Parameters: [...contentParts(row), ...keyParts(row), own] }];
    }),
  );
}

function textOf(item: Item): string {
  return `${item.fragment?.S}\n${item.at?.S}`;
}

function keyParts({ fragment, at }: Item): AttributeValue[] {
  return [fragment, at].filter((part) => part !== undefined);
}

function contentParts({ name, properties, expires, done, read }: Item): AttributeValue[] {
  return [name, properties, expires, done, read].filter((part) => part !== undefined);
}

function keyOf(item: Item): Item {
  return { fragment: item.fragment ?? { S: '' }, at: item.at ?? { S: '' } };
}

function toItem(activity: ActivityChange, keptMs: number): Item {
  const at = parseInstant(activity.at) ?? 0;
  return {
    fragment: { S: activity.fragment },
    at: { S: activityKey(activity) },
    name: { S: activity.name },
    properties: { S: JSON.stringify(activity.properties ?? {}) },
    expires: { N: String(Math.ceil((at + keptMs) / 1_000)) },
    ...(activity.keyAt === undefined ? {} : { done: { N: String(at) } }),
    ...(activity.keyAt !== undefined || activity.read === undefined
      ? {}
      : { read: { S: textOfReading(activity.read) } }),
  };
}

/** A reading as text that sorts by when it was made; of one instant the page of the later hour counts. */
function textOfReading({ at, hour, stream }: Reading): string {
  return `${at}#${hour}#${stream}`;
}

function readingOf(text: string): Reading {
  const [at = '', hour = '', ...stream] = text.split('#');
  return { stream: stream.join('#'), hour, at };
}

function fromItem(item: Item): ActivityChange {
  const key = item.at?.S ?? '';
  const cut = key.indexOf('#');
  const done = item.done?.N;
  return {
    kind: 'activity',
    fragment: item.fragment?.S ?? '',
    at: done === undefined ? key.slice(0, cut) : formatInstant(Number(done)),
    ...(done === undefined ? {} : { keyAt: key.slice(0, cut) }),
    id: key.slice(cut + 1),
    name: item.name?.S ?? '',
    properties: JSON.parse(item.properties?.S ?? '{}') as JsonObject,
    ...(item.read?.S === undefined ? {} : { read: readingOf(item.read.S) }),
  };
}
