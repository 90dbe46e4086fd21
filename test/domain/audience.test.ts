import { describe, expect, it } from 'vitest';
import { decideReach, sameWanted, type TraitOf } from '../../lib/domain/audience.ts';
import type { ConsentStatement } from '../../lib/domain/change.ts';
import type { AudienceDefinition } from '../../lib/domain/definitions.ts';
import { emptyFragment } from '../../lib/domain/fragment.ts';
import { newProfile, type Profile } from '../../lib/domain/profile.ts';
import { openWays } from '../../lib/domain/reach.ts';

const NOW = Date.parse('2026-11-21T00:00:00.000Z');

const audience: AudienceDefinition = {
  audience: 'to-ads',
  segment: 'customers',
  connection: 'ads',
  target: {},
  match: ['email'],
  mode: 'mirror',
  needs: { consent: ['advertising'] },
  holdout: 0,
  when: undefined,
};
const granted = (address: string, topic = 'advertising'): ConsentStatement => ({
  address,
  topic,
  state: 'granted',
  at: '2026-11-01T00:00:00.000Z',
  source: 'form',
  by: 'person',
});

/** Somebody with two addresses, of which `ann@example.com` was stated first. */
function person(...consent: readonly ConsentStatement[]): Profile {
  const one = { ...emptyFragment, identifiers: { email: { 'ann@example.com': [1, 1] as const } } };
  const two = { ...emptyFragment, identifiers: { email: { 'ann@example.org': [2, 2] as const } }, consent };
  return { ...newProfile('p_1'), fragments: { 'crm:contact:1': one, 'form:reply:2': two } };
}

const nothing: TraitOf = () => undefined;

describe('decideReach', () => {
  it('carries the fields of what an addition makes: traits as they stand, what is missing left out', () => {
    const fields = {
      Stage__c: { trait: 'lifecycle_stage' },
      Topics__c: { trait: 'topics' },
      City__c: { trait: 'address.city' },
      Source__c: { value: 'tributary' },
    };
    const traits: Readonly<Record<string, string | string[] | null>> = {
      lifecycle_stage: 'customer',
      topics: ['price', 'delivery'],
      'address.city': null,
    };
    const who = person(granted('ann@example.com'));

    const wanted = decideReach({ ...audience, fields }, openWays(who, NOW), true, (path) => traits[path]);

    expect(wanted).toMatchObject({
      in: true,
      fields: { Stage__c: 'customer', Topics__c: ['price', 'delivery'], Source__c: 'tributary' },
    });
    expect(wanted.in && Object.keys(wanted.fields ?? {})).not.toContain('City__c');
    expect(sameWanted(wanted, decideReach({ ...audience, fields }, openWays(who, NOW), true, nothing))).toBe(false);
    expect(decideReach(audience, openWays(who, NOW), true, nothing)).not.toHaveProperty('fields');
  });

  it("sends the address that consented to the purpose, not the person's first one", () => {
    const wanted = decideReach(audience, openWays(person(granted('ann@example.org')), NOW), true, nothing);

    expect(wanted).toMatchObject({ in: true, keys: [{ type: 'email', value: 'ann@example.org' }] });
    expect(wanted.in && wanted.consent?.address).toBe('ann@example.org');
  });

  it('wants nobody whose consents are on different addresses', () => {
    const both = { ...audience, needs: { subscribed: 'email', consent: ['advertising'] } };
    const split = person(granted('ann@example.com', 'email'), granted('ann@example.org'));

    expect(decideReach(both, openWays(split, NOW), true, nothing)).toEqual({ in: false, reason: 'no-consent' });
  });
});
