import { describe, expect, it } from 'vitest';
import { openAccountStore } from '../../../lib/adapters/dynamodb/account-store.ts';
import { openActivityStore } from '../../../lib/adapters/dynamodb/activity-store.ts';
import { openHistoryStore } from '../../../lib/adapters/dynamodb/history-store.ts';
import { openIdentityIndex } from '../../../lib/adapters/dynamodb/identity-index.ts';
import { openProfileStore } from '../../../lib/adapters/dynamodb/profile-store.ts';
import type { Change, Identifier } from '../../../lib/domain/change.ts';
import { compileDefinitions } from '../../../lib/domain/decide.ts';
import { isJsonObject } from '../../../lib/domain/json.ts';
import { findPerson } from '../../../lib/pipeline/describe/find-person.ts';
import { listMerges, sendUnmerge } from '../../../lib/pipeline/resolve/merges.ts';
import { resolveProfile } from '../../../lib/pipeline/resolve/resolve-profile.ts';
import { withEngines } from '../../engines.ts';
import { identityKey } from '../delivering.ts';
import { openMemoryQueue } from '../memory-state.ts';
import { NOW } from '../world.ts';
import { type Night, openNight } from './night-rig.ts';

const engines = withEngines();
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A record of somebody with an address of their own, and the office number that somebody typed into several. */
function record(n: number, stage: string, hours: number, office?: string): Change {
  const identifiers: Identifier[] = [{ type: 'email', value: `person${n}@example.com` }];
  if (office !== undefined) identifiers.push({ type: 'phone', value: office });
  const at = new Date(NOW - hours * HOUR).toISOString();
  return { kind: 'profile', fragment: `crm:contact:${n}`, at, identifiers, traits: { stage } };
}

/** Resolve-profile on the tables that the push reads. */
async function openPeople(night: Night) {
  const { dynamo, tables, memberships, clock, deps } = night;
  const compiled = compileDefinitions(await deps.definitions());
  const { profiles: table, identifiers } = tables;
  const profiles = openProfileStore(dynamo, { profiles: table, identifiers });
  const identities = openIdentityIndex(dynamo, identifiers);
  const resolve = resolveProfile({
    identities,
    profiles,
    memberships,
    accounts: openAccountStore(dynamo, tables.accounts),
    activities: openActivityStore(dynamo, tables.activities, async () => 400 * DAY),
    history: openHistoryStore(dynamo, tables.history),
    recompute: { send: async () => {} },
    versions: async () => undefined,
    compiled: async () => compiled,
    key: identityKey,
    tooLarge: async (changes) => expect(changes).toEqual([]),
    clock,
    log: () => {},
  });
  const tell = async (changes: readonly Change[]): Promise<void> => {
    for (const change of changes) {
      const { failed } = await resolve([{ changes: [change], profiles: [], accounts: [] }]);
      expect(failed.size).toBe(0);
    }
  };
  const find = (text: string) => findPerson({ identities, profiles, key: async () => identityKey }, text);
  return {
    tell,
    find,
    /** As `tributary unmerge` does, by the evidence as `tributary merges` lists it. */
    async unmerge(fragment: string): Promise<void> {
      const person = await find(fragment);
      if (person === undefined) throw new Error(`nobody has ${fragment}`);
      const merges = await listMerges({ profiles }, person, compiled.definitions.identity);
      const changes = openMemoryQueue();
      await sendUnmerge({ changes, clock }, merges, merges.merges[0]?.edge ?? '');
      for (const { body } of changes.take()) {
        if (isJsonObject(body)) await tell(body.changes as unknown as Change[]);
      }
    },
  };
}

/** A world of its own, told of people, with everybody subscribed to the tool's list and pushed once. */
async function openWorld(prefix: string, changes: readonly Change[]) {
  const night = await openNight(engines(), prefix, { maxAdd: 1, maxRemove: 1, minSource: 0 });
  for (const n of [1, 2, 3, 4, 5]) night.join(night.addressOf(n));
  const people = await openPeople(night);
  await people.tell(changes);
  const push = async () => {
    await night.push();
    await night.drain();
    expect(await night.run()).toMatchObject({ state: 'finished' });
    return night.list();
  };
  return { night, people, push };
}

/** One pair hides a customer behind a later prospect, the other lends a prospect the stage of a customer. */
const told = (office: (pair: 'a' | 'b') => string | undefined): readonly Change[] => [
  record(1, 'customer', 40, office('a')),
  record(2, 'prospect', 30, office('a')),
  record(3, 'prospect', 40, office('b')),
  record(4, 'customer', 30, office('b')),
  record(5, 'customer', 20),
];
const wrongly = told((pair) => (pair === 'a' ? '+4930111111' : '+4930222222'));
const rightly = told(() => undefined);

describe('a list that was pushed for people who were joined by mistake', () => {
  it('is corrected by the push after the unmerge: it holds whom a world that never joined them holds', async () => {
    const apart = await openWorld('apart', rightly);
    const joined = await openWorld('joined', wrongly);
    try {
      const right = await apart.push();
      expect(right).toEqual([1, 4, 5].map(apart.night.addressOf));
      const wrong = await joined.push();
      // Two customers are not on it, and somebody is who is none.
      expect(wrong).toEqual([3, 5].map(joined.night.addressOf));
      const one = await joined.people.find('crm:contact:1');
      expect(one?.id).toBe((await joined.people.find('crm:contact:2'))?.id);

      for (const fragment of ['crm:contact:2', 'crm:contact:4']) await joined.people.unmerge(fragment);
      // What comes in later brings the same evidence again, and joins nobody.
      await joined.people.tell(wrongly);
      joined.night.clock.pass(DAY);
      const corrected = await joined.push();

      expect(corrected).toEqual(right);
      for (const n of [1, 2, 3, 4, 5]) {
        const [mine, theirs] = await Promise.all(
          [joined, apart].map(({ people }) => people.find(joined.night.addressOf(n))),
        );
        expect(Object.keys(mine?.fragments ?? {})).toEqual(Object.keys(theirs?.fragments ?? {}));
        expect(mine?.memberships === undefined ? [] : Object.keys(mine.memberships)).toEqual(
          Object.keys(theirs?.memberships ?? {}),
        );
      }
      // Corrected is corrected: nothing is left to send.
      const writes = () => joined.night.mailchimp.calls.filter(({ method }) => method !== 'GET').length;
      const before = writes();
      joined.night.clock.pass(DAY);
      expect(await joined.push()).toEqual(right);
      expect(writes()).toBe(before);
    } finally {
      await joined.night.close();
      await apart.night.close();
    }
  });
});
