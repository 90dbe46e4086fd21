import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change, ProfileChange } from '../../lib/domain/change.ts';
import { effectiveConsent } from '../../lib/domain/consent.ts';
import { emptyFragment, type Fragment, foldFragment } from '../../lib/domain/fragment.ts';
import { indexKey } from '../../lib/domain/identifier.ts';
import { consentOf, identifiersOf } from '../../lib/domain/profile.ts';
import { deliver, identityKey, recordsIn } from './delivering.ts';
import { type MemoryStores, openMemoryStores } from './memory-stores.ts';
import { NOW, rules } from './world.ts';

const RUNS = Number(process.env.TRIBUTARY_RUNS ?? 150);
const HOUR = 3_600_000;
const addresses = ['ann@example.com', 'bob@example.com'];
const at = (hour: number) => new Date(NOW - 960 * HOUR + hour * HOUR).toISOString();

const records = ['crm:contact:1', 'crm:contact:2', 'mail:member:a', 'web:user:1', 'web:user:2'] as const;

/** What a record tells: perhaps a user id, by which a limit keeps it apart from others, and some consent. */
const anyTelling = fc.record({
  kind: fc.constantFrom('profile' as const, 'profile' as const, 'profile' as const, 'gone' as const),
  record: fc.integer({ min: 0, max: records.length - 1 }),
  hour: fc.integer({ min: 0, max: 9 }),
  user: fc.constantFrom('u1', 'u2', undefined),
  stated: fc.option(
    fc.record({
      state: fc.constantFrom('granted' as const, 'denied' as const),
      by: fc.constantFrom('person' as const, 'company' as const),
      hour: fc.integer({ min: 0, max: 9 }),
    }),
  ),
});

/** Changes of five records, each with an address of its own that others may have too, in any order. */
const anyWorld: fc.Arbitrary<Change[]> = fc
  .tuple(
    fc.array(fc.constantFrom(...addresses), { minLength: records.length, maxLength: records.length }),
    fc.array(anyTelling, { minLength: 1, maxLength: 10 }),
  )
  .map(([emails, list]) =>
    list.map(({ kind, record, hour, user, stated }): Change => {
      const fragment = records[record] ?? records[0];
      const email = emails[record] ?? '';
      const identifiers = [
        { type: 'email', value: email },
        ...(user === undefined ? [] : [{ type: 'user_id', value: user }]),
      ];
      if (kind === 'gone') return { kind, fragment, at: at(hour), identifiers };
      const said =
        stated === null ? [] : [{ ...stated, address: email, topic: 'email', at: at(stated.hour), source: 'form' }];
      return { kind, fragment, at: at(hour), identifiers, consent: said.map(({ hour: _hour, ...one }) => one) };
    }),
  );

/** What every address said, whoever its records belong to. */
function saidByAddress(changes: readonly Change[]): Record<string, boolean> {
  const fragments: Record<string, Fragment> = {};
  for (const change of changes) {
    if (change.kind === 'account') continue;
    fragments[change.fragment] = foldFragment(fragments[change.fragment] ?? emptyFragment, change, rules);
  }
  const statements = consentOf({ fragments });
  return Object.fromEntries(addresses.map((address) => [address, effectiveConsent(statements, address, 'email')]));
}

/** What the people to whom addresses lead, and who can be reached there, are taken to have said. */
function heldByPeople(stores: MemoryStores): Record<string, boolean> {
  const held = stores.living().flatMap((profile) =>
    identifiersOf(profile)
      .filter((one) => one.type === 'email' && leadOf(stores, indexKey(one, identityKey)) === profile.id)
      .map(({ value }) => [value, effectiveConsent(consentOf(profile), value, 'email')] as const),
  );
  return Object.fromEntries(held);
}

function leadOf(stores: MemoryStores, key: string): string | undefined {
  let id = stores.owner(key);
  for (let next = id; next !== undefined; next = stores.pointers().find((one) => one.id === id)?.mergedInto) id = next;
  return id;
}

describe('consent of an address', () => {
  it('is what all records said of it, however they are grouped and regrouped', async () => {
    // Nobody found is nobody compared.
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(anyWorld, async (changes) => {
        const stores = openMemoryStores();
        for (const [position, change] of changes.entries()) {
          await deliver(stores, [[change]]);
          // After each regrouping, not only in the end.
          const held = heldByPeople(stores);
          compared += Object.keys(held).length;
          expect(saidByAddress(changes.slice(0, position + 1))).toMatchObject(held);
        }
      }),
      { numRuns: RUNS },
    );
    expect(compared).toBeGreaterThan(RUNS);
  });

  it('is heard from the record of somebody whom a limit keeps apart, also when that record speaks later', async () => {
    const stores = openMemoryStores();
    const record = (user: string, hour: number, more: Partial<ProfileChange> = {}): ProfileChange => ({
      kind: 'profile',
      fragment: `web:user:${user}`,
      at: at(hour),
      identifiers: [
        { type: 'user_id', value: user },
        { type: 'email', value: 'ann@example.com' },
      ],
      ...more,
    });
    const say = (state: 'granted' | 'denied', hour: number) => ({
      consent: [
        { address: 'ann@example.com', topic: 'email', state, by: 'person', at: at(hour), source: 'form' },
      ] as const,
    });
    await deliver(stores, [[record('u1', 1, say('granted', 1))], [record('u2', 2)]]);
    expect(recordsIn(stores)).toHaveLength(2);
    expect(heldByPeople(stores)).toEqual({ 'ann@example.com': true });

    await deliver(stores, [[record('u2', 3, say('denied', 3))]]);

    expect(heldByPeople(stores)).toEqual({ 'ann@example.com': false });
  });

  it('stays with the address when the record that denied it moves to another address', async () => {
    const stores = openMemoryStores();
    const contact = (id: number, hour: number, email: string, more: Partial<ProfileChange> = {}): ProfileChange => ({
      kind: 'profile',
      fragment: `crm:contact:${id}`,
      at: at(hour),
      identifiers: [{ type: 'email', value: email }],
      ...more,
    });
    const denied = { topic: 'email', state: 'denied', by: 'company', at: at(1), source: 'box' } as const;
    const granted = { topic: 'email', state: 'granted', by: 'person', at: at(0), source: 'form' } as const;
    await deliver(stores, [
      [contact(1, 1, 'ann@example.com', { consent: [{ ...denied, address: 'ann@example.com' }] })],
    ]);
    await deliver(stores, [[contact(1, 2, 'bob@example.com')]]);

    await deliver(stores, [
      [contact(2, 3, 'ann@example.com', { consent: [{ ...granted, address: 'ann@example.com' }] })],
    ]);

    expect(recordsIn(stores)).toEqual([['crm:contact:1'], ['crm:contact:2']]);
    expect(heldByPeople(stores)).toEqual({ 'ann@example.com': false, 'bob@example.com': false });
  });
});
