import { describe, expect, it } from 'vitest';
import type { ActivityChange, PersonChange, ProfileChange, Reading, VoidedChange } from '../../lib/domain/change.ts';
import { compileDefinitions, decide } from '../../lib/domain/decide.ts';
import { evidenceOf } from '../../lib/domain/evidence.ts';
import { emptyFragment, type Fragment, foldFragment, isBlank } from '../../lib/domain/fragment.ts';
import { newProfile } from '../../lib/domain/profile.ts';
import { definitions, NOW, rules } from '../pipeline/world.ts';

const instant = (hour: number): string => new Date(NOW + hour * 3_600_000).toISOString();
const reading = (hour: number): Reading => ({ stream: 'contacts', hour: instant(-100), at: instant(hour) });
const fragment = 'crm:contact:1';

/** What the former mapping made, at -50; the replay was asked for at -10. */
const former: ProfileChange = {
  kind: 'profile',
  fragment,
  at: instant(-60),
  read: reading(-50),
  identifiers: [{ type: 'email', value: 'ann@example.com' }],
  traits: { stage: 'lead' },
  consent: [
    { address: 'ann@example.com', topic: 'email', state: 'granted', at: instant(-60), source: 'form', by: 'company' },
  ],
};
const act: ActivityChange = {
  kind: 'activity',
  fragment,
  at: instant(-55),
  id: 'a1',
  name: 'Opened',
  identifiers: [{ type: 'member', value: 'm1' }],
};
const word: VoidedChange = {
  kind: 'voided',
  fragment,
  at: instant(-10),
  stream: 'contacts',
  since: instant(-100),
  until: instant(-10),
  record: true,
};

function fold(...changes: readonly PersonChange[]): Fragment {
  return changes.reduce((held, change) => foldFragment(held, change, rules), emptyFragment);
}

function segmentsOf(...fragments: readonly Fragment[]): readonly string[] {
  const segments = [{ segment: 'no-customers', when: { not: { trait: 'stage', is: 'customer' } } }];
  const compiled = compileDefinitions({ ...definitions, segments, audiences: [] });
  const held = Object.fromEntries(fragments.map((one, at) => [`crm:contact:${at + 1}`, one]));
  return Object.keys(decide({ ...newProfile('p_1'), fragments: held }, compiled, NOW).profile.memberships);
}

describe('a record that a full replay did not tell again', () => {
  it('says nothing any more, and its person is in no segment, not even of who is not something', () => {
    const nothing = fold(former, word);

    expect(isBlank(nothing)).toBe(true);
    expect(evidenceOf(nothing)).toEqual([]);
    expect(segmentsOf(fold(former))).toEqual(['no-customers']);
    expect(segmentsOf(nothing)).toEqual([]);
    expect(segmentsOf(nothing, fold({ ...former, fragment: 'crm:contact:2' }))).toEqual(['no-customers']);
  });

  it('stays so when a message of the former reading comes late, and is told anew by a later one', () => {
    const later = { ...former, traits: { stage: 'customer' }, read: reading(-1) };

    expect(fold(former, word, former)).toEqual(fold(former, word));
    expect(fold(word, former)).toEqual(fold(word));
    expect(fold(former, word, later).traits).toEqual({ stage: ['customer', NOW - 60 * 3_600_000, 1] });
  });

  it('keeps a refusal with the address that it is about', () => {
    const [granted] = former.consent ?? [];
    const denied = { ...granted, state: 'denied' } as NonNullable<typeof granted>;

    const held = fold({ ...former, consent: [denied] }, word);

    expect(held).toMatchObject({ traits: {}, consent: [{ state: 'denied' }] });
    expect(evidenceOf(held).map(({ identifier }) => identifier)).toEqual(former.identifiers);
  });

  it('is told of by the activities that stand, with what they state', () => {
    const held = fold(former, act, word, act);

    expect(isBlank(held)).toBe(false);
    expect(evidenceOf(held).map(({ identifier }) => identifier)).toEqual(act.identifiers);
  });
});

it('a record that the replay told again keeps what it says, and loses what only void activities stated', () => {
  const again: ProfileChange = { ...former, whole: true, read: reading(-5) };
  const late: ActivityChange = { ...act, at: instant(-20), read: { ...reading(-50), stream: 'acts' } };

  const held = fold(former, late, again, word);

  expect(held.traits).toEqual({ stage: ['lead', NOW - 60 * 3_600_000, 1] });
  expect(evidenceOf(held).map(({ identifier }) => identifier)).toEqual(former.identifiers);
});
