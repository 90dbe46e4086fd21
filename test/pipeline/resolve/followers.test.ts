import { describe, expect, it } from 'vitest';
import type { Change } from '../../../lib/domain/change.ts';
import type { MembershipStore } from '../../../lib/pipeline/ports.ts';
import { deliver, openResolver } from '../delivering.ts';
import { openMemoryStores } from '../memory-stores.ts';
import { NOW } from '../world.ts';

const DAY = 86_400_000;
const told = (fragment: string, day: number, email: string, stage: string): Change => ({
  kind: 'profile',
  fragment,
  at: new Date(NOW - (20 - day) * DAY).toISOString(),
  identifiers: [{ type: 'email', value: email }],
  traits: { stage },
});

describe('rows that follow', () => {
  it('are taken back when somebody left a segment and was merged before the row was written', async () => {
    const stores = openMemoryStores();
    await deliver(stores, [
      [told('crm:contact:1', 1, 'ann@example.com', 'prospect')],
      [told('crm:contact:2', 2, 'bob@example.com', 'customer')],
    ]);
    const dying = {
      ...stores.memberships,
      writeRows: async () => Promise.reject(new Error('died')),
    } as MembershipStore;
    const left = told('crm:contact:2', 3, 'bob@example.com', 'prospect');
    await expect(
      openResolver(stores, { memberships: dying }).resolve([{ changes: [left], profiles: [], accounts: [] }]),
    ).rejects.toThrow('died');

    await deliver(stores, [[told('crm:contact:2', 4, 'ann@example.com', 'prospect')]]);

    const present = stores.rows().filter((row) => row.row === 'segment' && row.member);
    expect(stores.pointers()).toHaveLength(1);
    expect(present).toEqual([]);
  });

  it('are written by the message itself when it comes again after a death before them', async () => {
    const stores = openMemoryStores();
    const again = [{ changes: [told('crm:contact:1', 1, 'ann@example.com', 'customer')], profiles: [], accounts: [] }];
    const dying = {
      ...stores.memberships,
      writeRows: async () => Promise.reject(new Error('died')),
    } as MembershipStore;
    await expect(openResolver(stores, { memberships: dying }).resolve(again)).rejects.toThrow('died');

    const result = await openResolver(stores).resolve(again);

    expect(result).toMatchObject({ written: 0, unchanged: 1 });
    expect(stores.rows()).toMatchObject([{ segment: 'customers' }, { audience: 'to-tool' }]);
    expect(stores.living()).toMatchObject([{ outbox: [] }]);
  });

  it('are not written again for an activity that no segment needs any more', async () => {
    const stores = openMemoryStores();
    const opened = (id: string, day: number): Change => ({
      kind: 'activity',
      fragment: 'mail:member:a',
      at: new Date(NOW - day * DAY).toISOString(),
      id,
      name: 'Opened',
    });
    const all = [opened('e1', 1), opened('e2', 2), opened('e3', 3), opened('e4', 300)];
    await deliver(stores, [all]);
    const before = stores.living();

    const result = await openResolver(stores).resolve(
      all.map((one) => ({ changes: [one], profiles: [], accounts: [] })),
    );

    expect(result).toMatchObject({ written: 0 });
    expect(stores.living()).toEqual(before);
  });
});
