import { formatInstant } from '../../domain/instant.ts';
import type { HistoryStore } from '../../pipeline/ports.ts';
import { batchDelete, batchPut, type Dynamo, type Item } from './client.ts';
import { queryPages } from './query.ts';

/** How long lines of entering and leaving are kept. */
const KEPT_MS = 400 * 24 * 3_600_000;

/** Who entered and left which segment when: one line under the profile, one under the segment's day. */
export function openHistoryStore(dynamo: Dynamo, table: string): HistoryStore {
  const linesOf = (profile: string) => ({
    TableName: table,
    KeyConditionExpression: '#owner = :owner',
    ExpressionAttributeNames: { '#owner': 'owner' },
    ExpressionAttributeValues: { ':owner': { S: `profile:${profile}` } },
  });
  return {
    async put(lines) {
      const items = lines.flatMap(({ profile, segment, member, at }): Item[] => {
        const instant = formatInstant(at);
        const line = {
          segment: { S: segment },
          profile: { S: profile },
          member: { BOOL: member },
          expires: { N: String(Math.ceil((at + KEPT_MS) / 1_000)) },
        };
        return [
          { owner: { S: `profile:${profile}` }, at: { S: `${instant}#${segment}` }, ...line },
          { owner: { S: `segment:${segment}#${instant.slice(0, 10)}` }, at: { S: `${instant}#${profile}` }, ...line },
        ];
      });
      await batchPut(dynamo, table, items, (item) => `${item.owner?.S}\n${item.at?.S}`);
    },
    async ofProfile(profile, most) {
      const found: Awaited<ReturnType<HistoryStore['ofProfile']>>[number][] = [];
      for await (const page of queryPages(dynamo, { ...linesOf(profile), ScanIndexForward: false })) {
        found.push(...page.map(fromItem));
        if (found.length >= most) break;
      }
      return found.slice(0, most);
    },
    async erase(profile) {
      let erased = 0;
      for await (const page of queryPages(dynamo, { ...linesOf(profile), ConsistentRead: true })) {
        // The line under the segment first: it is found by the one under the profile.
        await batchDelete(dynamo, table, page.map(underSegment));
        await batchDelete(dynamo, table, page.map(keyOf));
        erased += page.length;
      }
      return erased;
    },
  };
}

function fromItem(item: Item) {
  return {
    segment: item.segment?.S ?? '',
    member: item.member?.BOOL ?? false,
    at: Date.parse((item.at?.S ?? '').split('#')[0] ?? ''),
  };
}

function keyOf(item: Item): Item {
  return { owner: item.owner ?? { S: '' }, at: item.at ?? { S: '' } };
}

function underSegment(item: Item): Item {
  const instant = (item.at?.S ?? '').split('#')[0] ?? '';
  const owner = `segment:${item.segment?.S}#${instant.slice(0, 10)}`;
  return { owner: { S: owner }, at: { S: `${instant}#${item.profile?.S}` } };
}
