import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOneEdit } from '../../../lib/domain/duplicate/agreement.ts';
import { blockKeys, mostInBlock } from '../../../lib/domain/duplicate/blocks.ts';
import { type Comparable, changesLikeness } from '../../../lib/domain/duplicate/comparable.ts';
import { compare as compareBy, suggestAmong } from '../../../lib/domain/duplicate/suggest.ts';
import { defaultWeights } from '../../../lib/domain/duplicate/weights.ts';
import type { Json } from '../../../lib/domain/json.ts';
import { person } from './people.ts';

const home = { 'address.postal_code': '10115', 'address.city': 'Berlin' };
const house = { ...home, 'address.street': 'Chausseestr. 12' };
const ann = person(
  '1',
  { first_name: 'Ann', last_name: 'Müller', birthday: '1980-07-01', ...house },
  { identifiers: { email: 'ann.mueller@example.com' } },
);
const compare = (a: Comparable, b: Comparable) => compareBy(a, b, defaultWeights);

describe('compare', () => {
  const alike: [string, Comparable][] = [
    ['other accents, the same place', person('2', { first_name: 'Ann', last_name: 'Muller', ...home })],
    [
      'a slip in the name, the same mailbox elsewhere',
      person('2', { first_name: 'Ann', last_name: 'Müler' }, { identifiers: { email: 'ann.mueller@example.org' } }),
    ],
    ['a middle name in one field', person('2', { name: 'Ann Katrin Müller', ...home })],
    ['names that changed places', person('2', { first_name: 'Mueller', last_name: 'Ann', ...home })],
    [
      'another name and home, the same birthday and mailbox',
      person(
        '2',
        { first_name: 'Ann', last_name: 'Abt', birthday: '1980-07-01' },
        { identifiers: { email: 'ann.mueller@example.org' } },
      ),
    ],
    [
      'day and month that changed places',
      person('2', { first_name: 'Ann', last_name: 'Müller', birthday: '19800107', ...home }),
    ],
  ];
  it.each(alike)('finds one person with %s', (_, other) => {
    expect(compare(ann, other)?.score).toBeGreaterThan(0.85);
  });

  const unlike: [string, Comparable][] = [
    ['the name alone', person('2', { first_name: 'Ann', last_name: 'Müller' })],
    ['the household', person('2', { first_name: 'Peter', last_name: 'Müller', birthday: '1978-02-11', ...house })],
    ['a household without birthdays', person('2', { first_name: 'Peter', last_name: 'Müller', ...house })],
    ['the house', person('2', { first_name: 'Zoe', last_name: 'Abt', ...house })],
    ['nothing known', person('2', {})],
    ['an initial and a name', person('2', { first_name: 'A', last_name: 'Müller' })],
    ['the birthday alone', person('2', { first_name: 'Zoe', last_name: 'Abt', birthday: '1980-07-01' })],
  ];
  it.each(unlike)('finds two people in %s', (_, other) => {
    expect(compare(ann, other)?.score ?? 0).toBeLessThan(0.85);
  });

  it('names what speaks for it and against it, without a value; it adds up to the match weight', () => {
    const other = person('2', {
      first_name: 'Anne',
      last_name: 'Müller',
      'address.postal_code': '80331',
      'address.city': 'Berlin',
    });
    const likely = compare(ann, other);

    expect(likely?.reasons).toEqual([
      { about: 'last_name', agreement: 'same', bits: 9.81 },
      { about: 'first_name', agreement: 'close', bits: 3.32 },
      { about: 'address', agreement: 'city', bits: 2.32 },
    ]);
    const { same, together } = defaultWeights.share;
    const told = (likely?.reasons ?? []).reduce((sum, { bits }) => sum + bits, Math.log2(same / (1 - same - together)));
    expect(Math.abs((likely?.bits ?? 0) - told)).toBeLessThan(0.05);
  });

  it('takes away what a household explains as well', () => {
    const other = person('2', { first_name: 'Peter', last_name: 'Müller', ...house });

    expect(compare(ann, other)?.reasons.at(-1)).toMatchObject({
      about: 'together',
      bits: expect.any(Number) as number,
    });
    expect(compare(ann, other)?.reasons.at(-1)?.bits).toBeLessThan(-2);
  });

  it('never takes two known people for one', () => {
    const traits = { first_name: 'Ann', last_name: 'Müller', ...home };
    const [a, b] = ['u1', 'u2'].map((user) => person(user, traits, { identifiers: { user_id: user } }));
    const parted = person('3', traits, { apart: ['crm:contact:1'] });

    expect(a && b && compare(a, b)).toBeUndefined();
    expect([compare(ann, parted), compare(parted, ann)]).toEqual([undefined, undefined]);
  });

  it('compares numbers of one kind with each other only, slips allowed', () => {
    const holder = (id: string, card: Json, passport: Json) =>
      person(id, { last_name: 'Abt', card, passport }, { numbers: ['card', 'passport'] });
    const of = (a: Comparable, b: Comparable) => compare(a, b)?.reasons.find(({ about }) => about === 'number');

    expect(of(holder('1', '7364009', null), holder('2', '7364 009', null))?.agreement).toBe('same');
    expect(of(holder('1', '7364009', null), holder('2', '7364090', null))?.agreement).toBe('close');
    expect(of(holder('1', '7364009', 'X1'), holder('2', '5554321', 'X1'))?.agreement).toBe('same');
    expect(of(holder('1', '7364009', null), holder('2', null, '7364009'))).toBeUndefined();
  });
});

