import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change, ProfileChange } from '../../../lib/domain/change.ts';
import { effectiveConsent } from '../../../lib/domain/consent.ts';
import { emptyFragment, type Fragment, foldFragment } from '../../../lib/domain/fragment.ts';
import { indexKey } from '../../../lib/domain/identifier.ts';
import { consentOf, identifiersOf } from '../../../lib/domain/profile.ts';
import { deliver, identityKey, recordsIn, seededFate } from '../delivering.ts';
import { type MemoryStores, openMemoryStores } from '../memory-stores.ts';
import { NOW, rules } from '../world.ts';

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

/** What a record tells in the course of its life: its address may be another each time, and it may tell of former ones. */
const anyLife: fc.Arbitrary<Change[]> = fc.array(
  fc
    .record({
      kind: fc.constantFrom(...(['profile', 'profile', 'profile', 'profile', 'gone', 'unmerge'] as const)),
      record: fc.constantFrom(...records.slice(1, 4)),
      from: fc.constantFrom(...records.slice(1, 4)),
      hour: fc.integer({ min: 0, max: 6 }),
      email: fc.constantFrom(...addresses, undefined),
      user: fc.constantFrom('u1', 'u2', undefined, undefined),
      about: fc.constantFrom(...addresses, undefined),
      state: fc.constantFrom('granted' as const, 'granted' as const, 'denied' as const),
      whole: fc.constantFrom(true, false, false, false, false),
    })
    .map(({ kind, record, from, hour, email, user, about, state, whole }): Change => {
      const told = { fragment: record, at: at(hour) };
      if (kind === 'unmerge' && from !== record) {
        return { kind, ...told, from, identifier: { type: 'email', value: email ?? 'ann@example.com' } };
      }
      const identifiers = [
        ...(email === undefined ? [] : [{ type: 'email', value: email }]),
        ...(user === undefined ? [] : [{ type: 'user_id', value: user }]),
      ];
      if (kind === 'gone') return { kind, ...told };
      const said = { topic: 'email', state, by: 'person', at: at(hour), source: 'form' } as const;
      const consent = about === undefined ? [] : [{ ...said, address: about }];
      return { kind: 'profile', ...told, identifiers, consent, ...(whole ? { whole } : {}) };
    }),
  { minLength: 3, maxLength: 10 },
);

/** What every person is taken to have said at each address that leads to them. */
function saidByPeople(stores: MemoryStores): string[] {
  const people = stores.living().map((profile) => {
    const emails = identifiersOf(profile).filter(({ type }) => type === 'email');
    const said = emails.map(({ value }) => `${value} ${effectiveConsent(consentOf(profile), value, 'email', NOW)}`);
    return [...Object.keys(profile.fragments).sort(), ...said.sort()].join(' ');
  });
  return people.filter((one) => one !== '').sort();
}

/** What every address said, whoever its records belong to. */
function saidByAddress(changes: readonly Change[]): Record<string, boolean> {
  const fragments: Record<string, Fragment> = {};
  for (const change of changes) {
    if (change.kind === 'account') continue;
    fragments[change.fragment] = foldFragment(fragments[change.fragment] ?? emptyFragment, change, rules);
  }
  const statements = consentOf({ fragments });
  return Object.fromEntries(addresses.map((address) => [address, effectiveConsent(statements, address, 'email', NOW)]));
}

