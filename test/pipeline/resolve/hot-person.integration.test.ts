import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { machineClock } from '../../../lib/adapters/clock.ts';
import { openAccountStore } from '../../../lib/adapters/dynamodb/account-store.ts';
import { openActivityStore } from '../../../lib/adapters/dynamodb/activity-store.ts';
import { openDynamo } from '../../../lib/adapters/dynamodb/client.ts';
import { openHistoryStore } from '../../../lib/adapters/dynamodb/history-store.ts';
import { openIdentityIndex } from '../../../lib/adapters/dynamodb/identity-index.ts';
import { openMembershipStore } from '../../../lib/adapters/dynamodb/membership-store.ts';
import { openProfileStore } from '../../../lib/adapters/dynamodb/profile-store.ts';
import type { Change } from '../../../lib/domain/change.ts';
import { formatInstant } from '../../../lib/domain/instant.ts';
import { findPerson } from '../../../lib/pipeline/describe/find-person.ts';
import { type ResolveDeps, resolveProfile, type Work } from '../../../lib/pipeline/resolve/resolve-profile.ts';
import { createTables, engineLogin, withEngines } from '../../engines.ts';
import { identityKey } from '../delivering.ts';
import { compiled, NOW } from '../world.ts';

const WORKERS = 5;
const engines = withEngines();
let end: () => void = () => {};
let stores: Omit<ResolveDeps, 'recompute' | 'compiled' | 'versions' | 'key' | 'tooLarge' | 'clock' | 'log'>;

beforeAll(async () => {
  const tables = await createTables(engines().dynamodb, 'hot-');
  const dynamo = openDynamo(machineClock.wait, Math.random, { ...engineLogin, endpoint: engines().dynamodbUrl });
  end = () => dynamo.client.destroy();
  stores = {
    identities: openIdentityIndex(dynamo, tables.identifiers),
    profiles: openProfileStore(dynamo, { profiles: tables.profiles, identifiers: tables.identifiers }),
    accounts: openAccountStore(dynamo, tables.accounts),
    activities: openActivityStore(dynamo, tables.activities, async () => 400 * 86_400_000),
    history: openHistoryStore(dynamo, tables.history),
    memberships: openMembershipStore(dynamo, tables.memberships, machineClock.now),
  };
});

afterAll(() => end());

function openWorker(kept: Change[]) {
  return resolveProfile({
    ...stores,
    recompute: { send: async () => {} },
    compiled: async () => compiled,
    versions: async () => undefined,
    key: identityKey,
    tooLarge: async (changes) => void kept.push(...changes),
    clock: { ...machineClock, now: () => new Date(NOW) },
    log: () => {},
  });
}

/** Takes batches of ten messages until none is left, as a queue hands them out: what failed comes again. */
async function work(messages: Work[], kept: Change[]): Promise<void> {
  const resolve = openWorker(kept);
  for (let batch = messages.splice(0, 10); batch.length > 0; batch = messages.splice(0, 10)) {
    const { failed } = await resolve(batch);
    messages.push(...batch.filter((_, place) => failed.has(place)));
  }
}

const opened = (person: string, id: string, at: number): Change => ({
  kind: 'activity',
  fragment: `web:user:${person}`,
  at: formatInstant(at),
  id,
  name: 'Opened',
  identifiers: [{ type: 'user_id', value: person }],
});
const message = (changes: readonly Change[]): Work => ({ changes, profiles: [], accounts: [] });

describe('a person with ten thousand activities in a minute', () => {
  it('loses none of them, and neighbours in the same batches get on', async () => {
    const kept: Change[] = [];
    const messages: Work[] = [];
    for (let part = 0; part < 100; part += 1) {
      const acts = Array.from({ length: 100 }, (_, n) => opened('hot', `e${part}-${n}`, NOW - 60_000 + part * 600 + n));
      messages.push(message([...acts, opened(`neighbour-${part}`, 'only', NOW - 1_000)]));
    }

    await Promise.all(Array.from({ length: WORKERS }, () => work(messages, kept)));

    expect(kept).toEqual([]);
    expect(await stores.activities.count('web:user:hot')).toBe(10_000);
    const find = { ...stores, key: async () => identityKey };
    const people = await Promise.all(
      Array.from({ length: 100 }, (_, part) => findPerson(find, `user_id=neighbour-${part}`)),
    );
    expect(people.filter((one) => one !== undefined)).toHaveLength(100);
    const hot = await findPerson(find, 'user_id=hot');
    // Hundred messages in ten batches, each batch one write, and a few for those who met: never one for each activity.
    expect(hot?.version).toBeLessThanOrEqual(30);
    expect(hot?.memberships).toHaveProperty('active');
  });

  it('keeps what would make an item too large, by the name of the limit, and lets its neighbours go on', async () => {
    const kept: Change[] = [];
    const large = (field: string): Change => ({
      kind: 'profile',
      fragment: 'web:user:full',
      at: formatInstant(NOW),
      identifiers: [{ type: 'user_id', value: 'full' }],
      traits: { [field]: 'x'.repeat(150_000) },
    });
    const messages = [message([large('one')]), message([large('two'), opened('beside', 'only', NOW - 1_000)])];
    await work([messages[0] as Work], kept);

    await work([messages[1] as Work], kept);

    expect(kept.map((change) => 'fragment' in change && change.fragment)).toEqual(['web:user:full']);
    const find = { ...stores, key: async () => identityKey };
    expect(Object.keys((await findPerson(find, 'user_id=full'))?.fragments['web:user:full']?.traits ?? {})).toEqual([
      'one',
    ]);
    expect(await findPerson(find, 'user_id=beside')).toBeDefined();
  });
});
