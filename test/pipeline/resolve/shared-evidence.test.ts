import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change, Identifier } from '../../../lib/domain/change.ts';
import { compileDefinitions } from '../../../lib/domain/decide.ts';
import { indexKey } from '../../../lib/domain/identifier.ts';
import type { ProfileStore } from '../../../lib/pipeline/ports.ts';
import { deliver, identityKey, peopleIn, recordsIn, seededFate } from '../delivering.ts';
import { openMemoryStores } from '../memory-stores.ts';
import { anyEvidence, compiledTight, definitions, NOW, reference, tight } from '../world.ts';

const RUNS = Number(process.env.TRIBUTARY_RUNS ?? 400);
const HOUR = 3_600_000;

const { identity } = tight;
const given = { compiled: async () => compiledTight };

const told = (record: string, hour: number, ...identifiers: readonly Identifier[]): Change => ({
  kind: 'profile',
  fragment: record,
  at: new Date(NOW - 960 * HOUR + hour * HOUR).toISOString(),
  identifiers,
});
const email = (value: string): Identifier => ({ type: 'email', value });
const user = (value: string): Identifier => ({ type: 'user_id', value });

describe('evidence that several people share', () => {
  it('makes the same people in whatever order it comes', async () => {
    await fc.assert(
      fc.asyncProperty(anyEvidence, async (changes) => {
        const stores = openMemoryStores();
        for (const change of changes) await deliver(stores, [[change]], given);

        expect(peopleIn(stores)).toEqual(reference(changes, identity));
      }),
      { numRuns: RUNS },
    );
  });

  it('makes the same people when writers run beside each other and die', async () => {
    await fc.assert(
      fc.asyncProperty(anyEvidence, fc.integer({ min: 1, max: 2 ** 31 }), async (changes, seed) => {
        const stores = openMemoryStores(seededFate(seed, 0.02));
        const writers = [0, 1, 2].map(async (writer) => {
          for (const [place, change] of changes.entries()) {
            if (place % 3 === writer) await deliver(stores, [[change]], given);
          }
        });
        await Promise.all(writers);

        expect(peopleIn(stores)).toEqual(reference(changes, identity));
      }),
      { numRuns: RUNS },
    );
  });

  it('takes apart whom a shared address had joined when the third person states it', async () => {
    const stores = openMemoryStores();
    const info = email('info@example.com');
    await deliver(
      stores,
      [
        [told('web:user:1', 1, user('1'), info)],
        [told('crm:contact:1', 2, info)],
        [told('web:user:2', 3, user('2'), info)],
      ],
      given,
    );
    expect(recordsIn(stores)).toEqual([['crm:contact:1', 'web:user:1'], ['web:user:2']]);

    await deliver(stores, [[told('web:user:3', 4, user('3'), info)]], given);

    expect(recordsIn(stores)).toEqual([['crm:contact:1'], ['web:user:1'], ['web:user:2'], ['web:user:3']]);
  });

  it('joins who was refused by a limit once the limit is free', async () => {
    const stores = openMemoryStores();
    const changes = [
      told('crm:contact:1', 1, user('1'), email('ann@example.com')),
      told('crm:contact:2', 2, user('2'), email('ann@example.com')),
    ];
    await deliver(stores, [changes], given);
    expect(recordsIn(stores)).toHaveLength(2);

    await deliver(stores, [[told('crm:contact:1', 3, user('2'))]], given);

    expect(recordsIn(stores)).toEqual([['crm:contact:1', 'crm:contact:2']]);
  });

  it('counts an address as shared by ever more people than are grouped together', async () => {
    const stores = openMemoryStores();
    const sharers = Array.from({ length: 50 }, (_, place) =>
      told(`web:user:${100 + place}`, place % 12, user(String(100 + place)), email('info@example.com')),
    );
    for (const sharer of sharers) await deliver(stores, [[sharer]], given);

    expect(recordsIn(stores)).toHaveLength(50);
    expect(stores.living().some(({ crowd }) => crowd !== undefined)).toBe(true);
    expect(Math.max(...stores.living().map(({ kin }) => kin.length))).toBe(20);
  });

  it('notices that two people became one by what two writers did at the same time', async () => {
    const stores = openMemoryStores();
    const phone: Identifier = { type: 'phone', value: '+4930111111' };
    const cookie = (value: string): Identifier => ({ type: 'anonymous_id', value });
    // Four addresses around one phone: two are too many for one person, and each writer takes one away.
    const before = [
      told('crm:contact:1', 1, email('ann@example.com'), phone, cookie('x')),
      told('crm:contact:2', 2, email('ann@example.org'), cookie('x')),
      told('crm:contact:3', 3, email('bob@example.com'), cookie('y')),
      told('crm:contact:4', 4, email('bob@example.org'), cookie('y')),
      told('crm:contact:3', 5, email('bob@example.com'), phone),
    ];
    for (const one of before) await deliver(stores, [[one]], given);
    expect(recordsIn(stores)).toHaveLength(2);
    const first = told('crm:contact:2', 6, email('ann@example.com'));
    const second = told('crm:contact:4', 6, email('bob@example.com'));
    let overtaken = false;
    const profiles: ProfileStore = {
      ...stores.profiles,
      async read(ids) {
        const found = await stores.profiles.read(ids);
        if (found.size > 1 && !overtaken) {
          overtaken = true;
          await deliver(stores, [[second]], given);
        }
        return found;
      },
    };

    await deliver(stores, [[first]], { ...given, profiles });

    expect(overtaken).toBe(true);
    expect(recordsIn(stores)).toEqual([['crm:contact:1', 'crm:contact:2', 'crm:contact:3', 'crm:contact:4']]);
  });

  it('gives an id that was merged away to somebody again although others still follow it', async () => {
    const read = (record: string, ...identifiers: readonly Identifier[]): Change => ({
      kind: 'profile',
      fragment: record,
      at: new Date(NOW - 960 * HOUR).toISOString(),
      identifiers,
      whole: true,
    });
    const [ann, bob] = [email('ann@example.com'), email('bob@example.com')];
    const changes = [
      read('web:user:1', bob, user('u2')),
      read('crm:contact:2', ann),
      read('web:user:1'),
      read('mail:member:a', bob, user('u1')),
      read('crm:contact:2', ann, user('u1')),
      read('mail:member:a', ann, user('u1')),
      read('crm:contact:2', ann, user('u1')),
      read('crm:contact:2', ann, user('u1')),
    ];
    const at = new Date(NOW - 970 * HOUR).toISOString();
    // No activity of theirs stands: what the whole record does not say is no evidence.
    const words = ['web:user:1', 'crm:contact:2', 'mail:member:a'].map(
      (fragment): Change => ({ kind: 'voided', fragment, at, stream: 's', since: at, until: at, record: true }),
    );
    // Where these die, one follows the merged id while another takes it, or was led past it before.
    for (const seed of [967, 2039, 2764, 5024, 5629]) {
      let dying = false;
      const fate = seededFate(seed * 7919, 0.02);
      const stores = openMemoryStores(() => (dying ? fate() : 'lives'));
      await deliver(stores, [words]);
      dying = true;
      const writers = [0, 1, 2].map(async (writer) => {
        for (const [place, change] of changes.entries()) if (place % 3 === writer) await deliver(stores, [[change]]);
      });
      await Promise.all(writers);

      expect({ seed, records: recordsIn(stores) }).toEqual({
        seed,
        records: [['crm:contact:2'], ['mail:member:a'], ['web:user:1']],
      });
    }
  });

  it('takes a person of two hundred cookies apart, however often the writer dies', async () => {
    const wide = compileDefinitions({
      ...definitions,
      identity: { ...identity, limits: { '*': { most: 500, per: 'ever' } } },
    });
    const cookies = Array.from({ length: 200 }, (_, place) => ({ type: 'anonymous_id', value: `c${place}` }));
    const before = [
      told('web:user:1', 1, user('1'), email('ann@example.com')),
      told('web:user:2', 2, user('2'), ...cookies),
      told('web:user:2', 3, user('2'), email('ann@example.com')),
    ];
    const after: Change[] = [
      {
        kind: 'unmerge',
        fragment: 'web:user:2',
        from: 'web:user:1',
        at: new Date(NOW).toISOString(),
        identifier: email('ann@example.com'),
      },
    ];
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      let dying = false;
      const fate = seededFate(seed, 0.1);
      const stores = openMemoryStores(() => (dying ? fate() : 'lives'));
      for (const change of before) await deliver(stores, [[change]], { compiled: async () => wide });
      expect(recordsIn(stores)).toEqual([['web:user:1', 'web:user:2']]);

      dying = true;
      await deliver(stores, [after], { compiled: async () => wide });
      dying = false;

      expect(recordsIn(stores)).toEqual([['web:user:1'], ['web:user:2']]);
      const homes = new Map(stores.living().map((one) => [Object.keys(one.fragments)[0], one.id]));
      for (const cookie of cookies) expect(stores.owner(indexKey(cookie, identityKey))).toBe(homes.get('web:user:2'));
    }
  });
});
