import type { BlockStore } from '../../pipeline/ports.ts';
import { type Dynamo, executeAll } from './client.ts';
import { queryPages } from './query.ts';

/** Block rows in table `memberships`, under `block:<HMAC>`. Blocks are small, so one has no shards. */
export function openBlockStore(dynamo: Dynamo, table: string): BlockStore {
  return {
    async add(rows) {
      // Who is there already answers that the condition failed, which is as good.
      await executeAll(
        dynamo,
        rows.map(({ block, profile }) => ({
          Statement: `INSERT INTO "${table}" VALUE {'owner': ?, 'profile': ?}`,
          Parameters: [{ S: `block:${block}` }, { S: profile }],
        })),
      );
    },
    async members(block, most) {
      const pages = queryPages(dynamo, {
        TableName: table,
        KeyConditionExpression: '#owner = :owner',
        ExpressionAttributeNames: { '#owner': 'owner' },
        ExpressionAttributeValues: { ':owner': { S: `block:${block}` } },
        ConsistentRead: true,
        Limit: most,
      });
      for await (const page of pages) return page.map((item) => item.profile?.S ?? '');
      return [];
    },
  };
}
