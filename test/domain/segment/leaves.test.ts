import { describe, expect, it } from 'vitest';
import type { Json } from '../../../lib/domain/json.ts';
import { compile } from '../../../lib/domain/segment/compile.ts';
import { evaluateDocument, readDocument } from '../../../lib/domain/segment/document.ts';
import type { Condition } from '../../../lib/domain/segment.ts';

const NOW = '2026-11-21T12:00:00.000Z';

/** Member and flip of one condition for one person. */
function ask(when: Json, profile: Json, now = NOW): { member: boolean; flips_at: string | null } {
  const program = compile([{ segment: 'asked', when: when as Condition }], { timezone: 'Europe/Berlin' });
  const read = readDocument(profile);
  if (!read.ok) throw new Error(read.reason);
  const { member, flips_at } = evaluateDocument(program, read.document, Date.parse(now));
  return { member, flips_at };
}

function did(...done: readonly (readonly [at: string, properties?: Json])[]): Json {
  return { activities: done.map(([at, properties = {}]) => ({ name: 'Bought', at, properties })) };
}

function holdsFor(leaf: Json, profile: Json): boolean {
  return ask(leaf, profile).member;
}

describe('a trait leaf', () => {
  it.each<[string, Json, Json, boolean]>([
    ['is: without regard to case', { trait: 'a', is: 'customer' }, 'Customer', true],
    ['is: in composed form', { trait: 'a', is: 'müller' }, 'MU\u0308LLER', true],
    ['is: exact case', { trait: 'a', is: 'customer', case: 'exact' }, 'Customer', false],
    ['is: exact case, composed', { trait: 'a', is: 'ü', case: 'exact' }, 'u\u0308', true],
    ['is: any element of a list', { trait: 'a', is: 'x' }, ['y', 'X'], true],
    ['is: no conversion', { trait: 'a', is: 10 }, '10', false],
    ['is: false is a value', { trait: 'a', is: false }, false, true],
    ['is_not: another type is not it', { trait: 'a', is_not: 10 }, '10', true],
    ['is_not: no element of the list', { trait: 'a', is_not: 'x' }, ['y', 'X'], false],
    ['in: one of them', { trait: 'a', in: ['x', 3] }, 3, true],
    ['not_in: none of them', { trait: 'a', not_in: ['x', 3] }, 'y', true],
    ['exists: an empty list is a value', { trait: 'a', exists: true }, [], true],
    ['exists: null is none', { trait: 'a', exists: true }, null, false],
    ['contains: part of a text', { trait: 'a', contains: 'PROC' }, 'Head of procurement', true],
    ['contains: element, not part of an element', { trait: 'a', contains: 'cyc' }, ['cycling'], false],
    ['not_contains: element', { trait: 'a', not_contains: 'cycling' }, ['Cycling'], false],
    ['starts_with', { trait: 'a', starts_with: 'head of' }, 'Head of sales', true],
    ['starts_with: a list is no text', { trait: 'a', starts_with: 'head' }, ['head'], false],
    ['ends_with', { trait: 'a', ends_with: '@EXAMPLE.com' }, 'ann@example.com', true],
    ['ends_with: Greek, whose last s differs', { trait: 'a', starts_with: 'ΟΔΟΣ' }, 'οδοσα', true],
    ['matches: anywhere', { trait: 'a', matches: 'sales|purchas' }, 'Head of Purchasing', true],
    ['matches: bound to the ends', { trait: 'a', matches: '^sales$' }, 'Head of sales', false],
    ['gt', { trait: 'a', gt: 5 }, 5, false],
    ['gte', { trait: 'a', gte: 5 }, 5, true],
    ['lt: a text is no number', { trait: 'a', lt: 5 }, '4', false],
    ['lte', { trait: 'a', lte: 5 }, 5, true],
    ['between: both ends', { trait: 'a', between: [5, 7] }, 7, true],
    [
      'between: instants',
      { trait: 'a', between: ['2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z'] },
      '2026-02-01T01:00:00+01:00',
      true,
    ],
    ['before', { trait: 'a', before: '2026-01-01T00:00:00Z' }, '2026-01-01T00:00:00Z', false],
    ['after', { trait: 'a', after: '2026-01-01T00:00:00Z' }, '2026-01-01T00:00:00.001Z', true],
  ])('%s', (_name, leaf, value, member) => {
    expect(holdsFor(leaf, { traits: { a: value } })).toBe(member);
  });

  it.each(['is_not', 'not_in', 'not_contains', 'exists'])('%s holds where there is no value', (operator) => {
    const operand = { is_not: 'x', not_in: ['x'], not_contains: 'x', exists: false }[operator] as Json;

    expect(holdsFor({ trait: 'a', [operator]: operand }, {})).toBe(true);
  });

  it('reads a path through maps, and a path that is one key', () => {
    const leaf = { trait: 'address.country', is: 'DE' };

    expect(holdsFor(leaf, { traits: { address: { country: 'DE' } } })).toBe(true);
    expect(holdsFor(leaf, { traits: { 'address.country': 'DE' } })).toBe(true);
    expect(holdsFor({ trait: '__proto__.x', exists: true }, { traits: {} })).toBe(false);
  });

  it.each<[string, Json, string, boolean, string | null]>([
    ['within_last: includes now', { within_last: '1 day' }, NOW, true, '2026-11-22T12:00:00.000Z'],
    ['within_last: leaves at t + W', { within_last: '1 day' }, '2026-11-20T12:00:00.000Z', false, null],
    [
      'within_last: a millisecond before',
      { within_last: '1 day' },
      '2026-11-20T12:00:00.001Z',
      true,
      '2026-11-21T12:00:00.001Z',
    ],
    ['within_last: comes', { within_last: '1 day' }, '2026-11-23T12:00:00.000Z', false, '2026-11-23T12:00:00.000Z'],
    ['more_than_ago: at W', { more_than_ago: '1 day' }, '2026-11-20T12:00:00.000Z', true, null],
    ['more_than_ago: later', { more_than_ago: '1 day' }, '2026-11-21T00:00:00.000Z', false, '2026-11-22T00:00:00.000Z'],
    ['within_next: at W', { within_next: '1 day' }, '2026-11-22T12:00:00.000Z', true, '2026-11-22T12:00:00.000Z'],
    ['within_next: not now', { within_next: '1 day' }, NOW, false, null],
    ['within_next: enters', { within_next: '1 day' }, '2026-11-24T12:00:00.000Z', false, '2026-11-23T12:00:00.000Z'],
    [
      'within_last: calendar days',
      { within_last: '1 day', calendar: 'Europe/Berlin' },
      '2026-11-20T23:00:00.000Z',
      true,
      '2026-11-21T23:00:00.000Z',
    ],
    [
      'within_last: yesterday by the calendar',
      { within_last: '1 day', calendar: 'Europe/Berlin' },
      '2026-11-20T22:59:59.999Z',
      false,
      null,
    ],
    [
      'within_next: what is left of today',
      { within_next: '1 day', calendar: true },
      '2026-11-21T22:59:59.999Z',
      true,
      '2026-11-21T22:59:59.999Z',
    ],
    [
      'anniversary_within: this week',
      { anniversary_within: '7 days' },
      '1990-11-25T00:00:00.000Z',
      true,
      '2026-11-25T00:00:00.000Z',
    ],
    ['anniversary_within: enters', { anniversary_within: '7 days' }, '1990-12-25', false, '2026-12-18T00:00:00.000Z'],
    [
      'anniversary_within: today by the calendar',
      { anniversary_within: '1 day', calendar: true },
      '1990-11-21',
      true,
      '2026-11-21T23:00:00.000Z',
    ],
    [
      'anniversary_within: 29 February on the 28th',
      { anniversary_within: '1 day', calendar: 'UTC' },
      '1988-02-29',
      false,
      '2027-02-28T00:00:00.000Z',
    ],
  ])('%s', (_name, test, value, member, flips_at) => {
    expect(ask({ trait: 'a', ...(test as object) }, { traits: { a: value } })).toEqual({ member, flips_at });
  });

  it('keeps 29 February in a leap year', () => {
    const leaf = { trait: 'a', anniversary_within: '1 day', calendar: 'UTC' };

    expect(ask(leaf, { traits: { a: '1988-02-29' } }, '2028-02-28T12:00:00Z')).toEqual({
      member: false,
      flips_at: '2028-02-29T00:00:00.000Z',
    });
  });
});

