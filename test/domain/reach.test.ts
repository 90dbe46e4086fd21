import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideAudiences } from '../../lib/domain/audience.ts';
import type { ConsentStatement, FragmentId, Identifier } from '../../lib/domain/change.ts';
import { effectiveConsent } from '../../lib/domain/consent.ts';
import type { AudienceDefinition } from '../../lib/domain/definitions.ts';
import { evidenceOf } from '../../lib/domain/evidence.ts';
import { emptyFragment, type Fragment } from '../../lib/domain/fragment.ts';
import { identifierKey } from '../../lib/domain/identifier.ts';
import { consentOf, newProfile, type Profile, type Wanted } from '../../lib/domain/profile.ts';

const NOW = Date.parse('2026-11-21T00:00:00.000Z');
const contactId = 'salesforce.contact_id';

const statement = (
  address: string,
  state: ConsentStatement['state'],
  more: Partial<ConsentStatement> = {},
): ConsentStatement => ({
  address,
  topic: 'email',
  state,
  at: '2026-11-01T00:00:00.000Z',
  source: 'form',
  by: 'person',
  ...more,
});

/** A record that states identifiers, one after another, and consent. */
function record(
  identifiers: Readonly<Record<string, string>>,
  consent: readonly ConsentStatement[] = [],
  at = 1,
): Fragment {
  const stated = Object.entries(identifiers).map(([type, value]) => [type, { [value]: [at, at] as const }]);
  return { ...emptyFragment, identifiers: Object.fromEntries(stated), consent };
}

function wantedOf(
  fragments: Readonly<Record<FragmentId, Fragment>>,
  match: readonly string[],
  more: Partial<Profile> = {},
  needs: AudienceDefinition['needs'] = { subscribed: 'email' },
): Wanted | undefined {
  const audience: AudienceDefinition = {
    audience: 'to-tool',
    segment: 'customers',
    connection: 'tool',
    target: {},
    match,
    mode: 'mirror',
    needs,
    holdout: 0,
    when: undefined,
  };
  const profile = { ...newProfile('p_1'), fragments, ...more };
  return decideAudiences([audience], profile, { isMember: () => true, traitOf: () => undefined }, NOW).wanted[
    'to-tool'
  ];
}

const sent = (keys: readonly Identifier[], address: string) => ({ in: true, keys, consent: { address } });

/** Two contacts of one person: the older address refused, the newer one agreed. */
const old = record({ [contactId]: '0031', email: 'ann@old.example.com', phone: '+4915112345678' }, [
  statement('ann@old.example.com', 'denied'),
]);
const young = record(
  { [contactId]: '0032', email: 'ann@new.example.com', phone: '+4915112345678' },
  [statement('ann@new.example.com', 'granted')],
  2,
);
const contacts = { 'salesforce:contact:0031': old, 'salesforce:contact:0032': young };

