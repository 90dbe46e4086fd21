import { describe, expect, it } from 'vitest';
import type { Change } from '../../../lib/domain/change.ts';
import type { Json } from '../../../lib/domain/json.ts';
import { doWork } from '../../../lib/pipeline/resolve/work.ts';
import { deliver, openResolver, recordsIn, standingClock } from '../delivering.ts';
import { openMemoryArchive, openMemoryState } from '../memory-state.ts';
import { openMemoryStores } from '../memory-stores.ts';

const told = (fragment: string, email: string, traits: Readonly<Record<string, string>> = {}): Change => ({
  kind: 'profile',
  fragment,
  at: '2026-11-01T00:00:00Z',
  traits,
  identifiers: [{ type: 'email', value: email }],
});

describe('a change that nobody foresaw', () => {
  it('may call traits and identifiers what every object has', async () => {
    const stores = openMemoryStores();
    const names = { constructor: 'x', toString: 'y', hasOwnProperty: 'z', valueOf: 'v', __proto__x: 'p' };
    const odd: Change = {
      kind: 'profile',
      fragment: 'web:user:2',
      at: '2026-11-02T00:00:00Z',
      traits: names,
      identifiers: [
        { type: 'email', value: 'ann@example.com' },
        { type: 'constructor', value: 'name' },
        { type: 'custom', value: 'constructor' },
      ],
    };

    await deliver(stores, [
      [told('web:user:1', 'ann@example.com', names)],
      [odd],
      [{ ...odd, at: '2026-11-03T00:00:00Z' }],
    ]);

    expect(recordsIn(stores)).toEqual([['web:user:1', 'web:user:2']]);
    const [person] = stores.living();
    expect(person?.fragments['web:user:2']?.identifiers.constructor).toEqual({
      name: [Date.parse('2026-11-02T00:00:00Z'), Date.parse('2026-11-03T00:00:00Z')],
    });
  });

  it('comes again alone: its neighbours are done', async () => {
    const stores = openMemoryStores();
    const { resolve } = openResolver(stores);
    const nothing = async () => {};
    const work = doWork({
      state: openMemoryState(),
      archive: openMemoryArchive(),
      clock: standingClock,
      log: () => {},
      pause: nothing,
      mark: async () => [],
      compare: nothing,
      scan: nothing,
      recount: nothing,
      resolve: async (batch) => {
        const poisoned = batch.some(({ changes }) =>
          changes.some((one) => 'fragment' in one && one.fragment.endsWith(':poison')),
        );
        if (poisoned) throw new TypeError('nobody foresaw this');
        return resolve(batch);
      },
    });
    const bodies = ['web:user:1', 'web:user:poison', 'web:user:2'].map(
      (fragment, at) => ({ changes: [told(fragment, `${at}@example.com`)] }) as unknown as Json,
    );

    const failed = await work(bodies, new AbortController().signal);

    expect([...failed]).toEqual([1]);
    expect(recordsIn(stores)).toEqual([['web:user:1'], ['web:user:2']]);
  });

  it('is in quarantine once when its message comes again', async () => {
    const state = openMemoryState();
    const nothing = async () => {};
    const work = doWork({
      state,
      archive: openMemoryArchive(),
      clock: standingClock,
      log: () => {},
      pause: nothing,
      mark: async () => [],
      compare: nothing,
      scan: nothing,
      recount: nothing,
      resolve: async () => Promise.reject(new Error('died')),
    });
    const record = { kind: 'profile', fragment: 'crm:contact:1' };
    for (const _ of [1, 2]) {
      await expect(work([{ connection: 'crm', changes: [record] }], new AbortController().signal)).rejects.toThrow();
    }

    const kept = await state.list('quarantine#crm', { most: 10 });

    expect(kept.map(({ body }) => body.record)).toEqual([record]);
  });
});
