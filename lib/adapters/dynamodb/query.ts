import { QueryCommand, type QueryCommandInput, type QueryCommandOutput } from '@aws-sdk/client-dynamodb';
import type { Dynamo, Item } from './client.ts';

/** All pages of a query, as they come, from after a key on. */
export async function* queryPages(dynamo: Dynamo, input: QueryCommandInput, after?: Item): AsyncIterable<Item[]> {
  for await (const { Items: items = [] } of answersTo(dynamo, input, after)) if (items.length > 0) yield items;
}

/**
 * Pages of several queries at once, a page of each, dealt out in turn: neighbours in what comes lie in different partitions,
 * so that whoever works through it does not wait for one of them (docs/adr/0072).
 */
export async function* queryInTurn(dynamo: Dynamo, inputs: readonly QueryCommandInput[]): AsyncIterable<Item[]> {
  let open = inputs.map((input) => queryPages(dynamo, input)[Symbol.asyncIterator]());
  while (open.length > 0) {
    const answers = await Promise.all(open.map((pages) => pages.next()));
    open = open.filter((_, at) => answers[at]?.done !== true);
    const pages: readonly Item[][] = answers.flatMap((answer) => (answer.done === true ? [] : [answer.value]));
    const longest = pages.reduce((most, page) => Math.max(most, page.length), 0);
    const dealt: Item[] = [];
    for (let at = 0; at < longest; at += 1) {
      for (const page of pages) {
        const item = page[at];
        if (item !== undefined) dealt.push(item);
      }
    }
    if (dealt.length > 0) yield dealt;
  }
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
