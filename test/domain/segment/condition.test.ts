import { describe, expect, it } from 'vitest';
import { parseCondition } from '../../../lib/domain/segment/condition.ts';
import type { ConditionProblem } from '../../../lib/domain/segment/problem.ts';
import { makeChance } from './random-cases.ts';

describe('parseCondition', () => {
  it('gives back the condition as written', () => {
    const condition = { all: [{ trait: 'plan', is: 'pro' }, { not: { did: 'Order Completed' } }] };

    expect(parseCondition(condition)).toEqual({ ok: true, condition });
  });

  it.each<[string, unknown, ConditionProblem]>([
    [
      'a near miss of a key',
      { did: 'Order Completed', witihn: '30 days' },
      {
        path: ['witihn'],
        atKey: true,
        code: 'segment/unknown-key',
        found: '"witihn"',
        expected:
          'did, where, within, between, from, to, calendar, count, sum, avg, min, max, distinct, first, last, regularly, followed_by or not_followed_by',
        suggestion: 'within',
      },
    ],
    [
      'a near miss of a leaf',
      { all: [{ trai: 'plan', is: 'pro' }] },
      {
        path: ['all', 0, 'trai'],
        atKey: true,
        code: 'segment/unknown-key',
        found: '"trai"',
        expected: 'all, any, not, trait, did, has_been, segment, consent, subscribed or bucket',
        suggestion: 'trait',
      },
    ],
    [
      'a bad duration',
      { did: 'Order Completed', within: '30 dayz' },
      {
        path: ['within'],
        code: 'segment/bad-duration',
        found: '"30 dayz"',
        expected: 'a number of minutes, hours, days or weeks, such as "30 days"',
        suggestion: '30 days',
      },
    ],
    [
      'a month, which has no fixed length',
      { trait: 'seen_at', within_last: '2 months' },
      {
        path: ['within_last'],
        code: 'segment/bad-duration',
        found: '"2 months"',
        expected: 'a number of minutes, hours, days or weeks, such as "30 days"',
        suggestion: '60 days',
      },
    ],
    [
      'a date where an instant belongs',
      { trait: 'since', before: '2026-01-01' },
      {
        path: ['before'],
        code: 'segment/bad-instant',
        found: '"2026-01-01"',
        expected: 'an instant (RFC 3339), such as 2026-11-21T00:00:00Z',
        suggestion: '2026-01-01T00:00:00Z',
      },
    ],
    [
      'a list after is',
      { trait: 'country', is: ['DE', 'AT'] },
      {
        path: ['is'],
        code: 'segment/wrong-type',
        found: 'a list',
        expected: 'a text, a number, true or false',
        suggestion: 'in',
      },
    ],
    [
      'two operators',
      { trait: 'age', gte: 18, lt: 65 },
      {
        path: [],
        code: 'segment/conflicting-keys',
        found: 'gte and lt',
        expected:
          'one of is, is_not, in, not_in, exists, contains, not_contains, starts_with, ends_with, matches, gt, gte, lt, lte, between, before, after, within_last, within_next, more_than_ago, anniversary_within',
      },
    ],
    [
      'an expression that cannot run in linear time',
      { any: [{ trait: 'title', matches: '(a)\\1' }] },
      {
        path: ['any', 0, 'matches'],
        code: 'segment/bad-pattern',
        found: '"(a)\\\\1" (invalid escape sequence: `\\1`)',
        expected: 'a linear-time regular expression (RE2): no back-references, no look-around',
      },
    ],
    [
      'a calendar of hours',
      { did: 'A', within: '6 hours', calendar: 'Europe/Berlin' },
      {
        path: ['calendar'],
        code: 'segment/bad-calendar',
        found: 'a calendar beside 6 hours',
        expected: 'a length in days or weeks beside a calendar',
      },
    ],
    [
      'an unknown zone',
      { did: 'A', within: '6 days', calendar: 'Europe/Atlantis' },
      {
        path: ['calendar'],
        code: 'segment/bad-zone',
        found: '"Europe/Atlantis"',
        expected: 'a time zone such as Europe/Berlin, or true for the workspace’s own',
      },
    ],
    [
      'a share without its sign',
      { bucket: { salt: 'a', from: '0%', to: 10 } },
      {
        path: ['bucket', 'to'],
        code: 'segment/bad-percent',
        found: '10',
        expected: 'a share from 0% to 100%',
        suggestion: '10%',
      },
    ],
    [
      'a range the wrong way round',
      { trait: 'age', between: [65, 18] },
      {
        path: ['between'],
        code: 'segment/bad-range',
        found: '[65,18]',
        expected: 'the smaller end first',
        suggestion: '[18,65]',
      },
    ],
    [
      'two leaves in one map',
      { trait: 'plan', is: 'pro', did: 'A' },
      {
        path: [],
        code: 'segment/conflicting-keys',
        found: 'trait and did',
        expected: 'one of them; put both in a list under all',
      },
    ],
    [
      'an empty list',
      { all: [] },
      { path: ['all'], code: 'segment/empty', found: 'an empty list', expected: 'at least one condition' },
    ],
  ])('names %s', (_what, condition, problem) => {
    expect(parseCondition(condition)).toEqual({ ok: false, problems: [problem] });
  });

  it('names every problem, not only the first', () => {
    const parsed = parseCondition({ all: [{ did: 'A', within: 'x' }, { not: { trait: 'a', gt: 'b' } }, 3] });

    expect(parsed.ok ? [] : parsed.problems.map(({ path }) => path.join('.'))).toEqual([
      'all.0.within',
      'all.1.not.gt',
      'all.2',
    ]);
  });

  it('refuses a condition that nests without end', () => {
    let condition: unknown = { did: 'A' };
    for (let level = 0; level < 200; level += 1) condition = { not: condition };

    expect(parseCondition(condition)).toMatchObject({ ok: false, problems: [{ code: 'segment/too-large' }] });
  });

  it('never throws, whatever it is given', () => {
    const chance = makeChance(11);
    const words = [
      'all',
      'any',
      'not',
      'trait',
      'did',
      'is',
      'within',
      'count',
      'where',
      'has_been',
      'for',
      'bucket',
      'first',
      'sum',
      'calendar',
      'regularly',
      '__proto__',
    ];
    const odd = (depth: number): unknown => {
      const kind = chance.whole(depth === 0 ? 5 : 7);
      if (kind < 5) return [null, '30 days', 3, true, undefined][kind];
      if (kind === 5) return Array.from({ length: chance.whole(3) }, () => odd(depth - 1));
      return Object.fromEntries(
        Array.from({ length: 1 + chance.whole(3) }, () => [chance.pick(words), odd(depth - 1)]),
      );
    };

    for (let round = 0; round < 20_000; round += 1) expect(() => parseCondition(odd(4))).not.toThrow();
  });
});
