import type { Wanted } from '../../domain/profile.ts';
import type { MembershipStore } from '../../pipeline/ports.ts';
import { batchDelete, batchGet, type Dynamo, executeAll, insertItem } from './client.ts';
import { enters, insertRow, pendingKey, rowKey, settleRow, toAudienceRow, updateRow } from './membership-items.ts';
import { queryCount, queryInTurn, queryPages } from './query.ts';
import { SHARDS, shardOf, shardsOf } from './shards.ts';

/** How long the row of somebody who left is kept, so that a late older write cannot bring it back. */
const LEFT_KEPT_MS = 7 * 24 * 3_600_000;

/**
 * In which order a row is tried to be written. An update that fails after an insert that failed meets a row that is not
 * older: nothing to do. One that fails before an insert met none, and an older one may have been made since.
 */
const ENTERING = [insertRow, updateRow];
const LEAVING = [updateRow, insertRow, updateRow];

/** Rows of segments, audiences and account links in table `memberships`. */
export function openMembershipStore(dynamo: Dynamo, table: string, now: () => Date): MembershipStore {
  const ownersFrom = (owner: string, after: string | undefined) => {
    const first = after === undefined ? 0 : shardOf(after);
    return shardsOf(owner)
      .map((each, shard) => [each, shard === first ? after : undefined] as const)
      .slice(first);
  };
  const byOwner = (owner: string) => ({
    TableName: table,
    KeyConditionExpression: '#owner = :owner',
    ExpressionAttributeNames: { '#owner': 'owner' },
    ExpressionAttributeValues: { ':owner': { S: owner } },
  });
  const present = (owner: string) => {
    const query = byOwner(owner);
    return {
      ...query,
      FilterExpression: 'present = :true',
      ExpressionAttributeValues: { ...query.ExpressionAttributeValues, ':true': { BOOL: true } },
    };
  };
  return {
    audienceParts: SHARDS,
    async writeRows(rows) {
      // Who enters has most likely no row yet, who leaves has one: the likely statement first, the other for the rest.
      const expires = String(Math.ceil((now().getTime() + LEFT_KEPT_MS) / 1_000));
      let left = rows.map((row) => ({ row, ways: enters(row) ? ENTERING : LEAVING }));
      for (let turn = 0; left.length > 0; turn += 1) {
        const tried = left.flatMap(({ row, ways }) => {
          const way = ways[turn];
          return way === undefined ? [] : [{ row, ways, statement: way(table, row, expires) }];
        });
        const outcomes = await executeAll(
          dynamo,
          tried.map(({ statement }) => statement),
        );
        left = tried.filter((_, at) => outcomes[at] === 'condition-failed');
      }
    },
    async *segmentMembers(segment) {
      for (const owner of shardsOf(`segment:${segment}`)) {
        for await (const page of queryPages(dynamo, present(owner))) {
          yield page.map((item) => ({ profile: item.profile?.S ?? '', since: Number(item.since?.N ?? 0) }));
        }
      }
    },
    async someMembers(segment, most, from) {
      const owners = shardsOf(`segment:${segment}`);
      const [first, after] = readPlace(from);
      const members: { profile: string; since: number }[] = [];
      for (let shard = first; shard < owners.length; shard += 1) {
        const owner = owners[shard] ?? '';
        const start = shard === first && after !== '' ? { owner: { S: owner }, profile: { S: after } } : undefined;
        for await (const page of queryPages(dynamo, { ...present(owner), Limit: 2 * most }, start)) {
          for (const item of page) {
            if (members.length === most) return { members, next: `${shard}.${members.at(-1)?.profile}` };
            members.push({ profile: item.profile?.S ?? '', since: Number(item.since?.N ?? 0) });
          }
        }
        if (members.length === most && shard + 1 < owners.length) return { members, next: `${shard + 1}.` };
      }
      return { members };
    },
    async countSegment(segment, most) {
      const owners = shardsOf(`segment:${segment}`);
      const limit = most === undefined ? undefined : most / owners.length;
      const counts = owners.map((owner) => queryCount(dynamo, present(owner), limit));
      return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
    },
    async countPending(audience, most) {
      const owners = ownersFrom(audience, undefined);
      const counts = owners.map(([owner]) =>
        queryCount(
          dynamo,
          {
            TableName: table,
            IndexName: 'pending-by-audience',
            KeyConditionExpression: 'pending = :owner',
            ExpressionAttributeValues: { ':owner': { S: owner } },
          },
          most / owners.length,
        ),
      );
      return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
    },
    async *accountPeople(account) {
      const shards = shardsOf(`account:${account}`).map((owner) => ({ ...present(owner), ConsistentRead: true }));
      for await (const page of queryInTurn(dynamo, shards)) yield page.map((item) => item.profile?.S ?? '');
    },
    async *audienceRows(audience, part, after) {
      const owners = ownersFrom(`audience:${audience}`, after);
      for (const [owner, from] of part === undefined ? owners : owners.slice(part, part + 1)) {
        const query = {
          ...byOwner(owner),
          ...(from === undefined ? {} : { ExclusiveStartKey: { owner: { S: owner }, profile: { S: from } } }),
        };
        for await (const page of queryPages(dynamo, query)) yield page.map(toAudienceRow);
      }
    },
    async *pending(audience, after) {
      for (const [owner, from] of ownersFrom(audience, after)) {
        const pages = queryPages(dynamo, {
          TableName: table,
          IndexName: 'pending-by-audience',
          KeyConditionExpression: from === undefined ? 'pending = :owner' : 'pending = :owner AND profile > :from',
          ExpressionAttributeValues: {
            ':owner': { S: owner },
            ...(from === undefined ? {} : { ':from': { S: from } }),
          },
        });
        for await (const page of pages) yield page.map((item) => item.profile?.S ?? '');
      }
    },
    async readAudienceRows(audience, profiles) {
      const keys = profiles.map((profile) => rowKey(`audience:${audience}`, profile));
      const items = await batchGet(dynamo, table, keys);
      return new Map(items.map((item) => [item.profile?.S ?? '', toAudienceRow(item)]));
    },
    async settle(audience, rows) {
      const outcomes = await executeAll(
        dynamo,
        rows.map((row) => settleRow(table, audience, row, 'as-acted-on')),
      );
      const moved = rows.filter((_, at) => outcomes[at] === 'condition-failed');
      // The wanted side moved meanwhile: the answer of the tool is kept, and the row stays for the next run.
      await executeAll(
        dynamo,
        moved
          .filter(({ told }) => told !== undefined)
          .map((row) => settleRow(table, audience, { ...row, pending: true }, 'moved-meanwhile')),
      );
      return new Set(moved.map(({ row }) => row.profile));
    },
    async enter(audience, rows, expiresAt) {
      const expires = { N: String(Math.ceil(expiresAt / 1_000)) };
      const outcomes = await executeAll(
        dynamo,
        rows.map(({ profile, told, pending }) =>
          insertItem(table, {
            ...rowKey(`audience:${audience}`, profile),
            wanted: { S: JSON.stringify({ in: false, reason: 'not-in-segment' } satisfies Wanted) },
            version: { N: '0' },
            told: { S: JSON.stringify(told) },
            toldVersion: { N: '1' },
            expires,
            ...(pending ? { pending: pendingKey(audience, profile) } : {}),
          }),
        ),
      );
      return new Set(rows.filter((_, at) => outcomes[at] === 'condition-failed').map(({ profile }) => profile));
    },
    eraseRows: (of, owner, profiles) =>
      batchDelete(
        dynamo,
        table,
        profiles.map((profile) => rowKey(`${of}:${owner}`, profile)),
      ),
  };
}

/** Where a page of members ended: its shard and the last profile in it, empty = at the beginning of the shard. */
function readPlace(text = '0.'): readonly [shard: number, after: string] {
  const cut = text.indexOf('.');
  return [Number(text.slice(0, cut)), text.slice(cut + 1)];
}
