import { describe, expect, it } from 'vitest';
import type { ActivityChange, Change } from '../../lib/domain/change.ts';
import { type Compiled, compileDefinitions } from '../../lib/domain/decide.ts';
import type { Definitions } from '../../lib/domain/definitions.ts';
import type { JsonObject } from '../../lib/domain/json.ts';
import { openDefinitions, publishDefinitions } from '../../lib/pipeline/definitions.ts';
import type { ProfileStore } from '../../lib/pipeline/ports.ts';
import { doWork } from '../../lib/pipeline/work.ts';
import { deliver, openResolver, standingClock } from './delivering.ts';
import { openMemoryArchive, openMemoryQueue, openMemoryState } from './memory-state.ts';
import { openMemoryStores } from './memory-stores.ts';
import { definitions, NOW } from './world.ts';

const DAY = 86_400_000;
const next: Definitions = {
  ...definitions,
  version: 'next',
  segments: [
    { segment: 'prospects', when: { trait: 'stage', is: 'prospect' } },
    { segment: 'clickers', when: { did: 'Clicked', count: { at_least: 2 }, within: '30 days' } },
  ],
  audiences: [],
};
const before: Compiled = compileDefinitions(definitions);
const after: Compiled = compileDefinitions(next);

const told = (fragment: string, day: number, email: string, stage = 'prospect'): Change => ({
  kind: 'profile',
  fragment,
  at: new Date(NOW - (20 - day) * DAY).toISOString(),
  identifiers: [{ type: 'email', value: email }],
  traits: { stage },
});
const clicked = (fragment: string, id: string): ActivityChange => ({
  kind: 'activity',
  fragment,
  at: new Date(NOW - 2 * DAY).toISOString(),
  id,
  name: 'Clicked',
});
const segmentsOf = (stores: ReturnType<typeof openMemoryStores>, fragment: string) =>
  stores.living().flatMap((one) => (one.fragments[fragment] === undefined ? [] : Object.keys(one.memberships)));

describe('a change of definitions', () => {
  it('is not undone by a worker that still holds the former ones', async () => {
    const stores = openMemoryStores();
    await deliver(stores, [[told('crm:contact:1', 1, 'ann@example.com')]]);
    const [person] = stores.living();
    let published = false;
    // Another worker decides by the new definitions between this one's start and its read.
    const profiles: ProfileStore = {
      ...stores.profiles,
      async read(ids) {
        if (!published) {
          published = true;
          await openResolver(stores, { compiled: async () => after }).resolve([
            { changes: [], profiles: [person?.id ?? ''], accounts: [] },
          ]);
        }
        return stores.profiles.read(ids);
      },
    };
    const given = { profiles, compiled: async () => (published ? after : before) };

    await deliver(stores, [[told('crm:contact:1', 2, 'ann@example.com')]], given);

    expect(stores.living()[0]).toMatchObject({ definitions: 'next', memberships: { prospects: NOW } });
  });

  it('fills what segments now need in a record that moves to another person at the same time', async () => {
    const stores = openMemoryStores();
    await deliver(stores, [
      [told('crm:contact:1', 1, 'ann@example.com'), told('mail:member:a', 2, 'ann@example.com')],
      [clicked('mail:member:a', 'c1'), clicked('mail:member:a', 'c2')],
    ]);

    await deliver(stores, [[told('mail:member:a', 3, 'bob@example.com')]], { compiled: async () => after });

    expect(segmentsOf(stores, 'mail:member:a')).toContain('clickers');
  });

  it('fills it too in a record that a person of the new definitions takes in', async () => {
    const stores = openMemoryStores();
    const compiled = async () => after;
    await deliver(stores, [
      [told('mail:member:a', 2, 'ann@example.com')],
      [clicked('mail:member:a', 'c1'), clicked('mail:member:a', 'c2')],
    ]);
    await deliver(stores, [[told('crm:contact:1', 1, 'bob@example.com')]], { compiled });

    await deliver(stores, [[told('crm:contact:1', 4, 'ann@example.com')]], { compiled });

    expect(segmentsOf(stores, 'crm:contact:1')).toEqual(expect.arrayContaining(['clickers', 'prospects']));
  });

  it('takes back the rows of an audience that is defined no longer', async () => {
    const stores = openMemoryStores();
    await deliver(stores, [[told('crm:contact:1', 1, 'ann@example.com', 'customer')]]);
    const rowOf = () => stores.rows().find((row) => row.row === 'audience');
    expect(rowOf()).toMatchObject({ wanted: { in: true } });

    const ids = stores.living().map(({ id }) => id);
    await openResolver(stores, { compiled: async () => after }).resolve([{ changes: [], profiles: ids, accounts: [] }]);

    expect(rowOf()).toMatchObject({ wanted: { in: false } });
  });

  it('decides everybody again even when the publisher died half-way', async () => {
    const [state, archive, recompute] = [openMemoryState(), openMemoryArchive(), openMemoryQueue()];
    await publishDefinitions({ state, archive, recompute }, definitions);
    expect(recompute.take()).toEqual([]);
    const dying = { send: async () => Promise.reject(new Error('died')) };
    await expect(publishDefinitions({ state, archive, recompute: dying }, next)).rejects.toThrow('died');

    expect(await publishDefinitions({ state, archive, recompute }, next)).toBe(true);

    expect(recompute.take().length).toBeGreaterThan(0);
    expect((await openDefinitions({ state, archive })()).version).toBe('next');
    expect(await publishDefinitions({ state, archive, recompute }, next)).toBe(false);
  });

  it('reaches everybody in a part of the table too large for one message', async () => {
    const pages = Array.from({ length: 53 }, (_, at) => [
      `p_${String(at).padStart(2, '0')}a`,
      `p_${String(at).padStart(2, '0')}b`,
    ]);
    const profiles = {
      async *scan(_part: number, _of: number, from?: string) {
        for (const page of pages) if (from === undefined || (page[0] ?? '') > from) yield page;
      },
    } as unknown as ProfileStore;
    const recompute = openMemoryQueue();
    const work = doWork({
      state: openMemoryState(),
      archive: openMemoryArchive(),
      profiles,
      recompute,
      clock: standingClock,
      log: () => {},
      compare: async () => {},
      resolve: async () => ({ failed: new Set(), written: 0, unchanged: 0, activities: 0, conflicts: 0, erased: 0 }),
    });
    const asked: unknown[] = [];
    const stop = new AbortController();
    let scans: JsonObject[] = [{ scan: { part: 0, of: 8 } }];
    for (let messages = 0; scans.length > 0; messages += 1) {
      if (messages === 2) stop.abort(); // Time is short from here on: a page at a time.
      await work(scans, stop.signal);
      const sent = recompute.take().map(({ body }) => body as JsonObject);
      asked.push(...sent.flatMap(({ profiles: ids }) => (Array.isArray(ids) ? ids : [])));
      scans = sent.filter(({ scan }) => scan !== undefined);
    }

    expect(asked).toEqual(pages.flat());
  });
});
