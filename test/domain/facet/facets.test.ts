import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ProfileChange } from '../../../lib/domain/change.ts';
import { traitReader } from '../../../lib/domain/decide.ts';
import { facetNames, openCatalogue, type TraitKinds } from '../../../lib/domain/facet/catalogue.ts';
import { type Facets, facetsOf } from '../../../lib/domain/facet/facets.ts';
import { emptyFragment, foldFragment } from '../../../lib/domain/fragment.ts';
import type { JsonObject } from '../../../lib/domain/json.ts';
import { newProfile, type Profile } from '../../../lib/domain/profile.ts';
import { effectiveTraits } from '../../../lib/domain/survivorship.ts';
import { loadRegions } from '../../../lib/pipeline/define/regions.ts';
import { definitions, rules } from '../../pipeline/world.ts';

const identity = { ...definitions.identity, priorities: {}, countries: { crm: 'DE' } };
const regions = await loadRegions();

const told = (fragment: string, at: string, traits: JsonObject): ProfileChange => ({
  kind: 'profile',
  fragment,
  at: `2026-11-${at}T00:00:00Z`,
  traits,
  identifiers: typeof traits.email === 'string' ? [{ type: 'email', value: traits.email }] : [],
});

function profileOf(changes: readonly ProfileChange[], accounts: Profile['accounts'] = {}): Profile {
  const fragments: Record<string, Profile['fragments'][string]> = {};
  for (const change of changes) {
    fragments[change.fragment] = foldFragment(fragments[change.fragment] ?? emptyFragment, change, rules);
  }
  return { ...newProfile('p_1'), fragments, accounts };
}

const plain = traitReader({ identity }, regions);

function facetsFor(profile: Profile, traits?: TraitKinds): Facets {
  const read = traits === undefined ? plain : traitReader({ identity, traits }, regions);
  const effective = effectiveTraits(profile, identity.priorities, read);
  return facetsOf(profile, effective, { total: 0 }, { catalogue: openCatalogue(traits), read });
}

const namesOf = (facets: Facets) =>
  Object.fromEntries(facetNames.map((facet) => [facet, facets[facet].map(({ name }) => name)]));

