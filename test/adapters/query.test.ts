import type { DynamoDBClient, QueryCommandInput } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import type { Dynamo } from '../../lib/adapters/dynamodb/client.ts';
import { queryInTurn } from '../../lib/adapters/dynamodb/query.ts';

/** Tables by name, each as its pages of ids. */
function holding(tables: Readonly<Record<string, readonly (readonly string[])[]>>): Dynamo {
  const send = async ({ input }: { readonly input: QueryCommandInput }) => {
    const pages = tables[input.TableName ?? ''] ?? [];
    const at = Number(input.ExclusiveStartKey?.at?.N ?? 0);
    const Items = (pages[at] ?? []).map((id) => ({ id: { S: id } }));
    return { Items, ...(at + 1 < pages.length ? { LastEvaluatedKey: { at: { N: String(at + 1) } } } : {}) };
  };
  return { client: { send } as unknown as DynamoDBClient, wait: async () => {}, random: () => 0 };
}

async function pagesOf(tables: Readonly<Record<string, readonly (readonly string[])[]>>): Promise<string[]> {
  const pages: string[] = [];
  const inputs = Object.keys(tables).map((TableName) => ({ TableName }));
  for await (const page of queryInTurn(holding(tables), inputs)) pages.push(page.map(({ id }) => id?.S).join(' '));
  return pages;
}

describe('queryInTurn', () => {
  it('deals out a page of each query in turn, and goes on with those that have more', async () => {
    const tables = { a: [['a1', 'a2', 'a3'], ['a4']], b: [['b1']], c: [[], ['c1', 'c2']] };

    expect(await pagesOf(tables)).toEqual(['a1 b1 c1 a2 c2 a3', 'a4']);
  });

  it('finds nothing where there is nothing', async () => {
    expect(await pagesOf({ a: [[]], b: [] })).toEqual([]);
  });
});
