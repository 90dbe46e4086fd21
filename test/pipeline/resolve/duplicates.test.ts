import { describe, expect, it } from 'vitest';
import type { Change, ProfileChange } from '../../../lib/domain/change.ts';
import { compileDefinitions } from '../../../lib/domain/decide.ts';
import type { Json } from '../../../lib/domain/json.ts';
import type { BlockStore } from '../../../lib/pipeline/ports.ts';
import { judgeDuplicate, listDuplicates } from '../../../lib/pipeline/resolve/judge-duplicates.ts';
import { suggestDuplicates } from '../../../lib/pipeline/resolve/suggest-duplicates.ts';
import { doWork } from '../../../lib/pipeline/resolve/work.ts';
import { identityKey, openResolver, recordsIn, standingClock } from '../delivering.ts';
import { openMemoryArchive, openMemoryQueue, openMemoryState } from '../memory-state.ts';
import { openMemoryStores } from '../memory-stores.ts';
import { definitions } from '../world.ts';

const compiled = compileDefinitions({
  ...definitions,
  identity: { ...definitions.identity, duplicates: { threshold: 0.85 } },
});

/** A world that delivers changes, compares whom the worker asks for, and judges. */
function openWorld() {
  const stores = openMemoryStores();
  const rows = new Map<string, Set<string>>();
  const blocks: BlockStore = {
    async add(list) {
      for (const { block, profile } of list) rows.set(block, (rows.get(block) ?? new Set()).add(profile));
    },
    members: async (asked) => new Map(asked.map((block) => [block, [...(rows.get(block) ?? [])]])),
  };
  const recompute = openMemoryQueue();
  const changesQueue = openMemoryQueue();
  const deps = {
    ...stores,
    blocks,
    recompute,
    changes: changesQueue,
    state: openMemoryState(),
    compiled: async () => compiled,
    key: async () => identityKey,
    clock: standingClock,
    log: () => {},
  };
  const resolver = openResolver(stores, { compiled: async () => compiled });
  const compare = suggestDuplicates(deps);
  async function deliver(changes: readonly Change[]): Promise<void> {
    expect((await resolver.resolve([{ changes, profiles: [], accounts: [] }])).failed.size).toBe(0);
    for (const { body } of resolver.asked.splice(0)) await compare((body as { compare: string[] }).compare);
    const sent = changesQueue.take().flatMap(({ body }) => (body as unknown as { changes: Change[] }).changes);
    if (sent.length > 0) await deliver(sent);
  }
  return { stores, deps, rows, resolver, compare, deliver };
}

const person = (
  id: string,
  traits: ProfileChange['traits'] = {},
  more: Partial<ProfileChange> = {},
): ProfileChange => ({
  kind: 'profile',
  fragment: `crm:contact:${id}`,
  at: '2026-11-01T00:00:00Z',
  identifiers: [{ type: 'email', value: `${id}@example.com` }],
  traits: { first_name: 'Ann', last_name: 'Müller', address: { city: 'Berlin', postal_code: '10115' }, ...traits },
  ...more,
});

describe('suggestDuplicates', () => {
  it('suggests a pair once, with its score and reasons, and no personal data in any row', async () => {
    const { deps, deliver, stores, compare, rows } = openWorld();
    await deliver([
      person('1'),
      person('2', { last_name: 'Mueller' }),
      person('3', { first_name: 'Zoe', last_name: 'Abt' }),
    ]);
    await compare(stores.living().map(({ id }) => id));

    const { suggestions } = await listDuplicates(deps, { most: 10 });

    expect(suggestions).toMatchObject([
      { people: [{ fragment: 'crm:contact:1' }, { fragment: 'crm:contact:2' }], score: expect.any(Number) as number },
    ]);
    expect(JSON.stringify([await deps.state.list('duplicate', { most: 9 }), [...rows.keys()]])).not.toMatch(
      /m.ller|berlin|10115|example/i,
    );
  });

  it('is asked for only where what people are compared by changed', async () => {
    const { resolver } = openWorld();
    const askedFor = async (changes: readonly Change[]) => {
      await resolver.resolve([{ changes, profiles: [], accounts: [] }]);
      return resolver.asked.splice(0).length;
    };
    const opened = {
      kind: 'activity',
      fragment: 'crm:contact:1',
      at: '2026-11-03T00:00:00Z',
      id: 'e1',
      name: 'Opened',
    } as const;

    expect(await askedFor([person('1')])).toBe(1);
    expect(await askedFor([person('1')])).toBe(0);
    expect(await askedFor([opened])).toBe(0);
    expect(await askedFor([person('1', { stage: 'customer' }, { at: '2026-11-02T00:00:00Z' })])).toBe(0);
    expect(await askedFor([person('1', { last_name: 'Abt' }, { at: '2026-11-03T00:00:00Z' })])).toBe(1);
  });
});

