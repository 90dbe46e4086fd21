import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  blockKeys,
  type Comparable,
  changesLikeness,
  comparableOf,
  compare,
  mostInBlock,
  suggestAmong,
} from '../../lib/domain/duplicate.ts';
import type { Json } from '../../lib/domain/json.ts';

const person = (
  id: string,
  traits: Readonly<Record<string, Json>>,
  identifiers: Readonly<Record<string, string>> = {},
): Comparable =>
  comparableOf({
    id,
    fragments: [`crm:contact:${id}`],
    identifiers: Object.entries(identifiers).map(([type, value]) => ({ type, value })),
    trait: (path) => traits[path],
  });

const home = { 'address.postal_code': '10115', 'address.city': 'Berlin' };
const ann = person('1', { first_name: 'Ann', last_name: 'Müller', ...home }, { email: 'ann.mueller@example.com' });

describe('compare', () => {
  const alike: [string, Comparable][] = [
    ['other accents, the same place', person('2', { first_name: 'Ann', last_name: 'Muller', ...home })],
    [
      'a slip in the name, the same mailbox elsewhere',
      person('2', { first_name: 'Ann', last_name: 'Müler' }, { email: 'ann.mueller@example.org' }),
    ],
    ['a middle name in one field', person('2', { name: 'Ann Katrin Müller', ...home })],
  ];
  it.each(alike)('finds one person with %s', (_, other) => {
    expect(compare(ann, other)?.score).toBeGreaterThan(0.85);
  });

  const unlike: [string, Comparable][] = [
    ['the name alone', person('2', { first_name: 'Ann', last_name: 'Müller' })],
    ['the household', person('2', { first_name: 'Peter', last_name: 'Müller', ...home })],
    ['the house', person('2', { first_name: 'Zoe', last_name: 'Abt', ...home })],
    ['nothing known', person('2', {})],
    ['an initial and a name', person('2', { first_name: 'A', last_name: 'Müller' })],
  ];
  it.each(unlike)('finds two people in %s', (_, other) => {
    expect(compare(ann, other)?.score ?? 0).toBeLessThan(0.85);
  });

  it('names what speaks for it and against it, without a value', () => {
    const other = person('2', {
      first_name: 'Anne',
      last_name: 'Müller',
      'address.postal_code': '80331',
      'address.city': 'Berlin',
    });

    expect(compare(ann, other)?.reasons).toEqual([
      { about: 'last_name', similarity: 1, weight: 4 },
      { about: 'first_name', similarity: 0.942, weight: 3 },
      { about: 'postal_code', similarity: expect.any(Number) as number, weight: -1 },
      { about: 'city', similarity: 1, weight: 2 },
    ]);
  });

  it('never takes two known people for one', () => {
    const [a, b] = ['u1', 'u2'].map((user) =>
      person(user, { first_name: 'Ann', last_name: 'Müller', ...home }, { user_id: user }),
    );

    expect(a && b && compare(a, b)).toBeUndefined();
  });
});

describe('suggestAmong', () => {
  const names = ['Ann', 'Anne', 'Bob', 'Cyd', 'A'];
  const anyone = fc.record({
    first_name: fc.constantFrom(...names),
    last_name: fc.constantFrom('Müller', 'Mueller', 'Abt', 'Abts'),
    'address.postal_code': fc.constantFrom('10115', '80331', ''),
    'address.city': fc.constantFrom('Berlin', 'München'),
    email: fc.constantFrom('ann.mueller@example.com', 'ann.mueller@example.org', 'info@example.com', 'x@example.com'),
  });

  it('is the same in every order, and names each pair once', () => {
    fc.assert(
      fc.property(fc.array(anyone, { maxLength: 12 }), (list) => {
        const people = list.map((traits, at) => person(String(at), traits));
        const { suggestions } = suggestAmong(people, 0.85);

        expect(suggestAmong([...people].reverse(), 0.85).suggestions).toEqual(suggestions);
        expect(new Set(suggestions.map(({ id }) => id)).size).toBe(suggestions.length);
        for (const { score } of suggestions) expect(score).toBeGreaterThanOrEqual(0.85);
      }),
    );
  });

  it('finds by blocks what comparing everybody with everybody finds, for people alike enough to be suggested', () => {
    fc.assert(
      fc.property(fc.array(anyone, { maxLength: 10 }), (list) => {
        const people = list.map((traits, at) => person(String(at), traits));
        const all = people.flatMap((a, at) => people.slice(at + 1).filter((b) => (compare(a, b)?.score ?? 0) >= 0.95));

        expect(suggestAmong(people, 0.95).suggestions).toHaveLength(all.length);
      }),
    );
  });

  it('leaves out blocks that hold too many, and says how many', () => {
    const crowd = Array.from({ length: mostInBlock + 1 }, (_, at) =>
      person(`c${at}`, { first_name: 'Ann', last_name: 'Müller' }),
    );

    expect(suggestAmong(crowd, 0).skipped).toBe(1);
    expect(suggestAmong(crowd, 0).suggestions).toEqual([]);
  });
});

describe('blockKeys', () => {
  it('says nothing for an office, a short mailbox, or half a name', () => {
    expect(blockKeys(person('1', { first_name: 'Ann' }, { email: 'info@example.com' }))).toEqual([]);
    expect(blockKeys(person('1', {}, { email: 'ann@example.com' }))).toEqual([]);
  });

  it('takes a number with and without its country for the same', () => {
    const [here, there] = ['+4930123456', '030 / 12 34 56'].map((phone) => blockKeys(person('1', { phone })));

    expect(here).toEqual(there);
  });
});

describe('changesLikeness', () => {
  const held = (traits: Record<string, Json>, at = 1) => ({
    fragments: {
      'crm:contact:1': {
        traits: Object.fromEntries(Object.entries(traits).map(([path, value]) => [path, [value, at, 1] as const])),
      },
    },
    accounts: {},
  });

  it('is true for names, places and companies, and false for everything else', () => {
    const before = held({ last_name: 'Abt', score: 1 });

    expect(changesLikeness(undefined, before)).toBe(true);
    expect(changesLikeness(undefined, held({ score: 1 }))).toBe(false);
    expect(changesLikeness(before, held({ last_name: 'Abt', score: 2 }, 2))).toBe(false);
    expect(changesLikeness(before, held({ last_name: 'Abts', score: 1 }))).toBe(true);
    expect(changesLikeness(before, { ...before, accounts: { a: { 'company.name': ['Acme', 1, 1] } } })).toBe(true);
    expect(
      changesLikeness(before, {
        fragments: { ...before.fragments, ...held({}).fragments, x: { traits: {} } },
        accounts: {},
      }),
    ).toBe(true);
  });
});
