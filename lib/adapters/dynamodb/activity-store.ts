import { QueryCommand } from '@aws-sdk/client-dynamodb';
import type { ActivityChange } from '../../domain/change.ts';
import { formatInstant, parseInstant } from '../../domain/instant.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { ActivityStore } from '../../pipeline/ports.ts';
import { batchPut, type Dynamo, type Item } from './client.ts';
import { queryCount, queryPages } from './query.ts';

/** Activities in table `activities` under their fragment; the key is the act's own instant and id. */
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
      await batchPut(
        dynamo,
        table,
        activities.map((one) => toItem(one, kept)),
        (item) => `${item.fragment?.S}\n${item.at?.S}`,
      );
    },
    async latest(fragment, most) {
      const answer = await dynamo.client.send(new QueryCommand({ ...byFragment(fragment), Limit: most }));
      return (answer.Items ?? []).map(fromItem);
    },
    count: (fragment) => queryCount(dynamo, byFragment(fragment)),
    async *all(fragment) {
      for await (const page of queryPages(dynamo, byFragment(fragment))) yield page.map(fromItem);
    },
  };
}

function toItem(activity: ActivityChange, keptMs: number): Item {
  const at = parseInstant(activity.at) ?? 0;
  return {
    fragment: { S: activity.fragment },
    at: { S: `${formatInstant(at)}#${activity.id}` },
    name: { S: activity.name },
    properties: { S: JSON.stringify(activity.properties ?? {}) },
    expires: { N: String(Math.ceil((at + keptMs) / 1_000)) },
  };
}

function fromItem(item: Item): ActivityChange {
  const key = item.at?.S ?? '';
  const cut = key.indexOf('#');
  return {
    kind: 'activity',
    fragment: item.fragment?.S ?? '',
    at: key.slice(0, cut),
    id: key.slice(cut + 1),
    name: item.name?.S ?? '',
    properties: JSON.parse(item.properties?.S ?? '{}') as JsonObject,
  };
}
