import { ScanCommand, type ScanCommandInput } from '@aws-sdk/client-dynamodb';
import type { Totals } from '../../pipeline/ports.ts';
import type { Dynamo, Item } from './client.ts';
import { queryCount } from './query.ts';

/** Counts by scan: exact, and as dear as the tables are large. */
export function openTotals(dynamo: Dynamo, tables: { readonly profiles: string; readonly activities: string; readonly state: string }): Totals {
  return {
    profiles: () =>
      scanCount(dynamo, { TableName: tables.profiles, FilterExpression: 'attribute_not_exists(merged)' }),
    activities: () => scanCount(dynamo, { TableName: tables.activities }),
    async quarantined(connections) {
      const counts = connections.map((connection) =>
        queryCount(dynamo, {
          TableName: tables.state,
          KeyConditionExpression: 'kind = :kind',
          ExpressionAttributeValues: { ':kind': { S: `quarantine#${connection}` } },
        }),
      );
      return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
    },
  };
}

async function scanCount(dynamo: Dynamo, input: ScanCommandInput): Promise<number> {
  let count = 0;
  let start: Item | undefined;
  do {
    const answer = await dynamo.client.send(
      new ScanCommand({ ...input, Select: 'COUNT', ...(start === undefined ? {} : { ExclusiveStartKey: start }) }),
    );
    count += answer.Count ?? 0;
    start = answer.LastEvaluatedKey;
  } while (start !== undefined);
  return count;
}
