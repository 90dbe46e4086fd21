import { TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Database, openDatabase, type TableNames } from '../../bench/database.ts';
import { type Meter, meterUnits } from '../../bench/request-units.ts';
import { openBlockStore } from '../../lib/adapters/dynamodb/block-store.ts';
import type { Dynamo } from '../../lib/adapters/dynamodb/client.ts';
import { openMembershipStore } from '../../lib/adapters/dynamodb/membership-store.ts';
import { openProfileStore } from '../../lib/adapters/dynamodb/profile-store.ts';
import { newProfile, type Profile } from '../../lib/domain/profile.ts';

let database: Database;
let dynamo: Dynamo;
let names: TableNames;
let meter: Meter;
beforeAll(async () => {
  database = await openDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  names = await database.createTables();
  dynamo = database.open();
  meter = meterUnits(dynamo.client, database.open().client, names);
});

/** A profile whose item is a few bytes more than so many. */
function profileOf(bytes: number, version = 0): Profile {
  return { ...newProfile('p_ann'), version, needs: 'x'.repeat(bytes) };
}

describe('units of writes', () => {
  it('are one for each begun kilobyte of the item', async () => {
    await openProfileStore(dynamo, names).write([profileOf(2_500)]);

    expect(meter.write).toBe(3);
    expect(meter.requests).toBe(1);
  });

  it('are those of the larger item when it shrinks', async () => {
    const store = openProfileStore(dynamo, names);
    await store.write([profileOf(4_500)]);
    meter.reset();
    await store.write([profileOf(10, 1)]);

    expect(meter.write).toBe(5);
  });

  it('are charged when the condition fails', async () => {
    const store = openProfileStore(dynamo, names);
    await store.write([profileOf(2_500)]);
    meter.reset();
    const outcome = await store.write([profileOf(2_500, 7)]);

    expect(outcome.get('p_ann')).toBe('conflict');
    expect(meter.write).toBe(3);
  });

  it('are one more when an index entry comes, two more when it moves', async () => {
    const store = openProfileStore(dynamo, names);
    await store.write([{ ...profileOf(10), dueAt: 1_000 }]);
    const came = meter.write;
    meter.reset();
    await store.write([{ ...profileOf(10, 1), dueAt: 90_000_000 }]);

    expect([came, meter.write]).toEqual([2, 3]);
  });

  it('are double in a transaction', async () => {
    const Put = { TableName: names.profiles, Item: { id: { S: 'p_bob' }, body: { S: 'x'.repeat(1_500) } } };
    await dynamo.client.send(new TransactWriteItemsCommand({ TransactItems: [{ Put }] }));

    expect(meter.write).toBe(4);
  });

  it('are one for each who joins a block', async () => {
    const blocks = openBlockStore(dynamo, names.memberships);
    await blocks.add([{ block: 'b', profile: 'p_ann' }], 9);
    meter.reset();
    await blocks.add([{ block: 'b', profile: 'p_bob' }], 9);

    expect((await blocks.members(['b'])).get('b')).toEqual(['p_ann', 'p_bob']);
    expect(meter.write).toBe(1);
  });

  it('are told by table', async () => {
    const store = openMembershipStore(dynamo, names.memberships, () => new Date(0));
    const wanted = { in: true, keys: [{ type: 'email', value: 'ann@example.com' }] } as const;
    await store.writeRows([{ row: 'audience', audience: 'letter', profile: 'p_ann', version: 1, wanted }]);

    expect([...meter.writeBy]).toEqual([['memberships', 2]]);
  });
});

describe('units of reads', () => {
  it('are one for each begun four kilobytes, and one for what is not there', async () => {
    const store = openProfileStore(dynamo, names);
    await store.write([profileOf(5_000)]);
    meter.reset();
    await store.read(['p_ann', 'p_nobody']);

    expect(meter.read).toBe(3);
    expect(meter.itemsRead).toBe(1);
  });
});
