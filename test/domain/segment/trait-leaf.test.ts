import { describe, expect, it } from 'vitest';
import type { Json } from '../../../lib/domain/json.ts';
import { ask, holdsFor, NOW } from './ask.ts';

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
