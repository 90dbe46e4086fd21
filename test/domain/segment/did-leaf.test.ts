import { describe, expect, it } from 'vitest';
import type { Json } from '../../../lib/domain/json.ts';
import { ask, did, holdsFor } from './ask.ts';

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
