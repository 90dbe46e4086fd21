import { describe, expect, it } from 'vitest';
import type { Identifier } from '../../lib/domain/change.ts';
import { type CheckedRow, cureOf, healsTooMany, judgeRow, nameAbsence } from '../../lib/domain/truth.ts';

const SINCE = 1_000;
const key = (value: string): Identifier => ({ type: 'email', value });
const ann = [key('ann@example.com')];
const wanted = { in: true, keys: ann } as const;
const out = { in: false, reason: 'not-in-segment' } as const;
const told = (given: Partial<NonNullable<CheckedRow['told']>> = {}) => ({
  in: true,
  keys: ann,
  outcome: 'applied',
  at: 1,
  ...given,
});
const row = (given: Partial<CheckedRow>): CheckedRow => ({ wanted, pending: false, ...given });

describe('judgeRow', () => {
  it.each([
    ['is there as we believe', row({ told: told() }), 'reachable', { is: 'agrees' }],
    ['is missing', row({ told: told() }), undefined, { is: 'absent' }],
    ['is there and unsubscribed', row({ told: told() }), 'unsubscribed', { is: 'differs', as: 'unsubscribed' }],
    [
      'is there and unsubscribed, as the row knows',
      row({ told: told({ outcome: 'refused', code: 'unsubscribed' }) }),
      'unsubscribed',
      { is: 'known', as: 'unsubscribed' },
    ],
    ['is there although nobody wants it', row({ wanted: out }), 'reachable', { is: 'differs', as: 'added-by-hand' }],
    [
      'is there although we took it off',
      row({ wanted: out, told: told({ in: false }) }),
      'reachable',
      { is: 'differs', as: 'added-by-hand' },
    ],
    ['is neither wanted nor there', row({ wanted: out, told: told({ in: false }) }), undefined, { is: 'agrees' }],
    ['waits to be added', row({ pending: true }), undefined, { is: 'waits' }],
    ['waits to be removed', row({ wanted: out, told: told(), pending: true }), 'reachable', { is: 'waits' }],
    [
      'was in a batch whose answer is missing, and is not there',
      row({ told: told({ outcome: 'retry' }), pending: true }),
      undefined,
      { is: 'differs', as: 'lost-in-failed-batch' },
    ],
    [
      'was in a batch whose answer is missing, and is there',
      row({ told: told({ outcome: 'retry' }), pending: true }),
      'reachable',
      { is: 'waits' },
    ],
    [
      'was never found',
      row({ told: told({ in: false, outcome: 'unmatched' }) }),
      undefined,
      { is: 'known', as: 'never-matched' },
    ],
    [
      'was refused by its status',
      row({ told: told({ in: false, outcome: 'refused', code: 'cleaned' }) }),
      undefined,
      { is: 'known', as: 'cleaned' },
    ],
    [
      'is there although we failed to take it off',
      row({ wanted: out, told: told({ outcome: 'rejected', code: 'tool/broken' }) }),
      'reachable',
      { is: 'differs', as: 'not-removed' },
    ],
    [
      'is there unsubscribed although we failed to take it off',
      row({ wanted: out, told: told({ outcome: 'refused', code: 'unsubscribed' }) }),
      'unsubscribed',
      { is: 'differs', as: 'not-removed' },
    ],
    [
      'was put there by hand and may stay',
      row({ wanted: out, told: told({ outcome: 'unchanged', code: 'verify/added-by-hand' }) }),
      'reachable',
      { is: 'agrees' },
    ],
    ['was sent while the list was read', row({ told: told({ at: SINCE }) }), undefined, { is: 'moved' }],
  ] as const)('says of somebody who %s: %j', (_words, given, listed, verdict) => {
    expect(judgeRow(given, listed, 'mirror', SINCE)).toEqual(verdict);
  });

  it('expects nothing of who has left an audience that only adds', () => {
    const left = row({ wanted: out, told: told() });

    expect(judgeRow(left, 'reachable', 'add-only', SINCE)).toEqual({ is: 'agrees' });
    expect(judgeRow(left, undefined, 'add-only', SINCE)).toEqual({ is: 'agrees' });
  });
});