/** What the people to whom addresses lead, and who can be reached there, are taken to have said. */
function heldByPeople(stores: MemoryStores): Record<string, boolean> {
  const held = stores.living().flatMap((profile) =>
    identifiersOf(profile)
      .filter((one) => one.type === 'email' && leadOf(stores, indexKey(one, identityKey)) === profile.id)
      .map(({ value }) => [value, effectiveConsent(consentOf(profile), value, 'email', NOW)] as const),
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

  it('is the same whether the evidence comes at once or one by one, in any order, twice, and from writers who die', async () => {
    await fc.assert(
      fc.asyncProperty(anyLife, fc.integer({ min: 1, max: 2 ** 31 }), async (changes, seed) => {
        const oneByOne = openMemoryStores();
        let atOnce = openMemoryStores();
        for (const [position, change] of changes.entries()) {
          await deliver(oneByOne, [[change]]);
          atOnce = openMemoryStores();
          await deliver(atOnce, [changes.slice(0, position + 1)]);
          // After each change, not only in the end.
          expect(saidByPeople(oneByOne)).toEqual(saidByPeople(atOnce));
        }
        for (const change of changes.slice(0, 3)) await deliver(oneByOne, [[change]]);
        expect(saidByPeople(oneByOne)).toEqual(saidByPeople(atOnce));

        const beside = openMemoryStores(seededFate(seed, 0.02));
        const writers = [0, 1, 2].map(async (writer) => {
          for (const [place, change] of changes.entries()) if (place % 3 === writer) await deliver(beside, [[change]]);
        });
        await Promise.all(writers);
        expect(saidByPeople(beside)).toEqual(saidByPeople(atOnce));
      }),
      { numRuns: Math.ceil(RUNS / 3) },
    );
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

  describe('that its record gave up', () => {
    const ann = 'ann@example.com';
    const bob = 'bob@example.com';
    const say = (state: 'granted' | 'denied', hour: number, address = ann) => ({
      consent: [{ address, topic: 'email', state, by: 'person', at: at(hour), source: 'form' }] as const,
    });
    const tell = (
      fragment: string,
      hour: number,
      email?: string,
      more: Partial<ProfileChange> = {},
    ): ProfileChange => ({
      kind: 'profile',
      fragment,
      at: at(hour),
      identifiers: email === undefined ? [] : [{ type: 'email', value: email }],
      ...more,
    });
    const lived = async (...changes: readonly Change[]): Promise<MemoryStores> => {
      const stores = openMemoryStores();
      for (const change of changes) await deliver(stores, [[change]]);
      return stores;
    };
    const [member, contact] = ['mail:member:a', 'crm:contact:2'];

    it('is heard by who has it later, although it was never the current one', async () => {
      const stores = await lived(tell(member, 2, bob), tell(member, 1, ann, say('granted', 1)), tell(contact, 3, ann));

      expect(heldByPeople(stores)).toEqual({ [ann]: true, [bob]: false });
    });

    it('is heard by who has it already, also when the statement comes without the address', async () => {
      const stores = await lived(tell(member, 1, ann), tell(member, 2, bob), tell(contact, 3, ann));

      await deliver(stores, [[tell(member, 4, undefined, say('granted', 4))]]);

      expect(heldByPeople(stores)).toEqual({ [ann]: true, [bob]: false });
    });

    it('is heard no more once the record is gone', async () => {
      const stores = await lived(tell(member, 1, ann, say('granted', 1)), tell(member, 2, bob), tell(contact, 3, ann), {
        kind: 'gone',
        fragment: member,
        at: at(4),
      });

      expect(heldByPeople(stores)).toEqual({ [ann]: false });
    });

    it('is heard no more once the whole record is read again without the grant', async () => {
      const stores = await lived(
        tell(member, 1, ann, say('granted', 1)),
        tell(contact, 3, ann),
        tell(member, 4, bob, { whole: true }),
      );

      expect(heldByPeople(stores)).toEqual({ [ann]: false, [bob]: false });
    });

    it('leaves the holder of the address where the index finds it', async () => {
      const stores = await lived(tell(contact, 3, ann), tell(member, 2, bob), tell(member, 1, ann, say('denied', 1)));

      const holder = stores.living().find(({ fragments }) => contact in fragments);
      expect(stores.owner(indexKey({ type: 'email', value: ann }, identityKey))).toBe(holder?.id);
      expect(holder?.kin).toEqual([]);
    });

    it('is heard by its holder from each of more records than are read together', async () => {
      const contacts = Array.from({ length: 24 }, (_, place) => `crm:contact:${place + 10}`);
      const stores = await lived(
        ...contacts.flatMap((one) => [
          tell(one, 2, `${one.slice(12)}@example.com`),
          tell(one, 1, ann, say('granted', 1)),
        ]),
        tell(member, 3, ann),
      );
      expect(recordsIn(stores)).toHaveLength(25);

      for (const [place, one] of [contacts[0], contacts[11], contacts[23]].entries()) {
        await deliver(stores, [
          [tell(one ?? '', 4, undefined, say(place % 2 === 0 ? 'denied' : 'granted', 4 + place))],
        ]);

        expect(heldByPeople(stores)).toMatchObject({ [ann]: place % 2 !== 0 });
      }
    });

    it('costs no further look-up when a record tells of its current address, or takes another', async () => {
      const stores = openMemoryStores();
      let lookUps = 0;
      const identities: typeof stores.identities = {
        ...stores.identities,
        lookUp(keys) {
          lookUps += 1;
          return stores.identities.lookUp(keys);
        },
      };
      const changes = [
        tell(member, 1, ann, say('granted', 1)),
        tell(member, 2, ann, say('denied', 2)),
        tell(member, 3, bob, say('granted', 3, bob)),
        { kind: 'gone', fragment: member, at: at(4) } as const,
      ];

      for (const change of changes) await deliver(stores, [[change]], { identities });

      expect(lookUps).toBe(changes.length);
    });
  });

  it('is heard no more from the record of somebody whom a limit keeps apart once it is gone', async () => {
    const stores = openMemoryStores();
    const ann = 'ann@example.com';
    const granted = {
      address: ann,
      topic: 'email',
      state: 'granted',
      by: 'person',
      at: at(2),
      source: 'form',
    } as const;
    const record = (user: string, hour: number): ProfileChange => ({
      kind: 'profile',
      fragment: `web:user:${user}`,
      at: at(hour),
      identifiers: [
        { type: 'user_id', value: user },
        { type: 'email', value: ann },
      ],
    });
    await deliver(stores, [[record('u1', 1)], [{ ...record('u2', 2), consent: [granted] }]]);
    expect(heldByPeople(stores)).toEqual({ [ann]: true });

    await deliver(stores, [[{ kind: 'gone', fragment: 'web:user:u2', at: at(3) }]]);

    expect(heldByPeople(stores)).toEqual({ [ann]: false });
  });

  it('is not heard of an address that all records of a person gave up, in whatever order records told of it', async () => {
    const told = (fragment: string, hour: number, email: string, state?: 'granted' | 'denied'): Change => ({
      ...{ kind: 'profile', fragment, at: at(hour), identifiers: [{ type: 'email', value: email }] },
      consent:
        state === undefined
          ? []
          : [{ address: email, topic: 'email', state, at: at(hour), source: 'form', by: 'person' }],
    });
    const member = told('mail:member:a', 1, 'ann@example.com', 'granted');
    const contact = told('crm:contact:1', 2, 'ann@example.com');
    const moved = told('crm:contact:1', 3, 'bob@example.com');
    const later = told('mail:member:a', 4, 'ann@example.com', 'denied');
    const heard: unknown[] = [];
    for (const order of [
      [member, contact, moved, later],
      [later, moved, contact, member],
    ]) {
      const stores = openMemoryStores();
      for (const change of order) await deliver(stores, [[change]]);
      const crm = stores.living().find(({ fragments }) => fragments['crm:contact:1'] !== undefined);
      heard.push(crm?.heard ?? {});
    }

    expect(heard).toEqual([{}, {}]);
  });
});
