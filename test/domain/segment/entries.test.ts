import { describe, expect, it } from 'vitest';
import { compile } from '../../../lib/domain/segment/compile.ts';
import { wholeEntries } from '../../../lib/domain/segment/document.ts';
import { cutEntries, type Entry, mergeEntries, observe } from '../../../lib/domain/segment/entries.ts';
import { evaluate } from '../../../lib/domain/segment/evaluate.ts';
import { type Keep, type LeafNeed, unmetNeeds } from '../../../lib/domain/segment/need.ts';
import { explain } from '../../../lib/domain/segment/receipt.ts';
import type { PersonView } from '../../../lib/domain/segment/view.ts';
import { shuffle } from './arrival.ts';
import { type Chance, makeChance } from './random-cases.ts';

const NOW = 1_000;

function need(keep: Partial<Keep>): LeafNeed {
  return { key: 'leaf', activity: 'Bought', keep: { latest: 0, oldest: false, window: 0, cap: 256, ...keep } };
}

function randomNeed(chance: Chance): LeafNeed {
  const latest = chance.whole(4);
  const window = chance.pick([0, 0, 100, 400, 'ever'] as const);
  return need({ latest, oldest: chance.happens(0.3), window, cap: chance.pick([256, latest + 1, latest + 3]) });
}

describe('cutEntries', () => {
  it('cuts a union of cut lists to what it cuts the union to', () => {
    for (let seed = 1; seed <= 4_000; seed += 1) {
      const chance = makeChance(seed);
      const wanted = randomNeed(chance);
      const all = Array.from(
        { length: chance.whole(14) },
        (_, index): Entry => [NOW - 700 + 50 * chance.whole(20), `e${index}`],
      );
      const cut = (entries: readonly Entry[], now = NOW): readonly Entry[] => cutEntries(wanted, entries, now);
      const whole = cut(mergeEntries([], all));
      let parts: readonly Entry[] = [];
      let other: readonly Entry[] = [];
      for (const entry of shuffle([...all, ...all.filter(() => chance.happens(0.4))], chance)) {
        if (chance.happens(0.5)) parts = mergeEntries(parts, [entry]);
        else other = mergeEntries(other, [entry]);
        if (chance.happens(0.3)) parts = cut(parts, NOW);
        if (chance.happens(0.3)) other = cut(other, NOW);
      }

      expect(cut(mergeEntries(cut(parts), other)), `seed ${seed}`).toEqual(whole);
      expect(cut(mergeEntries(other, parts)), `seed ${seed}`).toEqual(whole);
      expect(cut(whole)).toBe(whole);
    }
  });

  it('keeps the newest, what is in the window, the first, and the future', () => {
    const entries: Entry[] = [
      [1200, 'f'],
      [990, 'e'],
      [980, 'd'],
      [700, 'c'],
      [600, 'b'],
      [100, 'a'],
    ];

    expect(cutEntries(need({ latest: 1 }), entries, NOW).map(([, id]) => id)).toEqual(['f', 'e']);
    expect(cutEntries(need({ window: 300 }), entries, NOW).map(([, id]) => id)).toEqual(['f', 'e', 'd']);
    expect(cutEntries(need({ oldest: true }), entries, NOW).map(([, id]) => id)).toEqual(['f', 'a']);
    expect(cutEntries(need({ window: 'ever' }), entries, NOW)).toBe(entries);
  });

  it('marks from where on entries are missing, and forgets the mark once it does not matter', () => {
    const entries: Entry[] = [
      [990, 'c'],
      [980, 'b'],
      [970, 'a'],
    ];
    const cut = cutEntries(need({ window: 100, cap: 2 }), entries, NOW);

    expect(cut).toEqual([
      [990, 'c'],
      [980, 'b'],
      [970, ''],
    ]);
    expect(cutEntries(need({ window: 100, cap: 2 }), cut, 1_070)).toEqual([
      [990, 'c'],
      [980, 'b'],
    ]);
  });
});