describe('nameAbsence', () => {
  it.each([
    ['reachable', 'removed-by-hand'],
    ['unknown', 'forgotten'],
    ['unsubscribed', 'unsubscribed'],
    ['cleaned', 'cleaned'],
  ])('calls who is %s: %s', (standing, as) => {
    expect(nameAbsence(row({ told: told() }), standing)).toEqual({ is: 'differs', as });
  });
});

describe('cureOf', () => {
  const removed = row({ told: told() });
  const added = row({ wanted: out, told: told({ in: false }) });

  it('does nothing when it only reports', () => {
    expect(cureOf(removed, 'removed-by-hand', 'report', 'mirror')).toBeUndefined();
  });

  it('has who was taken off by hand put back, or lets them be', () => {
    const code = 'verify/removed-by-hand';

    expect(cureOf(removed, 'removed-by-hand', 'restore', 'mirror')).toEqual({
      told: { in: false, keys: ann, outcome: 'unmatched', code },
      pending: true,
    });
    expect(cureOf(removed, 'removed-by-hand', 'adopt', 'mirror')).toEqual({
      told: { in: false, keys: ann, outcome: 'refused', code },
      pending: false,
    });
  });

  it('has who was put on by hand taken off, but not where nobody is ever removed', () => {
    const there = { in: true, keys: ann, outcome: 'unchanged', code: 'verify/added-by-hand' };

    expect(cureOf(added, 'added-by-hand', 'restore', 'mirror')).toEqual({ told: there, pending: true });
    expect(cureOf(added, 'added-by-hand', 'restore', 'add-only')).toEqual({ told: there, pending: false });
    expect(cureOf(added, 'added-by-hand', 'adopt', 'mirror')).toEqual({ told: there, pending: false });
  });

  it.each(['restore', 'adopt'] as const)('has whom nobody wants any more taken off by the next push: %s', (heal) => {
    const stuck = row({ wanted: out, told: told({ outcome: 'rejected' }) });

    expect(cureOf(stuck, 'not-removed', heal, 'mirror')).toEqual({
      told: { in: true, keys: ann, outcome: 'rejected', code: 'verify/not-removed' },
      pending: true,
    });
  });

  it.each(['restore', 'adopt'] as const)('never undoes the word of the person or the tool: %s', (heal) => {
    const left = cureOf(removed, 'unsubscribed', heal, 'mirror');
    const gone = cureOf(removed, 'forgotten', heal, 'mirror');

    expect(left).toEqual({ told: { in: true, keys: ann, outcome: 'refused', code: 'unsubscribed' }, pending: false });
    expect(gone).toEqual({ told: { in: false, keys: ann, outcome: 'refused', code: 'forgotten' }, pending: false });
  });
});

describe('healsTooMany', () => {
  const limits = { maxAdd: 0.2, maxRemove: 0.05 };

  it.each([
    [{ 'added-by-hand': 10, 'removed-by-hand': 10 }, 'restore', false],
    [{ 'added-by-hand': 51 }, 'restore', true],
    [{ 'removed-by-hand': 51 }, 'restore', false],
    [{ 'removed-by-hand': 201 }, 'restore', true],
    [{ 'removed-by-hand': 51 }, 'adopt', true],
    [{ 'added-by-hand': 51 }, 'adopt', false],
    [{ unsubscribed: 40, cleaned: 11 }, 'restore', true],
    [{ 'not-removed': 51 }, 'adopt', true],
    [{ 'lost-in-failed-batch': 900 }, 'restore', false],
  ] as const)('judges %j under %s of a list of 1,000: %s', (counts, heal, over) => {
    expect(healsTooMany(counts, heal, 1_000, limits)).toBe(over);
  });
});