describe('facetsOf', () => {
  it('shows every value under its kind of data, custom traits by who told them', () => {
    const profile = profileOf(
      [
        told('crm:contact:1', '01', { email: 'ann@example.com', age: 41, title: 'Buyer', shoe_size: 38 }),
        told('typeform:response:9', '02', { favourite_colour: 'blue', 'address.city': 'Berlin' }),
        told('web:user:u1', '03', { theme: 'dark', plan: 'pro' }),
        { ...told('crm:contact:2', '04', {}), accounts: ['crm:account:7'] },
      ],
      { 'crm:account:7': { 'company.name': ['Acme', 1, 1], tier: ['gold', 1, 1] } },
    );

    expect(namesOf(facetsFor(profile))).toEqual({
      identity: ['email'],
      demographic: ['age'],
      geographic: ['address.city'],
      firmographic: ['company.name', 'tier', 'title'],
      behavioural: ['plan'],
      implicit: ['shoe_size'],
      explicit: ['favourite_colour', 'theme'],
    });
  });

  it('follows the workspace for its own traits, the longest beginning of a path first', () => {
    const profile = profileOf([told('crm:contact:1', '01', { scores: { fit: 3, shop: { last: 'x' } }, plan: 'pro' })]);
    const traits: TraitKinds = {
      scores: { facet: 'implicit', type: 'number' },
      'scores.shop': { facet: 'behavioural' },
      plan: { facet: 'firmographic', title: 'Contract' },
    };

    const facets = facetsFor(profile, traits);

    expect(facets.implicit).toMatchObject([{ name: 'scores.fit', type: 'number', value: 3 }]);
    expect(facets.behavioural.map(({ name }) => name)).toEqual(['scores.shop.last']);
    expect(facets.firmographic).toMatchObject([{ name: 'plan', title: 'Contract' }]);
  });

  it('keeps what does not fit its type as it was told and says so', () => {
    const profile = profileOf([
      told('crm:contact:1', '01', {
        age: '41',
        birthday: 'in May',
        phone: 'ask reception',
        address: { country: 'Atlantis' },
      }),
    ]);

    const { demographic, identity: who, geographic } = facetsFor(profile);

    expect([...demographic, ...who, ...geographic].map(({ name, value, mismatch }) => [name, value, mismatch])).toEqual(
      [
        ['age', '41', true],
        ['birthday', 'in May', true],
        ['phone', 'ask reception', true],
        ['address.country', 'Atlantis', true],
      ],
    );
  });

  it('shows values that lost, each with its source, its time and how it was told', () => {
    const profile = profileOf([
      told('crm:contact:1', '01', {
        email: 'Ann@Example.com',
        phone: '030 123456',
        address: { country: 'Deutschland', region: 'Bayern' },
      }),
      told('mail:member:a', '02', { email: 'ann@example.com', address: { country: 'Austria', region: 'Bayern' } }),
    ]);

    const facets = facetsFor(profile);

    expect(facets.geographic).toEqual([
      {
        name: 'address.country',
        title: 'Country, ISO 3166-1',
        type: 'country',
        value: 'AT',
        told: 'Austria',
        source: 'mail:member:a',
        at: '2026-11-02T00:00:00.000Z',
        losers: [{ value: 'DE', told: 'Deutschland', source: 'crm:contact:1', at: '2026-11-01T00:00:00.000Z' }],
      },
      {
        name: 'address.region',
        title: 'Region, ISO 3166-2',
        type: 'region',
        // There is no Bayern in Austria: a region is read in the country of its own record.
        value: 'Bayern',
        mismatch: true,
        source: 'mail:member:a',
        at: '2026-11-02T00:00:00.000Z',
        losers: [{ value: 'DE-BY', told: 'Bayern', source: 'crm:contact:1', at: '2026-11-01T00:00:00.000Z' }],
      },
    ]);
    expect(facets.identity).toMatchObject([
      { name: 'email', value: 'ann@example.com', losers: [{ value: 'ann@example.com', told: 'Ann@Example.com' }] },
      { name: 'phone', value: '+4930123456', told: '030 123456' },
    ]);
  });

  it('shows identifiers that are no trait with the record that stated them first', () => {
    const profile = profileOf([
      { ...told('crm:contact:1', '02', {}), identifiers: [{ type: 'user_id', value: 'u1' }] },
      { ...told('web:user:u1', '01', {}), identifiers: [{ type: 'user_id', value: 'u1' }] },
    ]);

    expect(facetsFor(profile).identity).toMatchObject([
      { name: 'user_id', value: 'u1', source: 'web:user:u1', at: '2026-11-01T00:00:00.000Z' },
    ]);
  });

  it('tells activities as a whole as behaviour', () => {
    const last = { name: 'Email Opened', at: '2026-11-05T00:00:00.000Z', fragment: 'mail:member:a' };
    const read = traitReader({ identity }, regions);

    const { behavioural } = facetsOf(
      newProfile('p_1'),
      new Map(),
      { total: 3, last },
      { catalogue: openCatalogue(), read },
    );

    expect(behavioural.map(({ name, value }) => [name, value])).toEqual([
      ['activities', 3],
      ['last_activity', 'Email Opened'],
      ['last_activity_at', '2026-11-05T00:00:00.000Z'],
    ]);
  });

  it('is the same in every order of the changes', () => {
    const countries = fc.constantFrom('DE', 'Germany', 'Österreich', 'nowhere', null);
    const changes = fc.array(
      fc
        .record({
          record: fc.constantFrom('crm:contact:1', 'mail:member:a', 'typeform:response:9'),
          day: fc.integer({ min: 1, max: 9 }),
          country: countries,
          region: fc.constantFrom('BY', 'Bayern', 'Wien'),
          phone: fc.constantFrom('030 123456', '+49 30 123456', 'none'),
        })
        .map(({ record, day, country, region, phone }) =>
          told(record, `0${day}`, { address: { country, region }, phone }),
        ),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(changes, fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (list, chances) => {
        const shuffled = list
          .map((change) => ({ change, at: chances.next().value as number }))
          .sort((a, b) => a.at - b.at)
          .map(({ change }) => change);

        expect(facetsFor(profileOf([...shuffled, ...list]))).toEqual(facetsFor(profileOf(list)));
      }),
    );
  });
});

describe('effectiveTraits', () => {
  it("lets an account tell of the company and the person's records of everything else", () => {
    const lead = told('crm:lead:1', '09', { company: { name: 'Acme (typed)' }, phone: '1' });
    const contact: ProfileChange = { ...told('crm:contact:1', '01', {}), accounts: ['crm:account:7'] };
    const accounts = {
      'crm:account:7': {
        'company.name': ['Acme', Date.parse('2026-11-02'), 1],
        phone: ['2', Date.parse('2026-11-20'), 1],
      },
    } as const;

    const traits = effectiveTraits(profileOf([lead, contact], accounts), {});

    expect(traits.get('company.name')).toMatchObject({ value: 'Acme', losers: [{ value: 'Acme (typed)' }] });
    expect(traits.get('phone')).toMatchObject({ value: '1', losers: [{ value: '2' }] });
  });

  it('asks the workspace first', () => {
    const typed = told('forms:response:1', '01', { company: { name: 'Typed' } });
    const contact: ProfileChange = { ...told('crm:contact:1', '01', {}), accounts: ['crm:account:7'] };
    const accounts = { 'crm:account:7': { 'company.name': ['Acme', Date.parse('2026-11-02'), 1] } } as const;

    const traits = effectiveTraits(profileOf([typed, contact], accounts), { 'company.name': ['forms', 'crm'] });

    expect(traits.get('company.name')?.value).toBe('Typed');
  });
});
