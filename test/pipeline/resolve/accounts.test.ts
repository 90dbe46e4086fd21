import { describe, expect, it } from 'vitest';
import type { AccountChange, Change } from '../../../lib/domain/change.ts';
import { compileDefinitions } from '../../../lib/domain/decide.ts';
import { foldAccounts } from '../../../lib/pipeline/resolve/fold-accounts.ts';
import type { Work } from '../../../lib/pipeline/resolve/resolve-profile.ts';
import { deliver, openResolver, standingClock } from '../delivering.ts';
import { openMemoryQueue } from '../memory-state.ts';
import { Death, type MemoryStores, openMemoryStores } from '../memory-stores.ts';
import { definitions } from '../world.ts';

const compiled = compileDefinitions({
  ...definitions,
  segments: [{ segment: 'large', when: { trait: 'company.employees', gte: 100 } }],
  audiences: [],
});

/** Delivers changes, then whatever that sends to the recompute queue, until the queue is empty. */
async function deliverAll(stores: MemoryStores, changes: readonly Change[]): Promise<void> {
  const resolver = openResolver(stores, { compiled: async () => compiled });
  let work: Work[] = [{ changes, profiles: [], accounts: [] }];
  while (work.length > 0) {
    expect((await resolver.resolve(work)).failed.size).toBe(0);
    work = resolver.asked.splice(0).map(({ body }): Work => {
      const { account, profiles = [] } = body as { account?: string; profiles?: string[] };
      return { changes: [], profiles, accounts: account === undefined ? [] : [account] };
    });
  }
}

const segmentsOf = (stores: MemoryStores) => stores.living().map(({ memberships }) => Object.keys(memberships));

const change = (employees: number, at = '2026-11-01T00:00:00Z'): AccountChange => ({
  kind: 'account',
  account: 'crm:account:1',
  at,
  traits: { company: { employees } },
});

describe('accounts', () => {
  it('ask for their people although the worker died right after the account was written', async () => {
    for (const fate of ['dies-before', 'dies-after'] as const) {
      let operations = 0;
      const stores = openMemoryStores(() => {
        operations += 1;
        return operations === 2 ? fate : 'lives'; // The read, then the write.
      });
      const recompute = openMemoryQueue();
      const deps = { accounts: stores.accounts, recompute, clock: standingClock };
      await expect(foldAccounts(deps, [change(5)])).rejects.toThrow(Death);
      await foldAccounts(deps, [change(5)]);

      expect(recompute.take()[0]).toMatchObject({ body: { account: 'crm:account:1' } });
    }
  });

  it('hand on a value that wins over another one of the same time', async () => {
    const stores = openMemoryStores();
    const person = {
      kind: 'profile',
      fragment: 'crm:contact:1',
      at: '2026-11-01T00:00:00Z',
      accounts: ['crm:account:1'],
    } as const;
    await deliver(stores, [[change(5), person]]);
    await deliver(stores, [[change(7)]]);

    await openResolver(stores).resolve([{ changes: [], profiles: stores.living().map(({ id }) => id), accounts: [] }]);

    expect(stores.living()[0]?.accounts['crm:account:1']?.['company.employees']?.[0]).toBe(7);
  });

  it('change their people, and let go of them when they are gone', async () => {
    const stores = openMemoryStores();
    const person = (accounts: readonly string[], at: string): Change => ({
      kind: 'profile',
      fragment: 'crm:contact:1',
      at,
      accounts,
    });
    await deliverAll(stores, [change(5), person(['crm:account:1'], '2026-11-01T00:00:00Z')]);
    expect(segmentsOf(stores)).toEqual([[]]);

    await deliverAll(stores, [change(500, '2026-11-02T00:00:00Z')]);
    expect(segmentsOf(stores)).toEqual([['large']]);

    await deliverAll(stores, [{ ...change(500, '2026-11-03T00:00:00Z'), gone: true }]);
    expect(segmentsOf(stores)).toEqual([[]]);

    // Back again, larger than before; then the person leaves the company.
    await deliverAll(stores, [change(700, '2026-11-04T00:00:00Z')]);
    expect(segmentsOf(stores)).toEqual([['large']]);
    await deliverAll(stores, [person([], '2026-11-05T00:00:00Z')]);
    expect(segmentsOf(stores)).toEqual([[]]);
    await deliverAll(stores, [change(900, '2026-11-06T00:00:00Z')]);
    expect(segmentsOf(stores)).toEqual([[]]);
  });
});