describe('doWork', () => {
  it('lets people be folded whose neighbours in the batch cannot be compared', async () => {
    const { deps, resolver, stores } = openWorld();
    const work = doWork({
      ...deps,
      resolve: resolver.resolve,
      archive: openMemoryArchive(),
      pause: async () => {},
      mark: async () => [],
      compare: () => Promise.reject(new Error('no blocks today')),
      scan: async () => {},
      recount: async () => {},
    });

    const failed = await work(
      [{ changes: [person('1')] as unknown as Json }, { compare: ['p_1'] }],
      new AbortController().signal,
    );

    expect([...failed]).toEqual([1]);
    expect(recordsIn(stores)).toEqual([['crm:contact:1']]);
  });
});

describe('judgeDuplicate', () => {
  it('joins an accepted pair by evidence, and takes the suggestion off the list', async () => {
    const { deps, deliver, stores } = openWorld();
    await deliver([person('1'), person('2')]);
    const [suggestion] = (await listDuplicates(deps, { most: 10 })).suggestions;
    expect(recordsIn(stores)).toHaveLength(2);

    await judgeDuplicate(deps, suggestion?.id ?? '', 'accepted');
    await judgeDuplicate(deps, suggestion?.id ?? '', 'accepted');
    await deliver([]);

    expect(recordsIn(stores)).toEqual([['crm:contact:1', 'crm:contact:2']]);
    expect(await listDuplicates(deps, { most: 10 })).toEqual({ suggestions: [] });
    await expect(judgeDuplicate(deps, suggestion?.id ?? '', 'rejected')).rejects.toThrow(/was accepted before/);
  });

  it('never suggests a rejected pair again, however its people grow', async () => {
    const { deps, deliver, stores } = openWorld();
    await deliver([person('1'), person('2')]);
    const [suggestion] = (await listDuplicates(deps, { most: 10 })).suggestions;
    await judgeDuplicate(deps, suggestion?.id ?? '', 'rejected');

    const joins = { identifiers: [{ type: 'email', value: '1@example.com' }], at: '2026-10-01T00:00:00Z' };
    await deliver([person('0', { last_name: 'Muller' }, joins)]);
    await deliver([person('2', { last_name: 'Mueller' }, { at: '2026-11-05T00:00:00Z' })]);

    expect(recordsIn(stores)).toEqual([['crm:contact:0', 'crm:contact:1'], ['crm:contact:2']]);
    expect((await listDuplicates(deps, { most: 10 })).suggestions).toEqual([]);
  });

  it('leaves out pairs that became one person by themselves or are not alike any more', async () => {
    const { deps, deliver } = openWorld();
    await deliver([person('1'), person('2'), person('3')]);
    expect((await listDuplicates(deps, { most: 10 })).suggestions).toHaveLength(3);

    await deliver([
      person('2', {}, { identifiers: [{ type: 'email', value: '1@example.com' }], at: '2026-11-02T00:00:00Z' }),
    ]);
    await deliver([person('3', { last_name: 'Abt' }, { at: '2026-11-02T00:00:00Z' })]);

    expect((await listDuplicates(deps, { most: 10 })).suggestions).toEqual([]);
  });

  it('lists by pages', async () => {
    const { deps, deliver } = openWorld();
    await deliver([person('1'), person('2'), person('3')]);
    const first = await listDuplicates(deps, { most: 2 });
    const second = await listDuplicates(deps, { most: 2, ...(first.next === undefined ? {} : { after: first.next }) });

    const ids = [...first.suggestions, ...second.suggestions].map(({ id }) => id);
    expect([first.suggestions.length, new Set(ids).size, second.next]).toEqual([2, 3, undefined]);
  });
});
