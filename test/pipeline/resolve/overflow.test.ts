import { describe, expect, it } from 'vitest';
import type { ActivityChange } from '../../../lib/domain/change.ts';
import { type Compiled, compileDefinitions, decide } from '../../../lib/domain/decide.ts';
import { emptyFragment, foldFragment } from '../../../lib/domain/fragment.ts';
import { newProfile } from '../../../lib/domain/profile.ts';
import { wholeEntries } from '../../../lib/domain/segment/document.ts';
import { observe } from '../../../lib/domain/segment/entries.ts';
import { resolveProfile } from '../../../lib/pipeline/resolve/resolve-profile.ts';
import { openMemoryStores } from '../memory-stores.ts';
import { definitions, NOW } from '../world.ts';

const MINUTE = 60_000;

/** Spent at least 1,000 in the last 30 days: the sum needs every purchase of the window, more than a profile keeps. */
const compiled: Compiled = compileDefinitions({
  ...definitions,
  segments: [
    { segment: 'spenders', when: { did: 'Bought', sum: { property: 'value', gte: 1000 }, within: '30 days' } },
  ],
  audiences: [],
});

function bought(from: number, to: number) {
  return Array.from({ length: to - from }, (_, index) => ({
    kind: 'activity' as const,
    fragment: 'crm:contact:1',
    at: new Date(NOW - (from + index) * MINUTE).toISOString(),
    id: `b${from + index}`,
    name: 'Bought',
    properties: { value: 1 },
  }));
}

describe('a window that holds more than a profile keeps', () => {
  it('is answered from the stored activities, to the last one', async () => {
    const stores = openMemoryStores();
    const clock = { now: () => new Date(NOW), wait: async () => {}, random: () => 0.5 };
    const key = { secret: 'a test key that is long enough to be one', generation: 1 };
    const recompute = { send: async () => {} };
    const deps = {
      ...stores,
      recompute,
      key,
      clock,
      versions: async () => undefined,
      compiled: async () => compiled,
      tooLarge: async () => {},
      log: () => {},
    };
    const resolve = resolveProfile(deps);
    const work = (changes: ReturnType<typeof bought>) => [{ changes, profiles: [], accounts: [] }];

    await resolve(work(bought(0, 600)));
    await resolve(work(bought(600, 999)));
    expect(stores.living().map(({ memberships }) => Object.keys(memberships))).toEqual([[]]);

    await resolve(work(bought(999, 1000)));
    expect(stores.living().map(({ memberships }) => Object.keys(memberships))).toEqual([['spenders']]);
  });

  it('counts what the profile knows and nobody has stored yet', () => {
    const stored = bought(1, 300);
    const fresh = { ...bought(0, 1)[0], properties: { value: 900 } } as (typeof stored)[number];
    const rules = {
      blocked: new Set<string>(),
      country: () => undefined,
      observe: (activity: ActivityChange) => observe(compiled.program, activity),
    };
    const fragment = [...stored, fresh].reduce((held, change) => foldFragment(held, change, rules), emptyFragment);
    const profile = { ...newProfile('p_1'), fragments: { 'crm:contact:1': fragment } };
    const kept = decide(profile, compiled, NOW);
    expect(kept.overflowed.length).toBeGreaterThan(0);

    const { profile: decided } = decide(profile, compiled, NOW, wholeEntries(compiled.program, stored));

    expect(decided.memberships).toHaveProperty('spenders');
  });
});
