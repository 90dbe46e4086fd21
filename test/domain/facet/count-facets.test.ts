import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addCounts, addPerson, type FacetCounts, noFacets } from '../../../lib/domain/facet/count-facets.ts';
import type { Facets, FacetValue } from '../../../lib/domain/facet/facets.ts';
import { emptyFragment } from '../../../lib/domain/fragment.ts';

const at = (day: number): string => `2026-11-${String(day).padStart(2, '0')}T00:00:00.000Z`;

const value = (source: string, day: number, losers: FacetValue['losers'] = []): FacetValue => {
  return { name: 'x', title: 'X', value: 1, source, at: at(day), losers };
};

const none: Facets = {
  ...{ identity: [], demographic: [], geographic: [], firmographic: [], behavioural: [], implicit: [], explicit: [] },
};

describe('addPerson', () => {
  it('counts a person once for a kind and once for each source, those that lost too, with the newest of each', () => {
    const loser = { value: 2, source: 'mail:member:1', at: at(9) };
    const facets = { ...none, demographic: [value('crm:contact:1', 1, [loser]), value('crm:contact:2', 3)] };

    expect(addPerson(noFacets, facets, {})).toEqual({
      ...noFacets,
      demographic: { people: 1, sources: { crm: { people: 1, newest: at(3) }, mail: { people: 1, newest: at(9) } } },
    });
  });

  it('counts what is computed here as its own source', () => {
    const counts = addPerson(noFacets, { ...none, implicit: [value('computed', 2)] }, {});

    expect(counts.implicit.sources).toEqual({ computed: { people: 1, newest: at(2) } });
  });

  it('knows behaviour by what a record remembers of activities', () => {
    const did = { ...emptyFragment, did: { leaf: [[Date.parse(at(5)), 'e1'] as const] } };
    const visited = { ...emptyFragment, visits: { first: 0, slots: [[Date.parse(at(6)), 0] as const] } };

    const counts = addPerson(noFacets, none, { 'crm:contact:1': did, 'web:user:u': visited, 'x:y:z': emptyFragment });

    expect(counts.behavioural).toEqual({
      people: 1,
      sources: { crm: { people: 1, newest: at(5) }, web: { people: 1, newest: at(6) } },
    });
  });
});

describe('addCounts', () => {
  const person = fc
    .array(fc.tuple(fc.constantFrom('crm:contact:1', 'mail:member:1', 'computed'), fc.integer({ min: 1, max: 28 })))
    .map((values): Facets => ({ ...none, explicit: values.map(([source, day]) => value(source, day)) }));
  const counted = (people: readonly Facets[]): FacetCounts =>
    people.reduce((counts, facets) => addPerson(counts, facets, {}), noFacets);

  it('of any parts in any order is what one walk over everybody would have counted', () => {
    fc.assert(
      fc.property(fc.array(person), fc.array(person), (some, others) => {
        const whole = counted([...some, ...others]);

        expect(addCounts(counted(some), counted(others))).toEqual(whole);
        expect(addCounts(counted(others), counted(some))).toEqual(whole);
      }),
    );
  });
});
