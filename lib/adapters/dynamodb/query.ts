import { QueryCommand, type QueryCommandInput, type QueryCommandOutput } from '@aws-sdk/client-dynamodb';
import type { Dynamo, Item } from './client.ts';

/** All pages of a query, as they come, from after a key on. */
export async function* queryPages(dynamo: Dynamo, input: QueryCommandInput, after?: Item): AsyncIterable<Item[]> {
  for await (const { Items: items = [] } of answersTo(dynamo, input, after)) if (items.length > 0) yield items;
}

/** How many items a query finds, without reading them out. It stops at the end of the page with which it looked at `most`. */
export async function queryCount(
  dynamo: Dynamo,
  input: QueryCommandInput,
  most: number = Number.POSITIVE_INFINITY,
): Promise<number> {
  let count = 0;
  let seen = 0;
  for await (const answer of answersTo(dynamo, { ...input, Select: 'COUNT' })) {
    count += answer.Count ?? 0;
    seen += answer.ScannedCount ?? 0;
    if (seen >= most) break;
  }
  return count;
}

async function* answersTo(dynamo: Dynamo, input: QueryCommandInput, after?: Item): AsyncIterable<QueryCommandOutput> {
  let start: Item | undefined = after;
  do {
    const answer = await dynamo.client.send(
      new QueryCommand({ ...input, ...(start === undefined ? {} : { ExclusiveStartKey: start }) }),
    );
    yield answer;
    start = answer.LastEvaluatedKey;
  } while (start !== undefined);
}
