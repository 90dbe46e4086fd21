import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { formatInstant } from '../../domain/instant.ts';
import type { HistoryStore } from '../../pipeline/ports.ts';
import { batchPut, type Dynamo, type Item } from './client.ts';

/** How long lines of entering and leaving are kept. */
const KEPT_MS = 400 * 24 * 3_600_000;

/** Who entered and left which segment when: one line under the profile, one under the segment's day. */
export function openHistoryStore(dynamo: Dynamo, table: string): HistoryStore {
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
      const answer = await dynamo.client.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: '#owner = :owner',
          ExpressionAttributeNames: { '#owner': 'owner' },
          ExpressionAttributeValues: { ':owner': { S: `profile:${profile}` } },
          ScanIndexForward: false,
          Limit: most,
        }),
      );
      return (answer.Items ?? []).map((item) => ({
        segment: item.segment?.S ?? '',
        member: item.member?.BOOL ?? false,
        at: Date.parse((item.at?.S ?? '').split('#')[0] ?? ''),
      }));
    },
  };
}
