import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { openAccountStore } from '../../lib/adapters/dynamodb/account-store.ts';
import { openActivityStore } from '../../lib/adapters/dynamodb/activity-store.ts';
import { openBlockStore } from '../../lib/adapters/dynamodb/block-store.ts';
import type { Dynamo } from '../../lib/adapters/dynamodb/client.ts';
import { openHistoryStore } from '../../lib/adapters/dynamodb/history-store.ts';
import { openStateStore } from '../../lib/adapters/dynamodb/state-store.ts';
import { openWriteLedger } from '../../lib/adapters/dynamodb/write-ledger.ts';
import { type ActivityChange, activityKey } from '../../lib/domain/change.ts';
import { createTables, withEngines } from '../engines.ts';
import { loseNextAnswer, openTestDynamo } from './opened-dynamo.ts';

const DAY = 86_400_000;
const NOW = Date.parse('2026-11-21T12:30:00.000Z');
const engines = withEngines();
let dynamo: Dynamo;

beforeAll(async () => {
  await createTables(engines().dynamodb, 'others-');
  dynamo = openTestDynamo(engines().dynamodbUrl);
});

describe('activity store', () => {
  const open = () => openActivityStore(dynamo, 'others-activities', async () => 400 * DAY);
  const did = (fragment: string, n: number, given: Partial<ActivityChange> = {}): ActivityChange => ({
    kind: 'activity',
    fragment,
    at: new Date(NOW - n * 60_000).toISOString(),
    id: `e#${n}`,
    name: 'Opened',
    properties: { n },
    ...given,
  });

  it('keeps an activity once, however often and with whatever neighbours it comes', async () => {
    const store = open();
    const twice = [did('mail:member:a', 1), did('mail:member:a', 1), did('mail:member:a', 2)];
    await store.put(twice);
    await store.put([...twice].reverse());
    await store.put([]);

    expect(await store.count('mail:member:a')).toBe(2);
    expect(await store.latest('mail:member:a', 1)).toEqual([did('mail:member:a', 1)]);
    expect(await store.count('mail:member:b')).toBe(0);
  });

  it('goes on from an activity, it included', async () => {
    const store = open();
    const three = [1, 2, 3].map((n) => did('mail:member:f', n));
    await store.put(three);

    const key = activityKey(did('mail:member:f', 2));
    expect(await store.latest('mail:member:f', 9, key)).toEqual(three.slice(1));
    expect(await store.latest('mail:member:f', 1, key)).toEqual([three[1]]);
  });

  it('keeps the smallest instant of an activity that was corrected several times, in any order', async () => {
    const keyAt = new Date(NOW - 3_600_000).toISOString();
    const sent = (at: number, fragment: string): ActivityChange => {
      const one = did(fragment, 1, { id: 'm1', keyAt, at: new Date(NOW + at).toISOString(), properties: { at } });
      return one;
    };
    const orders = [
      [5, 3, 9],
      [3, 5, 9],
      [9, 5, 3],
    ];

    for (const [place, order] of orders.entries()) {
      const fragment = `web:user:${place}`;
      for (const at of order) await open().put([sent(at, fragment)]);
      await open().put(order.map((at) => sent(at, fragment)));

      expect(await open().latest(fragment, 9)).toEqual([sent(3, fragment)]);
    }
  });

  it('reads all of a record over any number of pages, newest first', async () => {
    const store = open();
    const many = Array.from({ length: 120 }, (_, n) =>
      did('mail:member:c', n, { properties: { text: 'x'.repeat(20_000), n } }),
    );
    await store.put(many);

    const pages: number[] = [];
    const ids: string[] = [];
    for await (const page of store.all('mail:member:c')) {
      pages.push(page.length);
      ids.push(...page.map(({ id }) => id));
    }

    expect(pages.length).toBeGreaterThan(1);
    expect(ids).toEqual(many.map(({ id }) => id));
    expect(await store.count('mail:member:c')).toBe(120);
  });
});

describe('account store', () => {
  it('writes an account only on the version that was read', async () => {
    const store = openAccountStore(dynamo, 'others-accounts');
    const first = { id: 'crm:account:1', version: 0, traits: { size: [5, 1, 1] as const } };

    expect(await store.write([first])).toEqual(new Set(['crm:account:1']));
    expect(await store.write([first, { ...first, id: 'crm:account:2' }])).toEqual(new Set(['crm:account:2']));
    expect(await store.write([{ ...first, version: 1, gone: 7 }])).toEqual(new Set(['crm:account:1']));

    const read = await store.read(['crm:account:1', 'crm:account:3']);
    expect([...read.values()]).toEqual([{ ...first, version: 2, gone: 7 }]);
  });
});

