import { describe, expect, it } from 'vitest';
import type { AccountChange } from '../../lib/domain/change.ts';
import { functions } from '../../lib/infra/functions.ts';
import { FAN_OUT_DELAY_SECONDS, foldAccounts } from '../../lib/pipeline/fold-accounts.ts';
import { deliver, openResolver, standingClock } from './delivering.ts';
import { openMemoryQueue } from './memory-state.ts';
import { Death, openMemoryStores } from './memory-stores.ts';

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

  it('ask for their people when every worker that may have read them before has ended', () => {
    expect(FAN_OUT_DELAY_SECONDS).toBeGreaterThan(functions['resolve-profile'].timeoutSeconds);
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
});
