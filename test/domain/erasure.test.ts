import { describe, expect, it } from 'vitest';
import type { ConsentStatement, Identifier, PersonChange } from '../../lib/domain/change.ts';
import { afterErasure, isOwnWord, openMatcher } from '../../lib/domain/erasure.ts';
import { type IdentityKey, indexKey } from '../../lib/domain/identifier.ts';

const ERASED = Date.parse('2026-11-21T12:00:00.000Z');
const BEFORE = '2026-11-21T12:00:00.000Z';
const AFTER = '2026-11-21T12:00:00.001Z';
/** When the changes are judged. */
const NOW = Date.parse('2026-11-22T00:00:00.000Z');
const LATER = '2062-11-21T12:00:00.000Z';
const email: Identifier = { type: 'email', value: 'ann@example.com' };
const phone: Identifier = { type: 'phone', value: '+4930111111' };

const profile = (fragment: string, at: string, more: Partial<PersonChange> = {}): PersonChange =>
  ({ kind: 'profile', fragment, at, identifiers: [email], traits: { email: email.value }, ...more }) as PersonChange;
const activity = (fragment: string, at: string, more: Partial<PersonChange> = {}): PersonChange =>
  ({ kind: 'activity', fragment, at, id: 'a', name: 'Opened', identifiers: [email], ...more }) as PersonChange;
const consent = (state: ConsentStatement['state'], by: ConsentStatement['by'], at: string) => ({
  consent: [{ address: email.value, topic: 'email', state, by, at, source: 'form' }],
});

describe('isOwnWord', () => {
  it.each([
    ['a record of the CRM, changed later', profile('crm:contact:1', AFTER), false],
    ['a record of the newsletter, changed later', profile('mail:member:a', AFTER), false],
    ['an e-mail opened later', activity('mail:member:a', AFTER), false],
    ['a record that is gone', { kind: 'gone', fragment: 'crm:contact:1', at: AFTER }, false],
    [
      'a record that is gone, whoever says so',
      { kind: 'gone', fragment: 'web:user:1', at: AFTER, by: 'person' },
      false,
    ],
    ['what our collector heard at that instant', profile('web:user:1', BEFORE), false],
    ['what our collector heard later', profile('web:user:1', AFTER), true],
    ['a page viewed later', activity('web:anonymous:x', AFTER), true],
    ['a form filled in later', profile('survey:answer:1', AFTER, { by: 'person' }), true],
    ['a form filled in before', profile('survey:answer:1', BEFORE, { by: 'person' }), false],
    ['a subscription of the person, later', profile('mail:member:a', AFTER, consent('granted', 'person', AFTER)), true],
    [
      'an old subscription in a record changed later',
      profile('mail:member:a', AFTER, consent('granted', 'person', BEFORE)),
      false,
    ],
    ['a refusal of the person, later', profile('mail:member:a', AFTER, consent('denied', 'person', AFTER)), false],
    ["a company's tick, later", profile('crm:contact:1', AFTER, consent('granted', 'company', AFTER)), false],
    [
      'a subscription dated later than now',
      profile('mail:member:a', AFTER, consent('granted', 'person', LATER)),
      false,
    ],
    ['a form dated later than now', profile('survey:answer:1', LATER, { by: 'person' }), false],
  ] as const)('%s', (_what, change, expected) => {
    expect(isOwnWord(change, ERASED, NOW)).toBe(expected);
  });
});

describe('afterErasure', () => {
  const nobody = { now: NOW, identifier: () => undefined, stated: () => false };

  it('leaves a change alone that meets no tombstone', () => {
    const change = profile('crm:contact:1', BEFORE);

    expect(afterErasure(change, nobody)).toBe(change);
  });

  it('drops what tells of an erased record or identifier, before and later', () => {
    for (const at of [BEFORE, AFTER]) {
      const change = profile('crm:contact:1', at);
      expect(afterErasure(change, { ...nobody, record: ERASED })).toBeUndefined();
      expect(afterErasure(change, { ...nobody, identifier: () => ERASED })).toBeUndefined();
    }
  });

  it('drops what is dated after the erasure and later than now: it may have been said before', () => {
    const change = profile('mail:member:a', BEFORE, consent('granted', 'person', LATER));
    const met = { ...nobody, record: ERASED, identifier: () => ERASED };

    expect(afterErasure(change, met)).toBeUndefined();
    expect(afterErasure(change, { ...met, now: Date.parse(LATER) })).toBe(change);
  });

  it("keeps the person's own later word whole", () => {
    const change = profile('web:user:1', AFTER);

    expect(afterErasure(change, { ...nobody, record: ERASED, identifier: () => ERASED })).toBe(change);
  });

  it("keeps a living person's record without the erased one's identifier", () => {
    const change = profile('crm:contact:6', AFTER, {
      identifiers: [email, phone],
      ...consent('granted', 'company', AFTER),
    } as Partial<PersonChange>);
    const tombstones = {
      now: NOW,
      stated: () => true,
      identifier: ({ type }: Identifier) => (type === 'email' ? ERASED : undefined),
    };

    expect(afterErasure(change, tombstones)).toEqual({ ...change, identifiers: [phone], consent: [] });
    expect(afterErasure(change, { ...tombstones, stated: () => false })).toBeUndefined();
  });
});

describe('openMatcher', () => {
  const key: IdentityKey = {
    secret: 'the second key, which is long enough to be one',
    generation: 2,
    former: [{ secret: 'the first key, which is long enough to be one', generation: 1 }],
  };
  const former = key.former?.[0] ?? key;

  it('finds an address anywhere in a record, in whatever case, under every generation', () => {
    for (const generation of [key, former]) {
      const mentions = openMatcher([indexKey(email, generation)], key);

      expect(mentions({ a: [{ b: ' Ann@Example.com ' }] })).toBe(true);
      expect(mentions({ a: [{ b: 'bob@example.com' }], n: 7, none: null })).toBe(false);
    }
  });

  it('finds a number with whatever stands around it, and in the form in which it was always kept', () => {
    const mentions = openMatcher(
      ['+4930111111', '+49030222222'].map((value) => indexKey({ type: 'phone', value }, key)),
      key,
    );

    expect(mentions({ note: '+49 30 111111 ext. 12 (reception)' })).toBe(true);
    expect(mentions({ phone: '+49030222222' })).toBe(true);
    expect(mentions({ phone: '+49 30 333333' })).toBe(false);
  });

  it('does not take a short number that is in every record for an id', () => {
    const mentions = openMatcher([indexKey({ type: 'user_id', value: '9' }, key)], key);

    expect(mentions({ rating: 9 })).toBe(false);
  });
});
