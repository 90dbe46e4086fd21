import {
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  type KeySchemaElement,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { engineAccess } from './database.ts';
import { type Phase, type Told, trafficOf } from './load-traffic.ts';

/** What the script is asked to do. */
export interface Task {
  readonly dynamodb: string;
  readonly phase: Phase;
  readonly segments: number;
}

/** What it did. `counted`: activities that its profiles count in the end. */
export interface Done {
  readonly activities: number;
  readonly counted: number;
  /** Milliseconds from when a request was due to its membership written, of everybody's first. */
  readonly waits: readonly number[];
  readonly requests: number;
  readonly cpuMs: number;
  readonly seconds: number;
}

interface Person {
  readonly counts: Readonly<Record<string, number>>;
  readonly traits: Readonly<Record<string, string | number>>;
  readonly segments: readonly string[];
  readonly total: number;
}

/**
 * What somebody writes in an afternoon instead: a function for each event that gets the person, adds the event, asks each
 * rule, and puts the person, the event and what changed back. No queue, no condition, one request for each item. It
 * runs as many at once as are due, as Lambda would.
 */
process.on('message', ({ dynamodb, phase, segments }: Task) => {
  run(dynamodb, phase, segments).then(
    (done) => process.send?.(done),
    (thrown: unknown) => process.send?.({ problem: String(thrown) }),
  );
});
process.on('disconnect', () => process.exit());
process.send?.('ready');

async function run(endpoint: string, phase: Phase, segments: number): Promise<Done> {
  const client = new DynamoDBClient({ ...engineAccess, endpoint });
  const [people, events, members] = ['people', 'events', 'members'].map((name) => `naive-${phase.name}-${name}`);
  await createTable(client, people, ['user']);
  await createTable(client, events, ['user', 'id']);
  await createTable(client, members, ['segment', 'user']);
  const rules = Array.from({ length: segments }, (_, n) => ruleOf(n));
  const waits: number[] = [];
  const waited = new Set<string>();
  let requests = 0;
  const put = async (TableName: string | undefined, keys: Record<string, string>, body: unknown): Promise<void> => {
    requests += 1;
    const Item = Object.fromEntries(Object.entries(keys).map(([name, value]) => [name, { S: value }]));
    await client.send(new PutItemCommand({ TableName, Item: { ...Item, body: { S: JSON.stringify(body) } } }));
  };
  const personOf = async (user: string): Promise<Person> => {
    requests += 1;
    const { Item } = await client.send(new GetItemCommand({ TableName: people, Key: { user: { S: user } } }));
    const nobody: Person = { counts: {}, traits: {}, segments: [], total: 0 };
    return Item === undefined ? nobody : (JSON.parse(Item.body?.S ?? '{}') as Person);
  };
  const take = async ({ user, name, id }: Told, due: number): Promise<void> => {
    const person = await personOf(user);
    const counts = { ...person.counts, [name]: (person.counts[name] ?? 0) + 1 };
    const changed = { ...person, counts, traits: { ...person.traits, latest: name }, total: person.total + 1 };
    const now = rules.flatMap((rule, n) => (rule(changed, name) ? [String(n)] : []));
    await put(people, { user }, { ...changed, segments: now });
    await put(events, { user, id }, { name });
    for (const segment of now) if (!person.segments.includes(segment)) await put(members, { segment, user }, {});
    if (waited.has(user)) return;
    waited.add(user);
    waits.push(performance.now() - due);
  };
  const traffic = trafficOf(phase);
  const before = process.cpuUsage();
  const from = performance.now();
  const under: Promise<unknown>[] = [];
  for (const { due, activities } of traffic) {
    const wait = from + due - performance.now();
    if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
    under.push(Promise.all(activities.map((told) => take(told, from + due))));
  }
  await Promise.all(under);
  const seconds = (performance.now() - from) / 1_000;
  const { user, system } = process.cpuUsage(before);
  const [asked, activities] = [requests, traffic.reduce((sum, sent) => sum + sent.activities.length, 0)];
  const users = new Set(traffic.flatMap((sent) => sent.activities.map((told) => told.user)));
  let counted = 0;
  for (const one of users) counted += (await personOf(one)).total;
  client.destroy();
  return { activities, counted, waits, requests: asked, cpuMs: (user + system) / 1_000, seconds };
}

/** The first is for whoever did it; the others ask counts and traits, as the workspace's do. */
function ruleOf(n: number): (person: Person, name: string) => boolean {
  if (n === 0) return ({ counts }, name) => (counts[name] ?? 0) >= 1;
  if (n % 2 === 0) return ({ counts }, name) => (counts[name] ?? 0) >= 2 + n;
  return ({ traits }) => traits.plan === `plan-${n % 10}` && Number(traits.score) >= n % 100;
}

async function createTable(client: DynamoDBClient, TableName: string | undefined, keys: readonly string[]) {
  const KeySchema = keys.map(
    (AttributeName, at): KeySchemaElement => ({
      AttributeName,
      KeyType: at === 0 ? 'HASH' : 'RANGE',
    }),
  );
  const AttributeDefinitions = keys.map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const }));
  await client.send(
    new CreateTableCommand({ TableName, KeySchema, AttributeDefinitions, BillingMode: 'PAY_PER_REQUEST' }),
  );
}
