import { BatchWriteItemCommand, DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Item } from '../../lib/adapters/dynamodb/client.ts';
import { tableNames, tables } from '../../lib/infra/tables.ts';
import type { Job } from '../../lib/pipeline/jobs/jobs.ts';
import { type AudienceStage, LIST, MINUTE, openAudienceStage } from '../e2e/audience-stage.ts';
import { engineLogin } from '../engines.ts';

const HOUR = 60 * MINUTE;
const BUYERS = 'buyers-to-shop';
const [ann, bob, cyd, dan, eve, gus] = ['ann', 'bob', 'cyd', 'dan', 'eve', 'gus'].map(
  (name) => `${name}@example.com`,
) as [string, string, string, string, string, string];

let on: AudienceStage;
let client: DynamoDBClient;
beforeAll(async () => {
  on = await openAudienceStage({
    readers: [bob, eve],
    quietReaders: { when: { subscribed: 'email' } },
    quietMaxAdd: 100,
    segments: [{ segment: 'buyers', when: { did: 'Order Completed', within: '30 days' } }],
    audiences: [{ audience: BUYERS, segment: 'buyers', target: { tag: 'Buyers' }, when: 'realtime' }],
  });
  client = new DynamoDBClient({ ...engineLogin, endpoint: on.stage.engines.dynamodb });
  for (const email of [ann, bob, cyd, dan, eve, gus]) on.shop.putMember(LIST, { email });
});
afterAll(async () => {
  client?.destroy();
  await on?.close();
});

/** Lets the stage work for a while and come to rest. */
async function work(minutes: number): Promise<void> {
  await on.stage.runUntil(on.now() + minutes * MINUTE);
  await on.stage.idle();
}

async function doJob(path: string, body: object): Promise<Job> {
  let job = (await on.call('POST', path, body)) as Job;
  for (let round = 0; job.state === 'running' && round < 60; round += 1) {
    await work(1);
    job = (await on.call('GET', `/api/jobs/${encodeURIComponent(job.id)}`)) as Job;
  }
  expect(job.state).toBe('finished');
  return job;
}

const nameOf = (table: string): string => {
  const { Resources } = on.stage.template as { Resources: Record<string, { Type: string }> };
  const id = `${table[0]?.toUpperCase()}${table.slice(1)}Table`;
  if (Resources[id]?.Type !== 'AWS::DynamoDB::Table') throw new Error(`no table ${table}`);
  return String(on.stage.resolve(id));
};

async function scan(table: string): Promise<Item[]> {
  const items: Item[] = [];
  let start: Item | undefined;
  do {
    const answer = await client.send(
      new ScanCommand({
        TableName: nameOf(table),
        ConsistentRead: true,
        ...(start === undefined ? {} : { ExclusiveStartKey: start }),
      }),
    );
    items.push(...(answer.Items ?? []));
    start = answer.LastEvaluatedKey;
  } while (start !== undefined);
  return items;
}

async function write(table: string, requests: readonly object[]): Promise<void> {
  for (let at = 0; at < requests.length; at += 25) {
    const RequestItems = { [nameOf(table)]: requests.slice(at, at + 25) as never };
    await client.send(new BatchWriteItemCommand({ RequestItems }));
  }
}

/** Stands for point-in-time recovery: every table as it was, and nothing that came since. */
async function restore(copies: ReadonlyMap<string, readonly Item[]>): Promise<void> {
  for (const table of tableNames) {
    const keys = tables[table].key.map(({ name }) => name);
    const gone = (await scan(table)).map((item) => ({
      DeleteRequest: { Key: Object.fromEntries(keys.map((key) => [key, item[key]])) },
    }));
    await write(table, gone);
    await write(
      table,
      (copies.get(table) ?? []).map((Item) => ({ PutRequest: { Item } })),
    );
  }
}

interface Person {
  readonly id: string;
  readonly identifiers: readonly object[];
  readonly traits: object;
  readonly segments: readonly string[];
  readonly activities: { readonly total: number };
  readonly fragments: readonly string[];
  readonly audiences: Readonly<Record<string, { readonly in: boolean; readonly reason?: string }>>;
}