describe('an audience with needs', () => {
  it("sends the id of the record whose address agreed, not that of another record of the person's", () => {
    const id = { type: contactId, value: '0032' };
    const email = { type: 'email', value: 'ann@new.example.com' };

    expect(wantedOf(contacts, [contactId])).toMatchObject(sent([id], email.value));
    expect(wantedOf(contacts, [contactId, 'email'])).toMatchObject(sent([id, email], email.value));
    expect(wantedOf(contacts, ['email', contactId])).toMatchObject(sent([email, id], email.value));
  });

  it('sends no id of a record whose address said nothing, whatever another record agreed to', () => {
    const silent = { ...contacts, 'salesforce:contact:0032': record({ [contactId]: '0032', phone: '+4915112345678' }) };
    const form = record({ email: 'ann@new.example.com', [contactId]: '0031' }, young.consent);

    expect(wantedOf({ ...silent, 'form:response:1': form }, [contactId])).toEqual({ in: false, reason: 'no-consent' });
  });

  it('sends no id of a record that also holds an address that refused the same', () => {
    const both = record({ [contactId]: '0032', email: 'ann@new.example.com', phone: '+4915112345678' }, [
      statement('ann@new.example.com', 'granted', { topic: 'advertising' }),
      statement('+4915112345678', 'denied', { topic: 'advertising' }),
    ]);
    const fragments = { 'salesforce:contact:0032': both };

    expect(wantedOf(fragments, [contactId], {}, { consent: ['advertising'] })).toMatchObject({ reason: 'no-consent' });
    // A number that refused calls says nothing of letters.
    const calls = { ...both, consent: [...young.consent, statement('+4915112345678', 'denied', { topic: 'sms' })] };
    expect(wantedOf({ 'salesforce:contact:0032': calls }, [contactId])).toMatchObject({ in: true });
  });

  it('asks the record that an id names, before others that only mention it', () => {
    const hub = record({ [contactId]: '0032', email: 'ann@other.example.com' });

    expect(wantedOf({ ...contacts, 'hub:contact:9': hub }, [contactId])).toMatchObject({
      keys: [{ value: '0032' }],
    });
  });

  it('asks all records that state an id which names none of them, or only one without an address', () => {
    const user = { type: 'user_id', value: 'u1' };
    const web = record({ user_id: 'u1' });
    const member = record({ user_id: 'u1', email: 'ann@new.example.com' }, young.consent);
    const silent = record({ user_id: 'u1', email: 'ann@other.example.com' });

    for (const fragments of [{ 'mail:member:a': member }, { 'web:user:u1': web, 'mail:member:a': member }]) {
      expect(wantedOf(fragments, ['user_id'])).toMatchObject(sent([user], 'ann@new.example.com'));
      expect(wantedOf({ ...fragments, 'crm:contact:1': silent }, ['user_id'])).toMatchObject({ reason: 'no-consent' });
    }
  });

  it('takes an address that a limit refused or an unmerge took away for one at which the record is reached', () => {
    const refused = identifierKey({ type: 'email', value: 'ann@old.example.com' });
    const unsure = record({ [contactId]: '0031', email: 'ann@old.example.com' });
    const fragments = {
      'salesforce:contact:0031': unsure,
      'form:response:1': record({ [contactId]: '0031', email: 'ann@new.example.com' }, young.consent),
    };
    const taken = { ...fragments, 'salesforce:contact:0031': { ...unsure, taken: { [refused]: [5, true] as const } } };

    expect(wantedOf(fragments, [contactId], { refused: [refused] })).toMatchObject({ reason: 'no-consent' });
    expect(wantedOf(taken, [contactId])).toMatchObject({ reason: 'no-consent' });
  });

  it('prefers the willing address beside which keys of better types stand, then the first', () => {
    const agreed = (address: string) => [statement(address, 'granted')];
    const fragments = {
      'form:response:1': record({ email: 'ann@form.example.com' }, agreed('ann@form.example.com'), 0),
      'salesforce:contact:0032': young,
    };

    expect(wantedOf(fragments, [contactId, 'email'])).toMatchObject(
      sent(
        [
          { type: contactId, value: '0032' },
          { type: 'email', value: 'ann@new.example.com' },
        ],
        'ann@new.example.com',
      ),
    );
    expect(wantedOf(fragments, ['email'])).toMatchObject({ keys: [{ value: 'ann@form.example.com' }] });
  });

  it('shows the statement of the address that is sent, where another kind of address agreed too', () => {
    const both = record({ email: 'ann@new.example.com', phone: '+4915112345678' }, [
      statement('ann@new.example.com', 'granted'),
      statement('+4915112345678', 'granted'),
    ]);

    expect(wantedOf({ 'crm:contact:1': both }, ['phone'])).toMatchObject(
      sent([{ type: 'phone', value: '+4915112345678' }], '+4915112345678'),
    );
  });
});

describe('an audience without needs', () => {
  it('sends the first identifier of each type, whatever was said', () => {
    expect(wantedOf(contacts, [contactId, 'email'], {}, {})).toEqual({
      in: true,
      keys: [
        { type: contactId, value: '0031' },
        { type: 'email', value: 'ann@old.example.com' },
      ],
    });
  });
});

const emails = ['ann@example.com', 'ann@example.org', 'ann@example.net'];
const ids = ['1', '2', '3'];
const phones = ['+4915112345678', '+4915187654321'];

