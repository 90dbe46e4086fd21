import { describe, expect, it } from 'vitest';
import type { ActivityChange, Change } from '../../../lib/domain/change.ts';
import { type Compiled, compileDefinitions } from '../../../lib/domain/decide.ts';
import type { Definitions } from '../../../lib/domain/definitions.ts';
import { openDefinitions } from '../../../lib/pipeline/define/definitions.ts';
import {
  isSwitching,
  publishDefinitions,
  SCAN_DELAY_SECONDS,
} from '../../../lib/pipeline/define/switch-definitions.ts';
import type { ProfileStore, StateStore } from '../../../lib/pipeline/ports.ts';
import { deliver, openResolver } from '../delivering.ts';
import { openMemoryStores } from '../memory-stores.ts';
import { definitions, NOW } from '../world.ts';
import { openPublishedWorld, versioned } from './published-world.ts';

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
const opened = (fragment: string, id: string): ActivityChange => ({ ...clicked(fragment, id), name: 'Opened' });
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
    const world = openPublishedWorld();
    const { deps } = world;
    await publishDefinitions(deps, versioned(definitions));
    expect(world.waiting()).toEqual([]);
    const dying = { send: async () => Promise.reject(new Error('died')) };
    await expect(publishDefinitions({ ...deps, recompute: dying }, versioned(next))).rejects.toThrow('died');

    expect(await publishDefinitions(deps, versioned(next))).toBe(true);

    expect(world.waiting()).toHaveLength(8);
    expect((await openDefinitions(deps)()).version).toBe(versioned(next).version);
    expect(await publishDefinitions(deps, versioned(next))).toBe(false);
  });

  it('leaves nobody behind whom a worker of before decides, when it was tried a minute and a half before it came about', async () => {
    const world = openPublishedWorld();
    const { deps, clock } = world;
    await publishDefinitions(deps, versioned(definitions));
    await world.tell([told('crm:contact:1', 1, 'ann@example.com')]);
    const throttled: StateStore = {
      ...deps.state,
      put: async (kind, ...rest) => {
        if (kind === 'definitions') throw new Error('throttled');
        return deps.state.put(kind, ...rest);
      },
    };
    await expect(publishDefinitions({ ...deps, state: throttled }, versioned(next))).rejects.toThrow('throttled');
    clock.pass((SCAN_DELAY_SECONDS - 20) * 1_000);
    const late = world.openWorker(async () => versioned(definitions));
    expect(await publishDefinitions(deps, versioned(next))).toBe(true);
    const published = clock.now().getTime();

    // Those of the first try come 20 seconds after the pointer moved.
    for (const body of world.takeFirst(8)) await world.deliver(body);
    expect(clock.now().getTime() - published).toBe(20_000);
    clock.pass(5_000);
    await world.tell([told('crm:contact:2', 1, 'bob@example.com')], late);
    expect(await isSwitching(deps.state)).toBe(true);
    await world.drain();

    expect(await isSwitching(deps.state)).toBe(false);
    expect(world.stores.living().map((one) => one.definitions)).toEqual(
      [next, next].map((one) => versioned(one).version),
    );
  });

  it('goes on at once where it was published by a release that did not keep when', async () => {
    const world = openPublishedWorld();
    const { state } = world.deps;
    await publishDefinitions(world.deps, versioned(definitions));
    await world.tell([told('crm:contact:1', 1, 'ann@example.com')]);
    const former: StateStore = {
      ...state,
      put: (kind, id, { at: _, ...body }, ...rest) => state.put(kind, id, body, ...rest),
    };
    await publishDefinitions({ ...world.deps, state: former }, versioned(next));

    for (const body of world.waiting()) await world.deliver(body);

    expect(world.waiting()).toHaveLength(8);
    expect(await isSwitching(state)).toBe(false);
  });

  it('reaches everybody in a part of the table too large for one message, also with little time', async () => {
    const world = openPublishedWorld();
    await publishDefinitions(world.deps, versioned(definitions));
    const people = Array.from({ length: 40 }, (_, at) => told(`crm:contact:${at}`, 1, `p${at}@example.com`));
    await world.tell(people);
    await publishDefinitions(world.deps, versioned(next));

    const hurry = AbortSignal.abort();
    let messages = 0;
    while (world.waiting().length > 0) {
      const bodies = world.takeFirst(Math.min(10, world.waiting().length));
      await world.openWorker()(bodies, hurry);
      messages += bodies.length;
    }

    expect(messages).toBeGreaterThan(20);
    expect(world.stores.living().map((one) => one.definitions)).toEqual(people.map(() => versioned(next).version));
    expect(await isSwitching(world.deps.state)).toBe(false);
  });

  it('is under way until the last part is done', async () => {
    const world = openPublishedWorld();
    await publishDefinitions(world.deps, versioned(definitions));
    expect(await isSwitching(world.deps.state)).toBe(false);

    await publishDefinitions(world.deps, versioned(next));
    expect(await isSwitching(world.deps.state)).toBe(true);
    await world.drain();

    expect(await isSwitching(world.deps.state)).toBe(false);
  });

  it('reads no history when profiles remember enough for the new definitions', async () => {
    const stores = openMemoryStores();
    await deliver(stores, [[told('crm:contact:1', 1, 'ann@example.com')], [opened('crm:contact:1', 'o1')]]);
    const fewer = compileDefinitions({
      ...definitions,
      version: 'fewer',
      segments: [{ segment: 'active', when: { did: 'Opened', within: '10 days' } }],
      audiences: [],
    });
    const read: string[] = [];
    const activities = {
      ...stores.activities,
      all: (fragment: string) => {
        read.push(fragment);
        return stores.activities.all(fragment);
      },
    };
    const versions = async (version: string) => (version === 'test' ? before : undefined);
    const ids = stores.living().map(({ id }) => id);

    const { resolve } = openResolver(stores, { activities, versions, compiled: async () => fewer });
    await resolve([{ changes: [], profiles: ids, accounts: [] }]);

    expect(read).toEqual([]);
    expect(segmentsOf(stores, 'crm:contact:1')).toEqual(['active']);
  });

  it('fills people again who were filled while an activity was still being stored', async () => {
    const world = openPublishedWorld();
    await publishDefinitions(world.deps, versioned(definitions));
    await world.tell([told('crm:contact:1', 1, 'ann@example.com')]);
    const [ann] = world.stores.living();
    await publishDefinitions(world.deps, versioned(next));
    // Live traffic decides her by the new definitions, before a worker of the former ones has stored what it folded.
    await world.deliver({ profiles: [ann?.id ?? ''] });
    await world.stores.activities.put([clicked('crm:contact:1', 'c1'), clicked('crm:contact:1', 'c2')]);

    await world.drain();

    expect(segmentsOf(world.stores, 'crm:contact:1')).toContain('clickers');
  });

  it('emits exits of a removed segment and takes back its rows', async () => {
    const world = openPublishedWorld();
    await publishDefinitions(world.deps, versioned(definitions));
    await world.tell([told('crm:contact:1', 1, 'ann@example.com', 'customer')]);
    expect(world.rowsSaying().filter((row) => row.startsWith('segment customers'))).toHaveLength(1);

    await publishDefinitions(world.deps, versioned(next));
    await world.drain();

    expect(world.rowsSaying()).toEqual([]);
    const exits = world.stores.lines().filter(({ segment, member }) => segment === 'customers' && !member);
    expect(exits).toMatchObject([{ why: { moved: 'definition' }, definitions: versioned(next).version }]);
  });
});
