import { describe, expect, it } from 'vitest';
import type { Change, ProfileChange } from '../../../lib/domain/change.ts';
import { compileDefinitions } from '../../../lib/domain/decide.ts';
import type { ResolveDeps } from '../../../lib/pipeline/resolve/resolve-profile.ts';
import { deliver, openResolver, standingClock } from '../delivering.ts';
import { openMemoryStores } from '../memory-stores.ts';
import { compiled, definitions, NOW } from '../world.ts';

const DAY = 86_400_000;
const told = (fragment: string, email: string, stage: string, days: number): ProfileChange => ({
  kind: 'profile',
  fragment,
  at: new Date(NOW - days * DAY).toISOString(),
  identifiers: [{ type: 'email', value: email }],
  traits: { stage },
});
const opened = (id: string, days: number): Change => ({
  kind: 'activity',
  fragment: 'crm:contact:1',
  at: new Date(NOW - days * DAY).toISOString(),
  id,
  name: 'Opened',
});
const linesOf = (stores: ReturnType<typeof openMemoryStores>, segment: string) =>
  stores
    .lines()
    .filter((line) => line.segment === segment)
    .map(({ member, why }) => ({ member, why }));

/** Decides everybody again, at another time or by other definitions. */
async function again(stores: ReturnType<typeof openMemoryStores>, given: Partial<ResolveDeps>): Promise<void> {
  const ids = stores.living().map(({ id }) => id);
  await openResolver(stores, given).resolve([{ changes: [], profiles: ids, accounts: [] }]);
}

describe('the history of a segment', () => {
  it('says that new data moved somebody, and which condition that met or failed', async () => {
    const stores = openMemoryStores();
    await deliver(stores, [[told('crm:contact:1', 'ann@example.com', 'prospect', 9)]]);
    await deliver(stores, [[told('crm:contact:1', 'ann@example.com', 'customer', 8)]]);
    const later = { ...standingClock, now: () => new Date(NOW + 1_000) };
    await deliver(stores, [[told('crm:contact:1', 'ann@example.com', 'prospect', 7)]], { clock: later });

    expect(linesOf(stores, 'customers')).toEqual([
      { member: true, why: { moved: 'data', leaf: 'stage is customer' } },
      { member: false, why: { moved: 'data', leaf: 'stage is customer' } },
    ]);
  });

  it('says that time moved somebody, and which window closed', async () => {
    const stores = openMemoryStores();
    await deliver(stores, [[told('crm:contact:1', 'ann@example.com', 'x', 40), opened('a', 5), opened('b', 6)]]);
    const clock = { ...standingClock, now: () => new Date(NOW + 24 * DAY) };
    await again(stores, { clock, versions: async () => compiled });

    expect(linesOf(stores, 'active')).toEqual([
      { member: true, why: { moved: 'data', leaf: 'did Opened at least 2 times within 30 days' } },
      { member: false, why: { moved: 'time', leaf: 'did Opened at least 2 times within 30 days' } },
    ]);
  });

  it('tells a changed definition from data that came with it', async () => {
    const stores = openMemoryStores();
    await deliver(stores, [[told('crm:contact:1', 'ann@example.com', 'customer', 9)]]);
    const next = compileDefinitions({
      ...definitions,
      version: 'next',
      segments: [
        { segment: 'customers', when: { trait: 'stage', is: 'vip' } },
        { segment: 'named', when: { trait: 'name', exists: true } },
      ],
      audiences: [],
    });
    const former = compileDefinitions({
      ...definitions,
      segments: [...definitions.segments, { segment: 'named', when: { trait: 'name', exists: true } }],
    });
    const given = { compiled: async () => next, versions: async () => former };
    await deliver(
      stores,
      [[{ ...told('crm:contact:1', 'ann@example.com', 'customer', 8), traits: { name: 'Ann' } }]],
      given,
    );

    expect(linesOf(stores, 'customers').at(-1)).toEqual({
      member: false,
      why: { moved: 'definition', leaf: 'stage is vip' },
    });
    expect(linesOf(stores, 'named')).toEqual([{ member: true, why: { moved: 'data', leaf: 'name is known' } }]);
  });

  it('says that a merge moved somebody, also of the profile that is gone', async () => {
    const stores = openMemoryStores();
    await deliver(stores, [[told('crm:contact:1', 'ann@example.com', 'customer', 9)]]);
    await deliver(stores, [[told('mail:member:a', 'bob@example.com', 'customer', 8)]]);
    const later = { ...standingClock, now: () => new Date(NOW + 1_000) };
    await deliver(stores, [[told('mail:member:a', 'ann@example.com', 'customer', 7)]], { clock: later });

    expect(stores.living()).toHaveLength(1);
    expect(linesOf(stores, 'customers').filter(({ member }) => !member)).toEqual([
      { member: false, why: { moved: 'merge' } },
    ]);
  });
});
