import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';
import type { ErasedProfile } from '../../domain/erasure.ts';
import type { Follow, MergedProfile, Profile } from '../../domain/profile.ts';
import type { Move, StoredProfile } from '../../pipeline/ports.ts';
import { type Item, insertItem } from './client.ts';
import { formatMark, inFormat } from './format.ts';
import { shardOf } from './shards.ts';

/**
 * Shards of one hour of the due index. A partition takes 1,000 writes a second: so many take a million people out of one
 * midnight, and into the next, in about a minute (docs/adr/0033).
 */
export const DUE_SHARDS = 16;

/** What the store keeps beside the content, as attributes of their own. */
type Own = 'id' | 'version' | 'outbox' | 'dueAt';

/** Attributes of the due index for an instant: hour and shard, and the instant itself. */
export function dueKey(id: string, dueAt: number): { readonly dueHour: string; readonly dueAt: number } {
  return { dueHour: `${hourOf(dueAt)}#${shardOf(id, DUE_SHARDS)}`, dueAt };
}

/** Size of an item: its two long attributes are all but all of it. */
export function bytesOf(item: Item): number {
  return Buffer.byteLength(item.body?.S ?? '') + Buffer.byteLength(item.outbox?.S ?? '');
}

/** Writes a whole profile if its stored version is `before`. */
export function putStatement(table: string, before: number, whole: Item) {
  const { version, ...attributes } = whole;
  if (before === 0) return insertItem(table, whole);
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

export function putItem(table: string, profile: StoredProfile): TransactWriteItem {
  const condition =
    profile.version === 0
      ? { ConditionExpression: 'attribute_not_exists(id)' }
      : {
          ConditionExpression: 'version = :version',
          ExpressionAttributeValues: { ':version': { N: String(profile.version) } },
        };
  return { Put: { TableName: table, Item: toItem(profile), ...condition } };
}

export function moveItem(table: string, move: Move): TransactWriteItem {
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
export function clearStatement(table: string, profile: StoredProfile) {
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

export function toItem(profile: StoredProfile): Item {
  const { id, version, outbox, dueAt, ...content } = profile;
  return {
    id: { S: id },
    version: { N: String(version + 1) },
    body: { S: JSON.stringify(content) },
    ...formatMark('profiles'),
    ...('mergedInto' in profile ? { merged: { BOOL: true } } : {}),
    ...(outbox.length === 0 ? {} : { outbox: { S: JSON.stringify(outbox) } }),
    ...(dueAt === null ? {} : { dueHour: { S: dueKey(id, dueAt).dueHour }, dueAt: { N: String(dueAt) } }),
  };
}

export function fromItem(stored: Item): StoredProfile {
  const item = inFormat('profiles', stored);
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

export function hourOf(at: number): string {
  return new Date(at).toISOString().slice(0, 13);
}