const anyRecord = fc
  .record({
    object: fc.constantFrom('salesforce:contact', 'form:response', 'web:user'),
    number: fc.constantFrom(...ids),
    email: fc.constantFrom(...emails, undefined),
    phone: fc.constantFrom(...phones, undefined, undefined),
    contact: fc.constantFrom(...ids, undefined),
    user: fc.constantFrom(...ids, undefined, undefined),
    at: fc.integer({ min: 1, max: 4 }),
    said: fc.array(
      fc.record({
        address: fc.constantFrom(...emails, ...phones),
        state: fc.constantFrom('granted' as const, 'granted' as const, 'denied' as const),
        topic: fc.constantFrom('email', 'advertising'),
        day: fc.integer({ min: 1, max: 9 }),
      }),
      { maxLength: 4 },
    ),
  })
  .map(({ object, number, email, phone, contact, user, at, said }): [FragmentId, Fragment] => {
    const stated = Object.entries({ email, phone, [contactId]: contact, user_id: user });
    const told = stated.flatMap(([type, value]) => (value === undefined ? [] : [[type, value] as const]));
    const consent = said.map(({ address, state, topic, day }) =>
      statement(address, state, { topic, at: `2026-11-0${day}T00:00:00.000Z` }),
    );
    return [`${object}:${number}`, record(Object.fromEntries(told), consent, at)];
  });

const anyNeeds: fc.Arbitrary<AudienceDefinition['needs']> = fc.constantFrom(
  { subscribed: 'email' },
  { consent: ['advertising'] },
  { subscribed: 'email', consent: ['advertising'] },
);
const anyMatch = fc.shuffledSubarray(['email', 'phone', contactId, 'user_id'], { minLength: 1 });

describe('whoever is sent by a key', () => {
  it('has an address that agreed in a record with that key, in no record that it names one that refused', () => {
    let reached = 0;
    fc.assert(
      fc.property(fc.array(anyRecord, { maxLength: 5 }), anyNeeds, anyMatch, (list, needs, match) => {
        const fragments = Object.fromEntries(list);
        const wanted = wantedOf(fragments, match, {}, needs);
        if (wanted?.in !== true) return;
        reached += 1;

        const statements = consentOf({ fragments });
        const topics = [needs.subscribed, ...(needs.consent ?? [])].filter((topic) => topic !== undefined);
        const agrees = (address: string) => topics.every((topic) => effectiveConsent(statements, address, topic, NOW));
        const refuses = (address: string) =>
          topics.some(
            (topic) =>
              !effectiveConsent(statements, address, topic, NOW) &&
              statements.some((one) => one.address === address && one.topic === topic),
          );
        const statedBy = (fragment: Fragment | undefined) =>
          fragment === undefined ? [] : evidenceOf(fragment).map(({ identifier }) => identifier);
        const has = (fragment: Fragment | undefined, key: Identifier) =>
          statedBy(fragment).some((one) => identifierKey(one) === identifierKey(key));
        const addressesIn = (fragment: Fragment | undefined) =>
          statedBy(fragment).flatMap(({ type, value }) => (type === 'email' || type === 'phone' ? [value] : []));

        for (const key of wanted.keys) {
          const records = Object.values(fragments).filter((one) => has(one, key));
          expect(records.flatMap(addressesIn).some(agrees)).toBe(true);
          if (key.type === 'email' || key.type === 'phone') {
            expect(agrees(key.value)).toBe(true);
            continue;
          }
          // The id and the address that is relied on stand in one record.
          const address = wanted.consent?.address ?? '';
          expect(records.some((one) => addressesIn(one).includes(address))).toBe(true);
          for (const [name, one] of Object.entries(fragments)) {
            if (!has(one, key) || !name.endsWith(`:${key.value}`)) continue;
            expect(addressesIn(one).some(refuses)).toBe(false);
            if (addressesIn(one).length > 0) expect(addressesIn(one).some(agrees)).toBe(true);
          }
        }
        expect(agrees(wanted.consent?.address ?? '')).toBe(true);
      }),
      { numRuns: 1_000 },
    );
    expect(reached).toBeGreaterThan(100);
  });

  it('is sent by the same keys in whatever order the records came', () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { maxLength: 5 }), anyNeeds, anyMatch, (list, needs, match) => {
        const fragments = Object.entries(Object.fromEntries(list));
        const turned = fragments
          .reverse()
          .map(([name, one]) => [name, { ...one, consent: [...one.consent].reverse() }]);

        expect(wantedOf(Object.fromEntries(turned), match, {}, needs)).toEqual(
          wantedOf(Object.fromEntries(list), match, {}, needs),
        );
      }),
      { numRuns: 500 },
    );
  });
});