describe('a did leaf', () => {
  it.each<[string, Json, Json, boolean, string | null]>([
    ['ever', {}, did(['2001-01-01T00:00:00Z']), true, null],
    ['never', {}, did(), false, null],
    ['not before its time', {}, did(['2026-11-22T00:00:00Z']), false, '2026-11-22T00:00:00.000Z'],
    ['leaves at t + W', { within: '1 day' }, did(['2026-11-20T12:00:00Z']), false, null],
    ['in a day', { within: '1 day' }, did(['2026-11-20T12:00:00.001Z']), true, '2026-11-21T12:00:00.001Z'],
    [
      'the second newest decides',
      { within: '10 days', count: { at_least: 2 } },
      did(['2026-11-19T00:00:00Z'], ['2026-11-20T00:00:00Z'], ['2026-11-13T00:00:00Z']),
      true,
      '2026-11-29T00:00:00.000Z',
    ],
    ['none is at most 0', { within: '10 days', count: { at_most: 0 } }, did(['2026-11-01T00:00:00Z']), true, null],
    [
      'enough to break at most 1',
      { within: '10 days', count: { at_most: 1 } },
      did(['2026-11-19T00:00:00Z'], ['2026-11-20T00:00:00Z']),
      false,
      '2026-11-29T00:00:00.000Z',
    ],
    [
      'exactly',
      { count: { exactly: 1 }, within: '10 days' },
      did(['2026-11-19T00:00:00Z'], ['2026-11-13T00:00:00Z']),
      false,
      '2026-11-23T00:00:00.000Z',
    ],
    [
      'fixed dates, both ends',
      { between: ['2026-11-19T00:00:00Z', '2026-11-20T00:00:00Z'], count: { exactly: 2 } },
      did(['2026-11-19T00:00:00Z'], ['2026-11-20T00:00:00Z']),
      true,
      null,
    ],
    [
      'a past range',
      { from: '3 days ago', to: '1 day ago' },
      did(['2026-11-20T12:00:00Z']),
      true,
      '2026-11-23T12:00:00.000Z',
    ],
    [
      'a past range comes',
      { from: '3 days ago', to: '1 day ago' },
      did(['2026-11-21T00:00:00Z']),
      false,
      '2026-11-22T00:00:00.000Z',
    ],
    [
      'calendar days',
      { within: '2 days', calendar: 'Europe/Berlin' },
      did(['2026-11-19T23:00:00Z']),
      true,
      '2026-11-21T23:00:00.000Z',
    ],
    [
      'where',
      { where: { kind: { is: 'shoes' }, value: { gt: 10 } } },
      did(['2026-11-19T00:00:00Z', { kind: 'Shoes', value: 11 }]),
      true,
      null,
    ],
    [
      'where all must pass',
      { where: { kind: { is: 'shoes' }, value: { gt: 10 } } },
      did(['2026-11-19T00:00:00Z', { kind: 'Shoes', value: 10 }]),
      false,
      null,
    ],
    [
      'where moves with time',
      { where: { due: { within_next: '1 day' } } },
      did(['2026-11-19T00:00:00Z', { due: '2026-11-22T00:00:00Z' }]),
      true,
      '2026-11-22T00:00:00.000Z',
    ],
    [
      'sum',
      { sum: { property: 'v', gte: 3 }, within: '10 days' },
      did(['2026-11-19T00:00:00Z', { v: 2 }], ['2026-11-13T00:00:00Z', { v: 1 }]),
      true,
      '2026-11-23T00:00:00.000Z',
    ],
    [
      'sum of tenths',
      { sum: { property: 'v', is: 1 } },
      did(...Array.from({ length: 10 }, (_, day) => [`2026-11-${10 + day}T00:00:00Z`, { v: 0.1 }] as const)),
      true,
      null,
    ],
    ['sum of nothing is 0', { sum: { property: 'v', lt: 1 } }, did(), true, null],
    [
      'avg of nothing is none',
      { avg: { property: 'v', lt: 1 } },
      did(['2026-11-19T00:00:00Z', { v: '0' }]),
      false,
      null,
    ],
    ['avg is_not, of nothing', { avg: { property: 'v', is_not: 1 } }, did(), true, null],
    [
      'min',
      { min: { property: 'v', gte: 2 }, within: '10 days' },
      did(['2026-11-19T00:00:00Z', { v: 2 }], ['2026-11-13T00:00:00Z', { v: 1 }]),
      false,
      '2026-11-23T00:00:00.000Z',
    ],
    ['max', { max: { property: 'v', between: [1, 2] } }, did(['2026-11-19T00:00:00Z', { v: 2 }]), true, null],
    [
      'distinct, without case',
      { distinct: { property: 'k', gte: 2 } },
      did(['2026-11-19T00:00:00Z', { k: 'a' }], ['2026-11-18T00:00:00Z', { k: 'A' }]),
      false,
      null,
    ],
    [
      'distinct, exact',
      { distinct: { property: 'k', gte: 2, case: 'exact' } },
      did(['2026-11-19T00:00:00Z', { k: 'a' }], ['2026-11-18T00:00:00Z', { k: 'A' }]),
      true,
      null,
    ],
    [
      'first',
      { first: { within_last: '7 days' } },
      did(['2026-11-19T00:00:00Z'], ['2026-01-01T00:00:00Z']),
      false,
      null,
    ],
    [
      'last',
      { last: { more_than_ago: '7 days' } },
      did(['2026-11-19T00:00:00Z'], ['2026-01-01T00:00:00Z']),
      false,
      '2026-11-26T00:00:00.000Z',
    ],
    [
      'regularly',
      { regularly: { in: 2, of: '3 weeks' } },
      did(['2026-11-19T00:00:00Z'], ['2026-11-06T00:00:00Z']),
      true,
      '2026-11-27T00:00:00.000Z',
    ],
  ])('%s', (_name, leaf, profile, member, flips_at) => {
    expect(ask({ did: 'Bought', ...(leaf as object) }, profile)).toEqual({ member, flips_at });
  });

  const cart = (...done: readonly (readonly [name: string, at: string])[]): Json => ({
    activities: done.map(([name, at]) => ({ name, at })),
  });
  const abandoned = { did: 'Cart', within: '7 days', not_followed_by: { did: 'Bought', within: '1 day' } };
  const converted = { did: 'Cart', within: '7 days', followed_by: { did: 'Bought', within: '1 day' } };

  it.each<[string, Json, Json, boolean, string | null]>([
    [
      'abandons after the time has passed',
      abandoned,
      cart(['Cart', '2026-11-21T00:00:00Z']),
      false,
      '2026-11-22T00:00:00.000Z',
    ],
    [
      'is abandoned until the window ends',
      abandoned,
      cart(['Cart', '2026-11-20T00:00:00Z']),
      true,
      '2026-11-27T00:00:00.000Z',
    ],
    [
      'is not abandoned when bought in time',
      abandoned,
      cart(['Cart', '2026-11-20T00:00:00Z'], ['Bought', '2026-11-21T00:00:00Z']),
      false,
      null,
    ],
    [
      'is abandoned when bought too late',
      abandoned,
      cart(['Cart', '2026-11-20T00:00:00Z'], ['Bought', '2026-11-21T00:00:00.001Z']),
      true,
      '2026-11-27T00:00:00.000Z',
    ],
    [
      'judges each cart by itself',
      abandoned,
      cart(['Cart', '2026-11-18T00:00:00Z'], ['Bought', '2026-11-18T01:00:00Z'], ['Cart', '2026-11-19T00:00:00Z']),
      true,
      '2026-11-26T00:00:00.000Z',
    ],
    [
      'follows',
      converted,
      cart(['Cart', '2026-11-20T00:00:00Z'], ['Bought', '2026-11-20T00:00:01Z']),
      true,
      '2026-11-27T00:00:00.000Z',
    ],
    [
      'does not follow at the same instant',
      converted,
      cart(['Cart', '2026-11-20T00:00:00Z'], ['Bought', '2026-11-20T00:00:00Z']),
      false,
      null,
    ],
    [
      'will follow',
      converted,
      cart(['Cart', '2026-11-21T00:00:00Z'], ['Bought', '2026-11-21T18:00:00Z']),
      false,
      '2026-11-21T18:00:00.000Z',
    ],
  ])('%s', (_name, leaf, profile, member, flips_at) => {
    expect(ask(leaf, profile)).toEqual({ member, flips_at });
  });

  it('counts activities of one id once', () => {
    const twice = { activities: [1, 2].map(() => ({ id: 'same', name: 'Bought', at: '2026-11-20T00:00:00Z' })) };

    expect(holdsFor({ did: 'Bought', count: { at_least: 2 } }, twice)).toBe(false);
  });

  it('takes a day of 25 hours as one day of the calendar', () => {
    const leaf = { did: 'Bought', within: '1 day', calendar: 'Europe/Berlin' };

    expect(ask(leaf, did(['2026-10-24T22:00:00Z']), '2026-10-25T12:00:00Z')).toEqual({
      member: true,
      flips_at: '2026-10-25T23:00:00.000Z',
    });
  });
});

