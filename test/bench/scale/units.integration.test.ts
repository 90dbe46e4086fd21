import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../../bench/database.ts';
import { meterUnits } from '../../../bench/request-units.ts';
import { openSimulatedDynamo, names as simulatedNames } from '../../../bench/scale/simulated-dynamo.ts';
import { openVirtualTime } from '../../../bench/scale/virtual-time.ts';
import type { Dynamo } from '../../../lib/adapters/dynamodb/client.ts';
import { openHistoryStore } from '../../../lib/adapters/dynamodb/history-store.ts';
import { openMembershipStore } from '../../../lib/adapters/dynamodb/membership-store.ts';
import { openProfileStore } from '../../../lib/adapters/dynamodb/profile-store.ts';
import { dueOf } from '../../../lib/domain/decide.ts';
import { type Follow, newProfile, type Profile } from '../../../lib/domain/profile.ts';
import { writeFollowers } from '../../../lib/pipeline/resolve/follow.ts';

const NOW = Date.parse('2026-11-27T00:00:00Z');
const DAY = 24 * 3_600_000;
const PEOPLE = 30;

let database: Database;
beforeAll(async () => {
  database = await openDatabase();
});
afterAll(() => database.close());

describe('the simulated DynamoDB', () => {
  it('charges for people who enter a segment at midnight what their items cost on DynamoDB Local', async () => {
    const names = await database.createTables();
    const real = database.open();
    const meter = meterUnits(real.client, database.open().client, names);
    const time = openVirtualTime(NOW, 1);
    const shape = { profileUnits: 1, dueShards: 16, rowShards: 8, tableWrites: 1e9, partitions: 'each-key' } as const;
    const watcher = { written: () => true, cleared: () => {}, row: () => {} };
    const simulated = openSimulatedDynamo(time, { ...shape, latencyMs: 1 }, watcher);

    await midnight(real, names);
    const done = midnight(simulated.dynamo, simulatedNames);
    await time.run(60_000);
    await done;

    const { profiles, memberships, history } = Object.fromEntries(meter.writeBy);
    expect(Object.fromEntries(simulated.units)).toEqual({ profiles, memberships, history });
  });
});

/** Writes people who are due at midnight, and then decides that all of them are in a segment and its audience. */
async function midnight(dynamo: Dynamo, names: typeof simulatedNames): Promise<void> {
  const profiles = openProfileStore(dynamo, names);
  const stores = {
    profiles,
    memberships: openMembershipStore(dynamo, names.memberships, () => new Date(NOW)),
    history: openHistoryStore(dynamo, names.history),
  };
  const before = Array.from({ length: PEOPLE }, (_, at) => ({ ...newProfile(`p_${at}`), flipsAt: NOW, dueAt: NOW }));
  await profiles.write(before);
  const after = before.map((one): Profile => {
    const outbox: readonly Follow[] = [
      { row: 'segment', segment: 's', member: true, at: NOW },
      { row: 'audience', audience: 'a' },
    ];
    const wanted = { a: { in: true, keys: [{ type: 'email', value: `${one.id}@example.com` }] } as const };
    const dueAt = dueOf(NOW + DAY, outbox, NOW);
    return { ...one, version: 1, memberships: { s: NOW }, wanted, flipsAt: NOW + DAY, dueAt, outbox };
  });
  await profiles.write(after);
  await writeFollowers(
    stores,
    after.map((one) => ({ ...one, version: 2 })),
  );
}