describe('mergeEntries', () => {
  it('keeps the smallest instant of an id, newest first', () => {
    expect(
      mergeEntries(
        [[5, 'a']],
        [
          [3, 'a'],
          [4, 'b'],
          [4, 'c'],
        ],
      ),
    ).toEqual([
      [4, 'c'],
      [4, 'b'],
      [3, 'a'],
    ]);
  });

  it('gives back the same list when nothing is new', () => {
    const entries: Entry[] = [
      [5, 'a'],
      [3, 'b', { x: 1 }],
    ];

    expect(mergeEntries(entries, [[3, 'b', { x: 1 }]])).toBe(entries);
  });
});

describe('a leaf with more entries than are kept', () => {
  const bought = Array.from({ length: 9 }, (_, day) => ({
    id: `b${day}`,
    name: 'Bought',
    at: `2026-11-1${day}T00:00:00Z`,
    properties: { value: 10 },
  }));
  const now = Date.parse('2026-11-21T00:00:00Z');
  const when = { did: 'Bought', within: '30 days', sum: { property: 'value', gte: 85 } };
  const program = compile([{ segment: 'spenders', when }], { timezone: 'UTC', cap: 4 });
  const whole = wholeEntries(program, bought);
  const wanted = program.needs[0] as LeafNeed;
  const kept: PersonView = {
    id: 'p',
    trait: () => undefined,
    entries: (key) => cutEntries(wanted, whole(key), now),
    consent: () => Number.POSITIVE_INFINITY,
    subscribed: () => Number.POSITIVE_INFINITY,
  };

  it('says so when there is no history', () => {
    expect(evaluate(program, kept, now).overflowed).toEqual([wanted.key]);
  });

  it('is answered from history, and its receipt says so', () => {
    const view = { ...kept, history: whole };
    const evaluation = evaluate(program, view, now);

    expect(evaluation.overflowed).toEqual([]);
    expect(evaluation.get('spenders')).toEqual({ member: true, flipsAt: Date.parse('2026-12-10T00:00:00Z') });
    expect(explain(program, 'spenders', view, now).leaves).toMatchObject([
      { held: true, saw: { sum: 90 }, from: 'history' },
    ]);
  });
});

describe('observe', () => {
  it('leaves an entry for every feed that wants the activity', () => {
    const program = compile(
      [
        { segment: 'a', when: { did: 'Bought', count: { at_least: 2 }, within: '30 days' } },
        { segment: 'b', when: { did: 'Bought', count: { at_most: 4 }, within: '2 days' } },
        { segment: 'c', when: { did: 'Bought', where: { kind: { is: 'hats' } } } },
        { segment: 'd', when: { did: 'Bought', max: { property: 'value', gt: 3 } } },
      ],
      { timezone: 'UTC' },
    );
    const activity = { id: 'x', name: 'Bought', at: '2026-11-21T00:00:00Z', properties: { kind: 'shoes', value: 7 } };

    expect(observe(program, activity).map(([, entry]) => entry)).toEqual([
      [Date.parse(activity.at), 'x'],
      [Date.parse(activity.at), 'x', 7],
    ]);
    expect(program.needs.map(({ keep }) => keep)).toEqual([
      { latest: 6, oldest: false, window: 0, cap: 256 },
      { latest: 2, oldest: false, window: 0, cap: 256 },
      { latest: 0, oldest: false, window: 'ever', cap: 256 },
    ]);
  });

  it('leaves nothing for an activity without a readable time', () => {
    const program = compile([{ segment: 'a', when: { did: 'Bought' } }], { timezone: 'UTC' });

    expect(observe(program, { id: 'x', name: 'Bought', at: 'yesterday' })).toEqual([]);
  });
});

describe('unmetNeeds', () => {
  it('names the leaves whose kept entries do not suffice', () => {
    const program = (within: string, least: number) =>
      compile(
        [
          { segment: 'a', when: { did: 'Bought', count: { at_least: least } } },
          { segment: 'b', when: { did: 'Bought', within, sum: { property: 'v', gt: 3 } } },
        ],
        { timezone: 'UTC' },
      ).needs;
    const [counted, summed] = program('3 days', 2).map(({ key }) => key);

    expect(unmetNeeds(program('3 days', 2), program('2 days', 1))).toEqual([]);
    expect(unmetNeeds(program('3 days', 2), program('3 days', 3))).toEqual([counted]);
    expect(unmetNeeds(program('3 days', 2), program('4 days', 2))).toEqual([summed]);
    expect(unmetNeeds([], program('3 days', 2))).toEqual([counted, summed]);
  });
});