describe('the other leaves', () => {
  it('has_been holds once the value has stood long enough', () => {
    const leaf = { has_been: { trait: 'stage', is: 'trial', for: '30 days' } };
    const profile = { traits: { stage: 'Trial' }, since: { stage: '2026-11-01T00:00:00Z' } };

    expect(ask(leaf, profile)).toEqual({ member: false, flips_at: '2026-12-01T00:00:00.000Z' });
    expect(ask(leaf, profile, '2026-12-01T00:00:00Z')).toEqual({ member: true, flips_at: null });
    expect(ask({ has_been: { trait: 'stage', is: 'trial' }, for: '30 days' }, profile)).toEqual(ask(leaf, profile));
    expect(ask(leaf, { traits: { stage: 'trial' } })).toEqual({ member: false, flips_at: null });
  });

  it('segment asks the document', () => {
    expect(holdsFor({ segment: 'readers' }, { segments: ['readers'] })).toBe(true);
    expect(holdsFor({ segment: 'readers' }, {})).toBe(false);
  });

  it('consent and subscribed follow the person’s own word', () => {
    const said = (state: string, at: string, by = 'person'): Json => ({
      address: 'ann@example.com',
      topic: 'email',
      state,
      at,
      source: 'form',
      by,
    });

    expect(holdsFor({ subscribed: 'email' }, {})).toBe(false);
    expect(holdsFor({ subscribed: 'email' }, { consent: [said('granted', '2026-01-01T00:00:00Z')] })).toBe(true);
    expect(
      holdsFor(
        { consent: 'email' },
        { consent: [said('denied', '2026-01-01T00:00:00Z'), said('granted', '2026-02-01T00:00:00Z', 'company')] },
      ),
    ).toBe(false);
  });

  it('bucket takes its share of people, always the same ones', () => {
    const leaf = (from: string, to: string): Json => ({ bucket: { salt: 'spring', from, to } });
    const people = Array.from({ length: 2000 }, (_, index) => ({ id: `person-${index}` }));
    const inside = people.filter((person) => holdsFor(leaf('0%', '10%'), person)).length;

    expect(inside).toBeGreaterThan(150);
    expect(inside).toBeLessThan(250);
    for (const person of people.slice(0, 50)) {
      expect([leaf('0%', '30%'), leaf('30%', '100%')].filter((half) => holdsFor(half, person))).toHaveLength(1);
    }
  });
});

describe('flips_at', () => {
  it('walks over breaks at which the whole does not change', () => {
    const when = {
      any: [
        { did: 'Bought', within: '2 days' },
        { did: 'Bought', within: '9 days' },
      ],
    };

    expect(ask(when, did(['2026-11-20T12:00:00Z']))).toEqual({ member: true, flips_at: '2026-11-29T12:00:00.000Z' });
  });

  it('is null when two breaks cancel out', () => {
    const when = {
      any: [
        { trait: 'a', within_last: '1 day' },
        { trait: 'a', more_than_ago: '1 day' },
      ],
    };

    expect(ask(when, { traits: { a: '2026-11-21T00:00:00Z' } })).toEqual({ member: true, flips_at: null });
  });

  it('is null beyond ten years', () => {
    const at = (year: number): Json => ({ traits: { a: `${year}-01-01T00:00:00Z` } });

    expect(ask({ trait: 'a', within_next: '1 day' }, at(2036)).flips_at).toBe('2035-12-31T00:00:00.000Z');
    expect(ask({ trait: 'a', within_next: '1 day' }, at(2037)).flips_at).toBeNull();
  });
});