describe('isOneEdit', () => {
  it('is what a table of edits says', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme-ascii', maxLength: 6 }),
        fc.nat(5),
        fc.constantFrom(0, 1, 2, 3),
        (a, at, how) => {
          const [left, right] = [a.slice(0, at), a.slice(at)];
          const made = [`${left}#${right}`, `${left}${right.slice(1)}`, `${left}#${right.slice(1)}`][how];
          const turned = `${left}${right.slice(1, 2)}${right.slice(0, 1)}${right.slice(2)}`;

          expect(isOneEdit(a, made ?? turned)).toBe(true);
          expect(isOneEdit(made ?? turned, a)).toBe(true);
          expect(isOneEdit(a, `##${a}`)).toBe(false);
        },
      ),
    );
  });
});

describe('suggestAmong', () => {
  const names = ['Ann', 'Anne', 'Bob', 'Cyd', 'A'];
  const anyone = fc.record({
    first_name: fc.constantFrom(...names),
    last_name: fc.constantFrom('Müller', 'Mueller', 'Abt', 'Abts', 'Ann'),
    'address.postal_code': fc.constantFrom('10115', '80331', ''),
    'address.city': fc.constantFrom('Berlin', 'München'),
    birthday: fc.constantFrom('1980-07-01', '1980-01-07', ''),
    email: fc.constantFrom('ann.mueller@example.com', 'ann.mueller@example.org', 'info@example.com', 'x@example.com'),
  });

  it('is the same in every order, and names each pair once', () => {
    fc.assert(
      fc.property(fc.array(anyone, { maxLength: 12 }), (list) => {
        const people = list.map((traits, at) => person(String(at), traits));
        const { suggestions } = suggestAmong(people, 0.85, defaultWeights);

        expect(suggestAmong([...people].reverse(), 0.85, defaultWeights).suggestions).toEqual(suggestions);
        expect(new Set(suggestions.map(({ id }) => id)).size).toBe(suggestions.length);
        for (const { score } of suggestions) expect(score).toBeGreaterThanOrEqual(0.85);
      }),
    );
  });

  it('finds by blocks what comparing everybody with everybody finds, of people who have a name or a birthday in common', () => {
    // Who has a slip in each of the three is not looked for: that would take blocks which hold half the town.
    const common = ['first_name', 'last_name', 'birthday'] as const;
    fc.assert(
      fc.property(fc.array(anyone, { maxLength: 10 }), (list) => {
        const people = list.map((traits, at) => person(String(at), traits));
        const all = list.flatMap((a, at) =>
          list.slice(at + 1).flatMap((b, further) => {
            const [one, other] = [people[at], people[at + 1 + further]];
            if (one === undefined || other === undefined) return [];
            const alike = common.some((path) => a[path] !== '' && a[path] === b[path]);
            const likely = alike && (compare(one, other)?.score ?? 0) >= 0.95;
            return likely ? [[one.id, other.id].sort().join()] : [];
          }),
        );

        const { suggestions } = suggestAmong(people, 0.95, defaultWeights);
        const suggested = new Set(suggestions.map((one) => [...one.people].sort().join()));

        expect(all.filter((pair) => !suggested.has(pair))).toEqual([]);
      }),
    );
  });

  it('leaves out blocks that hold too many, and says how many', () => {
    const crowd = Array.from({ length: mostInBlock + 1 }, (_, at) =>
      person(`c${at}`, { first_name: 'Ann', last_name: 'Müller' }),
    );

    expect(suggestAmong(crowd, 0, defaultWeights)).toEqual({ suggestions: [], skipped: 2 });
  });
});

describe('blockKeys', () => {
  it('says nothing for an office, a short mailbox, half a name, or a house number without a street', () => {
    const nobody = [
      person('1', { first_name: 'Ann' }, { identifiers: { email: 'info@example.com' } }),
      person('1', { 'address.street': '12', 'address.city': 'Berlin' }, { identifiers: { email: 'ann@example.com' } }),
    ];

    expect(nobody.map(blockKeys)).toEqual([[], []]);
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

  it('is true for names, places, companies and declared numbers, and false for everything else', () => {
    const before = held({ last_name: 'Abt', score: 1, card: '1' });

    expect(changesLikeness(undefined, before)).toBe(true);
    expect(changesLikeness(undefined, held({ score: 1 }))).toBe(false);
    expect(changesLikeness(undefined, held({ card: '1' }), ['card'])).toBe(true);
    expect(changesLikeness(before, held({ last_name: 'Abt', score: 2, card: '2' }, 2))).toBe(false);
    expect(changesLikeness(before, held({ last_name: 'Abt', score: 2, card: '2' }, 2), ['card'])).toBe(true);
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
