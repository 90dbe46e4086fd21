import { QueryCommand, type QueryCommandInput } from '@aws-sdk/client-dynamodb';
import type { Dynamo, Item } from './client.ts';

/** All pages of a query, as they come, from after a key on. */
export async function* queryPages(dynamo: Dynamo, input: QueryCommandInput, after?: Item): AsyncIterable<Item[]> {
  let start: Item | undefined = after;
  do {
    const answer = await dynamo.client.send(
      new QueryCommand({ ...input, ...(start === undefined ? {} : { ExclusiveStartKey: start }) }),
    );
    if ((answer.Items ?? []).length > 0) yield answer.Items ?? [];
    start = answer.LastEvaluatedKey;
  } while (start !== undefined);
}

/** How many items a query finds, without reading them out. */
export async function queryCount(dynamo: Dynamo, input: QueryCommandInput): Promise<number> {
  let count = 0;
  let start: Item | undefined;
  do {
    const answer = await dynamo.client.send(
      new QueryCommand({ ...input, Select: 'COUNT', ...(start === undefined ? {} : { ExclusiveStartKey: start }) }),
    );
    count += answer.Count ?? 0;
    start = answer.LastEvaluatedKey;
  } while (start !== undefined);
  return count;
}