describe('history store', () => {
  it('tells the latest lines of a person, each once', async () => {
    const store = openHistoryStore(dynamo, 'others-history');
    const lines = [1, 2, 3].map((n) => ({ profile: 'p_1', segment: 's', member: n % 2 === 1, at: NOW + n }));
    await store.put([...lines, { profile: 'p_2', segment: 's', member: true, at: NOW }]);
    await store.put(lines);
    await store.put([]);

    expect(await store.ofProfile('p_1', 2)).toEqual([
      { profile: 'p_1', segment: 's', member: true, at: NOW + 3 },
      { profile: 'p_1', segment: 's', member: false, at: NOW + 2 },
    ]);
    expect(await store.ofProfile('p_2', 9)).toHaveLength(1);
  });

  it("counts a segment's day over its shards, and tells its latest lines with their reasons", async () => {
    const store = openHistoryStore(dynamo, 'others-history');
    const why = { moved: 'data', leaf: 'stage is customer' } as const;
    const people = Array.from({ length: 20 }, (_, n) => `p_${n}`);
    const day = new Date(NOW).toISOString().slice(0, 10);
    await store.put(
      people.map((profile, n) => ({ profile, segment: 'many', member: n < 15, at: NOW + n, definitions: 'd1', why })),
    );
    await store.put([{ profile: 'p_0', segment: 'many', member: false, at: NOW + 48 * 3_600_000 }]);

    expect(await store.countDay('many', day)).toEqual({ entered: 15, left: 5 });
    expect(await store.countDay('many', day, NOW + 14)).toEqual({ entered: 1, left: 5 });
    expect(await store.ofSegment('many', day, 2)).toEqual([
      { profile: 'p_19', segment: 'many', member: false, at: NOW + 19, definitions: 'd1', why },
      { profile: 'p_18', segment: 'many', member: false, at: NOW + 18, definitions: 'd1', why },
    ]);
  });
});

describe('state store', () => {
  const open = () => openStateStore(dynamo, 'others-state');

  it('writes a document only on the version that was expected', async () => {
    const store = open();
    expect(await store.put('k', 'one', { a: 1 }, 0)).toBe(true);
    expect(await store.put('k', 'one', { a: 2 }, 0)).toBe(false);
    expect(await store.put('k', 'one', { a: 3 }, 1)).toBe(true);
    expect(await store.put('k', 'one', { a: 4 }, 1)).toBe(false);
    expect(await store.put('k', 'none', { a: 5 }, 3)).toBe(false);

    expect(await store.get('k', 'one')).toEqual({ id: 'one', version: 2, body: { a: 3 } });
    expect(await store.get('k', 'none')).toBeUndefined();
  });

  it("knows its own write again when the answer was lost, and nobody else's", async () => {
    const losing = openTestDynamo(engines().dynamodbUrl);
    loseNextAnswer(losing.client, 'PutItem');

    expect(await openStateStore(losing, 'others-state').put('k', 'lost', { same: true }, 0)).toBe(true);
    expect(await open().put('k', 'lost', { same: true }, 0)).toBe(false);
    expect(await open().get('k', 'lost')).toMatchObject({ version: 1 });
  });

  it('lists the newest ids first', async () => {
    const store = open();
    for (const id of ['b', 'a', 'c']) await store.put('listed', id, {}, 0);

    expect((await store.list('listed', { most: 2 })).map(({ id }) => id)).toEqual(['c', 'b']);
    expect((await store.list('listed', { most: 2, after: 'b' })).map(({ id }) => id)).toEqual(['a']);
  });

  it('holds each number of a set once, over many rows', async () => {
    const store = open();
    const numbers = Array.from({ length: 350 }, (_, n) => 400_000 + n);
    await store.addNumbers('folded#r', numbers, NOW + DAY);
    await store.addNumbers('folded#r', [400_001, 3, 3], NOW + DAY);

    const found = await store.numbers('folded#r');
    expect(found.size).toBe(351);
    expect(found.has(400_349) && found.has(3)).toBe(true);
    expect((await store.numbers('folded#none')).size).toBe(0);
  });
});

