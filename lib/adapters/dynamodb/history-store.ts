import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { formatInstant, type Milliseconds } from '../../domain/instant.ts';
import type { Why } from '../../domain/profile.ts';
import type { HistoryLine, HistoryStore } from '../../pipeline/ports.ts';
import { batchDelete, batchPut, type Dynamo, type Item } from './client.ts';
import { queryCount, queryPages } from './query.ts';
import { shardOf, shardsOf } from './shards.ts';

/** How long lines of entering and leaving are kept. */
const KEPT_MS = 400 * 24 * 3_600_000;

/**
 * Who entered and left which segment when: one line under the profile, one under a shard of the segment's day. A new
 * definition moves a million people on one day: no single partition takes them.
 */
export function openHistoryStore(dynamo: Dynamo, table: string): HistoryStore {
  const byOwner = (owner: string) => ({
    TableName: table,
    KeyConditionExpression: '#owner = :owner',
    ExpressionAttributeNames: { '#owner': 'owner' },
    ExpressionAttributeValues: { ':owner': { S: owner } },
  });
  const newest = async (owner: string, most: number): Promise<HistoryLine[]> => {
    const query = { ...byOwner(owner), ScanIndexForward: false, Limit: most };
    return ((await dynamo.client.send(new QueryCommand(query))).Items ?? []).map(fromItem);
  };
  const count = async (owner: string, member: boolean, from: Milliseconds | undefined, most: number | undefined) => {
    const query = byOwner(owner);
    const later = from === undefined ? {} : { ':from': { S: formatInstant(from) } };
    const asked = {
      ...query,
      KeyConditionExpression: `${query.KeyConditionExpression}${from === undefined ? '' : ' AND #at >= :from'}`,
      FilterExpression: '#member = :member',
      ExpressionAttributeNames: {
        ...query.ExpressionAttributeNames,
        '#member': 'member',
        ...(from === undefined ? {} : { '#at': 'at' }),
      },
      ExpressionAttributeValues: { ...query.ExpressionAttributeValues, ...later, ':member': { BOOL: member } },
    };
    return queryCount(dynamo, asked, most);
  };
  return {
    async put(lines) {
      await batchPut(dynamo, table, lines.flatMap(toItems), (item) => `${item.owner?.S}\n${item.at?.S}`);
    },
    ofProfile: (profile, most) => newest(`profile:${profile}`, most),
    async ofSegment(segment, day, most) {
      const shards = await Promise.all(shardsOf(`segment:${segment}#${day}`).map((owner) => newest(owner, most)));
      return shards
        .flat()
        .sort((a, b) => b.at - a.at || (a.profile < b.profile ? -1 : 1))
        .slice(0, most);
    },
    async countDay(segment, day, from, most) {
      const shards = shardsOf(`segment:${segment}#${day}`);
      const sum = async (member: boolean): Promise<number> =>
        (
          await Promise.all(
            shards.map((owner) => count(owner, member, from, most === undefined ? undefined : most / shards.length)),
          )
        ).reduce((all, one) => all + one, 0);
      const [entered, left] = await Promise.all([sum(true), sum(false)]);
      return { entered, left };
    },
    async erase(profile) {
      let erased = 0;
      for await (const page of queryPages(dynamo, { ...byOwner(`profile:${profile}`), ConsistentRead: true })) {
        // The line under the segment first: it is found by the one under the profile.
        await batchDelete(dynamo, table, page.map(underSegment));
        await batchDelete(dynamo, table, page.map(keyOf));
        erased += page.length;
      }
      return erased;
    },
  };
}

function toItems({ profile, segment, member, at, definitions, why }: HistoryLine): Item[] {
  const instant = formatInstant(at);
  const line: Item = {
    segment: { S: segment },
    profile: { S: profile },
    member: { BOOL: member },
    ...(definitions === undefined ? {} : { definitions: { S: definitions } }),
    ...(why === undefined ? {} : { why: { S: JSON.stringify(why) } }),
    expires: { N: String(Math.ceil((at + KEPT_MS) / 1_000)) },
  };
  const day = `segment:${segment}#${instant.slice(0, 10)}#${shardOf(profile)}`;
  return [
    { owner: { S: `profile:${profile}` }, at: { S: `${instant}#${segment}` }, ...line },
    { owner: { S: day }, at: { S: `${instant}#${profile}` }, ...line },
  ];
}

function fromItem(item: Item): HistoryLine {
  return {
    profile: item.profile?.S ?? '',
    segment: item.segment?.S ?? '',
    member: item.member?.BOOL ?? false,
    at: Date.parse((item.at?.S ?? '').split('#')[0] ?? ''),
    ...(item.definitions?.S === undefined ? {} : { definitions: item.definitions.S }),
    ...(item.why?.S === undefined ? {} : { why: JSON.parse(item.why.S) as Why }),
  };
}

function keyOf(item: Item): Item {
  return { owner: item.owner ?? { S: '' }, at: item.at ?? { S: '' } };
}

function underSegment(item: Item): Item {
  const instant = (item.at?.S ?? '').split('#')[0] ?? '';
  const owner = `segment:${item.segment?.S}#${instant.slice(0, 10)}#${shardOf(item.profile?.S ?? '')}`;
  return { owner: { S: owner }, at: { S: `${instant}#${item.profile?.S}` } };
}
