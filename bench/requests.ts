import { BatchGetItemCommand, type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { batchGet, batchPut, type Dynamo, executeAll, type Item } from '../lib/adapters/dynamodb/client.ts';
import { type Database, openDatabase } from './database.ts';
import { type BenchOptions, type Cost, costOf, type Measurement, median, rounded } from './measurement.ts';

/** A way to carry items, what was measured of it before this product was built, and whether the product goes it. */
interface Way {
  readonly name: string;
  readonly cpuMicroseconds: number;
  readonly perSecond: number;
  readonly isOurs: boolean;
  readonly run: (dynamo: Dynamo, table: string, round: number, count: number) => Promise<void>;
}

/** As many under way as the product's own client has. */
const AT_ONCE = 6;

const ways: readonly Way[] = [
  {
    name: 'PutItem with a condition, one a request',
    cpuMicroseconds: 780,
    perSecond: 950,
    isOurs: false,
    run: (dynamo, table, round, count) =>
      atOnce(itemsOf(round, count), async (Item) => {
        const put = { TableName: table, Item, ConditionExpression: 'attribute_not_exists(id)' };
        await dynamo.client.send(new PutItemCommand(put));
      }),
  },
  {
    name: 'BatchExecuteStatement, 25 with a condition each',
    cpuMicroseconds: 73,
    perSecond: 1_800,
    isOurs: true,
    async run(dynamo, table, round, count) {
      const Statement = `INSERT INTO "${table}" VALUE {'id': ?, 'version': ?, 'body': ?}`;
      const given = itemsOf(round, count).map(({ id, version, body }) => [id, version, body] as Item[string][]);
      await executeAll(
        dynamo,
        given.map((Parameters) => ({ Statement, Parameters })),
      );
    },
  },
  {
    name: 'BatchWriteItem, 25',
    cpuMicroseconds: 56,
    perSecond: 6_400,
    isOurs: true,
    run: (dynamo, table, round, count) => batchPut(dynamo, table, itemsOf(round, count), (item) => item.id?.S ?? ''),
  },
  {
    name: 'BatchGetItem, 100',
    cpuMicroseconds: 21,
    perSecond: 24_000,
    isOurs: true,
    async run(dynamo, table, round, count) {
      const found = await batchGet(
        dynamo,
        table,
        itemsOf(round, count).map(({ id }) => ({ id: id ?? { S: '' } })),
      );
      if (found.length !== count) throw new Error('an item that was put is not there');
    },
  },
];

/** What one item costs the client by each kind of request, against DynamoDB Local: why everything goes in batches. */
export async function* bench({ quick, note }: BenchOptions): AsyncIterable<Measurement> {
  const [count, rounds] = quick ? [50, 1] : [2_500, 7];
  const database = await openDatabase();
  try {
    for (const way of ways) {
      note(`requests: ${way.name}`);
      const costs = await costsOf(database, way, count, rounds);
      const of = { request: way.name, items: count };
      const line = (metric: string, value: number, unit: string): Measurement => ({
        job: 'requests',
        metric,
        value: rounded(value),
        unit,
        of,
      });
      const cpu = line('CPU of the client an item', median(costs.map((cost) => cost.cpu / count)), 'µs');
      const speed = median(costs.map(({ milliseconds }) => (count / milliseconds) * 1_000));
      const perSecond = line('items a second', speed, 'items/s');
      yield way.isOurs ? { ...cpu, target: { most: way.cpuMicroseconds } } : cpu;
      yield way.isOurs ? { ...perSecond, target: { least: way.perSecond } } : perSecond;
    }
    yield* pastTheSdk(database, count, rounds, note);
  } finally {
    await database.close();
  }
}

/** The same reads by the SDK's own chain and the short way past it (docs/adr/0045). */
async function* pastTheSdk(
  database: Database,
  count: number,
  rounds: number,
  note: BenchOptions['note'],
): AsyncIterable<Measurement> {
  note('requests: the same by the SDK alone');
  const dynamo = database.open();
  const plain = database.openPlain();
  const { profiles } = await database.createTables();
  await batchPut(dynamo, profiles, itemsOf(0, count), (item) => item.id?.S ?? '');
  const keys = itemsOf(0, count).map(({ id }) => ({ id: id ?? { S: '' } }));
  const ratios: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const short = await costOf(() => batchGet(dynamo, profiles, keys));
    const long = await costOf(() => readPlain(plain, profiles, keys));
    if (round > 0 || rounds < 3) ratios.push(long.cpu / short.cpu);
  }
  const of = { request: 'BatchGetItem, 100', items: count };
  yield {
    job: 'requests',
    metric: 'CPU of the SDK over the short way',
    value: rounded(median(ratios)),
    unit: 'ratio',
    of,
  };
}

async function readPlain(client: DynamoDBClient, table: string, keys: readonly Item[]): Promise<void> {
  const chunks = Array.from({ length: Math.ceil(keys.length / 100) }, (_, n) => keys.slice(n * 100, n * 100 + 100));
  await atOnce(chunks, async (Keys) => {
    await client.send(
      new BatchGetItemCommand({ RequestItems: { [table]: { Keys: [...Keys], ConsistentRead: true } } }),
    );
  });
}

async function costsOf(database: Database, { run }: Way, count: number, rounds: number): Promise<readonly Cost[]> {
  const dynamo = database.open();
  const { profiles } = await database.createTables();
  const costs: Cost[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    await batchPut(dynamo, profiles, run === ways.at(-1)?.run ? itemsOf(round, count) : [], (item) => item.id?.S ?? '');
    const cost = await costOf(() => run(dynamo, profiles, round, count));
    // The first round warms the code and the connections up.
    if (round > 0 || rounds < 3) costs.push(cost);
  }
  return costs;
}

function itemsOf(round: number, count: number): Item[] {
  const body = JSON.stringify({ note: 'What somebody wrote about this person. '.repeat(8) });
  return Array.from({ length: count }, (_, n) => ({
    id: { S: `p_${round}_${String(n).padStart(18, '0')}` },
    version: { N: '1' },
    body: { S: body },
  }));
}

async function atOnce<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item);
    }),
  );
}
