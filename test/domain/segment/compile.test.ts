import { describe, expect, it } from 'vitest';
import { compile, versionOf } from '../../../lib/domain/segment/compile.ts';
import { evaluate } from '../../../lib/domain/segment/evaluate.ts';
import { orderSegments, referencesOf } from '../../../lib/domain/segment/order.ts';
import type { PersonView } from '../../../lib/domain/segment/view.ts';
import type { Condition, SegmentDefinition } from '../../../lib/domain/segment.ts';

const options = { timezone: 'Europe/Berlin' };
const NOW = Date.parse('2026-11-21T12:00:00Z');

function segment(id: string, when: Condition): SegmentDefinition {
  return { segment: id, when };
}

function view(traits: Readonly<Record<string, string | number>>): PersonView & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    id: 'p',
    trait(path) {
      asked.push(path);
      return traits[path];
    },
    entries: () => [],
    consent: () => Number.POSITIVE_INFINITY,
    subscribed: () => Number.POSITIVE_INFINITY,
  };
}

describe('compile', () => {
  it('asks for a trait once, however many segments read it', () => {
    const definitions = ['pro', 'free', 'team'].flatMap((plan) => [
      segment(`is-${plan}`, { trait: 'plan', is: plan }),
      segment(`not-${plan}`, {
        all: [
          { trait: 'plan', is_not: plan },
          { trait: 'plan', exists: true },
        ],
      }),
    ]);
    const person = view({ plan: 'Pro' });

    const answers = [...evaluate(compile(definitions, options), person, NOW)];

    expect(person.asked).toEqual(['plan']);
    expect(answers.filter(([, { member }]) => member).map(([id]) => id)).toEqual(['is-pro', 'not-free', 'not-team']);
  });

  it('folds what can only answer in one way', () => {
    const pro = { trait: 'plan', is: 'pro' };
    const program = compile(
      [
        segment('always', { any: [pro, { did: 'A', count: { at_least: 0 } }] }),
        segment('never', { all: [pro, { not: pro }] }),
        segment('never-either', { all: [{ trait: 'plan', is_not: 'PRO' }, pro] }),
        segment('open', { all: [pro, { bucket: { salt: 's', from: '0%', to: '100%' } }] }),
      ],
      options,
    );

    expect(program.compiled.map(({ constant }) => constant)).toEqual([true, false, false, undefined]);
  });

  it('gives segments of equal meaning one root', () => {
    const [a, b, c] = compile(
      [
        segment('a', { all: [{ trait: 'plan', is: 'pro' }, { did: 'A' }] }),
        segment('b', { all: [{ all: [{ did: 'A', count: { at_least: 1 } }] }, { trait: 'plan', in: ['PRO'] }] }),
        segment('c', { not: { not: { segment: 'a' } } }),
      ],
      options,
    ).roots;

    expect([b, c]).toEqual([a, a]);
  });

  it('refuses a circle by name', () => {
    const circle = [
      segment('a', { segment: 'b' }),
      segment('b', { not: { segment: 'c' } }),
      segment('c', { any: [{ segment: 'a' }] }),
    ];

    expect(() => compile(circle, options)).toThrow('segments refer to each other in a circle: a → b → c → a');
  });

  it('refuses what parseCondition refuses, with its place', () => {
    const broken = [segment('a', { all: [{ did: 'A', within: '3 dayz' }] })];

    expect(() => compile(broken, options)).toThrow(
      expect.objectContaining({
        kind: 'config',
        code: 'segment/unreadable',
        message: expect.stringContaining('when.all.0.within'),
      }),
    );
  });

  it('refuses an instant that is none', () => {
    const program = compile([segment('a', { did: 'A' })], options);

    expect(() => evaluate(program, view({}), Number.NaN)).toThrow(expect.objectContaining({ code: 'segment/bad-now' }));
  });
});

describe('versionOf', () => {
  it('changes with the condition, not with the title or the order of keys', () => {
    const plain: SegmentDefinition = { segment: 'a', when: { trait: 'plan', is: 'pro' } };

    expect(versionOf({ ...plain, title: 'Pro' })).toBe(versionOf({ ...plain, when: { is: 'pro', trait: 'plan' } }));
    expect(versionOf(plain)).not.toBe(versionOf({ ...plain, when: { trait: 'plan', is: 'free' } }));
  });
});

describe('moves', () => {
  const { moves } = compile(
    [
      segment('city', { trait: 'address.city', is: 'Berlin' }),
      segment('bought', { did: 'Bought', followed_by: { did: 'Rated', within: '1 day' } }),
      segment('both', { all: [{ segment: 'city' }, { segment: 'bought' }, { subscribed: 'email' }] }),
      segment('vip', { any: [{ segment: 'elsewhere' }, { has_been: { trait: 'plan', is: 'pro', for: '3 days' } }] }),
    ],
    options,
  );

  it.each([
    ['a trait', 'traits', 'address.city', [0, 2]],
    ['a map around a trait', 'traits', 'address', [0, 2]],
    ['a trait of a longer name', 'traits', 'address.cityname', []],
    ['a trait of a shorter name', 'traits', 'addres', []],
    ['a dwelling trait', 'traits', 'plan', [3]],
    ['an activity', 'activities', 'Bought', [1, 2]],
    ['what follows', 'activities', 'Rated', [1, 2]],
    ['a channel', 'topics', 'email', [2]],
    ['a segment elsewhere', 'segments', 'elsewhere', [3]],
  ] as const)('names what %s moves', (_what, kind, name, positions) => {
    expect(moves[kind](name)).toEqual(positions);
  });
});

describe('orderSegments', () => {
  it('puts each segment after those it refers to', () => {
    const a = segment('a', { all: [{ segment: 'c' }, { segment: 'unknown' }] });
    const b = segment('b', { segment: 'a' });
    const c = segment('c', { did: 'A' });

    expect(orderSegments([b, a, c])).toEqual({ ok: true, order: [c, a, b] });
  });

  it('names a segment that refers to itself', () => {
    expect(orderSegments([segment('a', { not: { segment: 'a' } })])).toEqual({ ok: false, cycle: ['a', 'a'] });
  });

  it('reads references out of anything', () => {
    expect(
      referencesOf({ any: [{ segment: 'x' }, 3, null, { not: { all: [{ segment: 'y' }, { segment: 'x' }] } }] }),
    ).toEqual(['x', 'y']);
    expect(referencesOf('nothing')).toEqual([]);
  });
});