/** What is known of everybody, without the instants at which it was decided; who is not known is `null`. */
async function everybody(): Promise<readonly unknown[]> {
  return Promise.all(
    [ann, bob, cyd, dan, eve, gus].map(async (who) => {
      const path = `/api/people/${encodeURIComponent(who)}`;
      const found = (await on.call('GET', path).catch((thrown: Error) => {
        if (thrown.message.includes('404')) return null;
        throw thrown;
      })) as Person | null;
      if (found === null) return null;
      const { id, identifiers, traits, segments, activities, fragments, audiences } = found;
      const wanted = Object.fromEntries(
        Object.entries(audiences).map(([name, { in: isIn, reason }]) => [name, reason ?? isIn]),
      );
      return { id, identifiers, traits, segments, total: activities.total, fragments: [...fragments].sort(), wanted };
    }),
  );
}

const listed = () => [...on.shop.tagged(LIST, 'Buyers')].sort();

it('tables that are lost are restored by the steps of docs/operating.md, and people, lists and erasures are as before', async () => {
  for (const email of [ann, bob, cyd, eve, gus]) await on.collect(email, ['Order Completed']);
  await work(3);
  expect(listed()).toEqual([ann, bob, cyd, eve, gus]);
  await doJob('/api/forget', { person: gus });
  await work(3);

  // The second that tables will be restored to.
  const copies = new Map<string, readonly Item[]>();
  await on.stage.withoutSweeps(async () => {
    for (const table of tableNames) copies.set(table, await scan(table));
  });
  const second = on.now();

  // Work goes on: new people and acts, somebody unsubscribes in a tool, one is erased and one suppressed.
  await work(61);
  await on.collect(dan, ['Order Completed']);
  await on.collect(ann, ['Order Completed', 'Cart Opened']);
  on.newsletter.setStatus(LIST, bob, 'unsubscribed');
  await doJob('/api/pull', { connection: 'newsletter' });
  await doJob('/api/forget', { person: cyd });
  await on.call('POST', '/api/suppressions', { person: eve, by: 'ops', reason: 'asked by letter' });
  await work(10);
  const [people, list] = [await everybody(), listed()];
  expect(people.map((one) => one !== null)).toEqual([true, true, false, true, true, false]);
  expect(list).toEqual([ann, bob, dan]);

  await on.stage.withoutSweeps(async () => {
    // 1. Nothing runs. 2. What was asked since is saved.
    const receipts = (await on.call('GET', '/api/erasures')) as readonly {
      readonly id: string;
      readonly askedAt?: string;
    }[];
    const erased: string[] = [];
    for (const { id } of receipts) {
      const { profiles } = (await on.call('GET', `/api/erasures/${encodeURIComponent(id)}`)) as {
        profiles: readonly string[];
      };
      erased.push(...profiles);
    }
    expect(await on.call('GET', '/api/suppressions')).toMatchObject({ suppressions: [{}] });

    // The disaster: what was stored is gone, and in its place is something else. 3. and 4. All eight tables of one second.
    await write('profiles', [
      { PutRequest: { Item: { id: { S: 'p_broken' }, version: { N: '1' }, body: { S: '{"fragments":{}}' } } } },
    ]);
    await restore(copies);
    expect((await everybody())[2]).not.toBeNull();

    // 5. Forgotten again, suppressed again.
    for (const person of erased) await on.call('POST', '/api/forget', { person }).catch(refusedAsErased);
    await on.call('POST', '/api/suppressions', { person: eve, by: 'ops', reason: 'asked by letter' });
  });
  await work(5);
  // 6. The archive since, and an hour before. 7. Every stream anew.
  const [from, to] = [second - HOUR, on.now()].map((at) => new Date(at).toISOString());
  await doJob('/api/replay', { from, to });
  await doJob('/api/pull', { connection: 'newsletter', full: true });
  await work(10);

  expect(await everybody()).toEqual(people);
  expect(listed()).toEqual(list);
  const checked = await doJob('/api/verify', { audience: BUYERS });
  expect(checked.parts[0]).toMatchObject({ differences: {} });
  expect([on.stage.refusals, on.stage.troubles]).toEqual([[], []]);
}, 900_000);

/** Whoever was erased before the second is erased in the restored tables too. */
function refusedAsErased(thrown: Error): void {
  if (!/404|no-such-person/.test(thrown.message)) throw thrown;
}