describe('write ledger', () => {
  const entry = (n: number, value: string) => ({
    key: `k${n}`,
    value,
    from: NOW,
    until: NOW + DAY,
    since: NOW,
    expiresAt: NOW + DAY,
  });

  it('keeps the last entry of each key, however many come at once', async () => {
    const ledger = openWriteLedger(dynamo, 'others-ledger');
    const many = Array.from({ length: 230 }, (_, n) => entry(n, 'a'));
    await ledger.put([...many, entry(7, 'b')]);
    await ledger.put([{ ...entry(8, 'c'), former: 'b' }]);
    await ledger.put([]);

    const held = await ledger.read([...many.map(({ key }) => key), 'k7', 'never']);

    expect(held.size).toBe(230);
    expect([held.get('k6'), held.get('k7'), held.get('k8')]).toEqual([
      entry(6, 'a'),
      entry(7, 'b'),
      { ...entry(8, 'c'), former: 'b' },
    ]);
    expect(await ledger.read([])).toEqual(new Map());
  });

  it('deletes what was written about somebody, and nothing else', async () => {
    const ledger = openWriteLedger(dynamo, 'others-ledger');
    await ledger.put([
      ...Array.from({ length: 30 }, (_, n) => ({ ...entry(1_000 + n, 'a'), subject: 'p_ann' })),
      { ...entry(2_000, 'a'), subject: 'p_bob' },
      entry(2_001, 'a'),
    ]);

    const counts = [await ledger.erase(['p_ann', 'p_ann_before']), await ledger.erase(['p_ann'])];

    expect(counts).toEqual([30, 0]);
    expect([...(await ledger.read(['k1000', 'k1029', 'k2000', 'k2001'])).values()]).toEqual([
      { ...entry(2_000, 'a'), subject: 'p_bob' },
      entry(2_001, 'a'),
    ]);
  });
});

describe('erasing', () => {
  it('deletes all activities of a record, over any number of pages, and none of another', async () => {
    const store = openActivityStore(dynamo, 'others-activities', async () => 400 * DAY);
    const did = (fragment: string, n: number): ActivityChange => ({
      kind: 'activity',
      fragment,
      at: new Date(NOW - n * 60_000).toISOString(),
      id: `e${n}`,
      name: 'Opened',
      properties: { text: 'x'.repeat(20_000) },
    });
    await store.put([...Array.from({ length: 90 }, (_, n) => did('crm:contact:dies', n)), did('crm:contact:lives', 1)]);

    expect(await store.erase('crm:contact:dies')).toBe(90);

    expect(await store.count('crm:contact:dies')).toBe(0);
    expect(await store.count('crm:contact:lives')).toBe(1);
    expect(await store.erase('crm:contact:dies')).toBe(0);
  });

  it('deletes the lines of a profile and those under the segments', async () => {
    const store = openHistoryStore(dynamo, 'others-history');
    const line = (profile: string, segment: string) => ({ profile, segment, member: true, at: NOW });
    await store.put([line('p_dies', 's1'), line('p_dies', 's2'), line('p_lives', 's1')]);

    expect(await store.erase('p_dies')).toBe(2);

    expect(await store.ofProfile('p_dies', 9)).toEqual([]);
    expect(await store.ofProfile('p_lives', 9)).toHaveLength(1);
    const answer = await dynamo.client.send(new ScanCommand({ TableName: 'others-history' }));
    expect(JSON.stringify(answer.Items)).not.toContain('p_dies');
  });

  it('lists all documents of a kind and removes one', async () => {
    const store = openStateStore(dynamo, 'others-state');
    for (const id of ['b', 'a', 'c']) await store.put('erasable', id, { id }, 0);
    await store.remove('erasable', 'b');
    await store.remove('erasable', 'never was');

    const found: string[] = [];
    for await (const page of store.all('erasable')) found.push(...page.map(({ id }) => id));

    expect(found).toEqual(['a', 'c']);
  });
});

describe('block store', () => {
  it('tells who is in which block, each once, whatever the order and however often', async () => {
    const store = openBlockStore(dynamo, 'others-memberships');
    const rows = [
      { block: 'a', profile: 'p_1' },
      { block: 'a', profile: 'p_2' },
      { block: 'b', profile: 'p_1' },
    ];

    await store.add(rows, 10);
    await store.add([...rows, { block: 'a', profile: 'p_3' }], 10);

    const met = await store.members(['a', 'b', 'nobody']);
    expect([...met].map(([block, members]) => [block, [...members].sort()]).sort()).toEqual([
      ['a', ['p_1', 'p_2', 'p_3']],
      ['b', ['p_1']],
    ]);
  });

  it('loses nobody when many come to a new block at once', async () => {
    const store = openBlockStore(dynamo, 'others-memberships');
    const people = Array.from({ length: 12 }, (_, n) => `p_${n}`);

    await Promise.all(people.map((profile) => store.add([{ block: 'crowd', profile }], 50)));

    expect([...((await store.members(['crowd'])).get('crowd') ?? [])].sort()).toEqual([...people].sort());
  });

  it('stops growing when it is full', async () => {
    const store = openBlockStore(dynamo, 'others-memberships');
    for (let n = 0; n < 6; n += 1) await store.add([{ block: 'full', profile: `p_${n}` }], 3);

    expect((await store.members(['full'])).get('full')).toHaveLength(3);
  });
});
