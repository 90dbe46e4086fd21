import { describe, expect, it } from 'vitest';
import { type Compiled, compileDefinitions } from '../../lib/domain/decide.ts';
import { resolveProfile } from '../../lib/pipeline/resolve-profile.ts';
import { openMemoryStores } from './memory-stores.ts';
import { definitions, NOW } from './world.ts';

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
});
