import type { AttributeValue, BatchStatementRequest } from '@aws-sdk/client-dynamodb';

/** The table of a PartiQL write and the attributes that it names by value: all of an INSERT, those behind an UPDATE's WHERE. */
export function keyInStatement({ Statement = '', Parameters = [] }: BatchStatementRequest): {
  readonly table: string;
  readonly values: Record<string, AttributeValue>;
} {
  const table = /^(?:INSERT INTO|UPDATE) "([^"]+)"/.exec(Statement)?.[1];
  if (table === undefined) throw new Error('a statement that is neither INSERT nor UPDATE');
  const [head = '', where] = Statement.split(' WHERE ');
  const names =
    where === undefined
      ? [...head.matchAll(/'([^']+)': \?/g)].map((found) => found[1] ?? '')
      : [...where.matchAll(/"?(\w+)"? [=<] \?/g)].map((found) => found[1] ?? '');
  const values = Parameters.slice(Parameters.length - names.length);
  return { table, values: Object.fromEntries(names.map((name, at) => [name, values[at] ?? { NULL: true }])) };
}
