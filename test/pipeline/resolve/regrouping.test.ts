import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change, Identifier } from '../../../lib/domain/change.ts';
import { indexKey } from '../../../lib/domain/identifier.ts';
import type { IdentityIndex } from '../../../lib/pipeline/ports.ts';
import { fragmentKey } from '../../../lib/pipeline/resolve/gather.ts';
import { deliver, identityKey, openResolver, peopleIn, recordsIn, seededFate } from '../delivering.ts';
import { openMemoryStores } from '../memory-stores.ts';
import { anyEvidence, NOW, reference } from '../world.ts';

const RUNS = Number(process.env.TRIBUTARY_RUNS ?? 150);
const HOUR = 3_600_000;

const told = (fragment: string, hour: number, ...identifiers: readonly Identifier[]): Change => ({
  kind: 'profile',
  fragment,
  at: new Date(NOW - 960 * HOUR + hour * HOUR).toISOString(),
  identifiers,
});
const email = (value: string): Identifier => ({ type: 'email', value });
const phone: Identifier = { type: 'phone', value: '+4930111111' };

describe('regrouping', () => {
  it('ends in the same people when writers run beside each other, with evidence of several types', async () => {
    await fc.assert(
      fc.asyncProperty(anyEvidence, fc.integer({ min: 1, max: 2 ** 31 }), async (changes, seed) => {
        const stores = openMemoryStores(seededFate(seed, 0.02));
        const writers = [0, 1, 2, 3].map(async (writer) => {
          for (const [at, change] of changes.entries()) if (at % 4 === writer) await deliver(stores, [[change]]);
        });
        await Promise.all(writers);

        expect(peopleIn(stores)).toEqual(reference(changes));
      }),
      { numRuns: RUNS },
    );
  });

  it('keeps a record in one person when it moves between the look-up and the read of another writer', async () => {
    const stores = openMemoryStores();
    await deliver(stores, [
      [told('crm:contact:1', 1, email('ann@example.com')), told('crm:contact:2', 2, email('ann@example.com'))],
    ]);
    let moved = false;
    const identities: IdentityIndex = {
      ...stores.identities,
      async lookUp(keys) {
        const found = await stores.identities.lookUp(keys);
        if (!moved) {
          moved = true;
          await deliver(stores, [[told('crm:contact:2', 3, email('bob@example.com'))]]);
        }
        return found;
      },
    };

    await deliver(stores, [[told('crm:contact:2', 4, email('ann@example.com'))]], { identities });

    expect(recordsIn(stores)).toEqual([['crm:contact:1', 'crm:contact:2']]);
  });

  it('gets through when the evidence of a record leads to somebody whom the message does not name', async () => {
    const stores = openMemoryStores();
    // Six people with one switchboard: the sixth would be the sixth address of one person, and stays alone.
    const sharers = [1, 2, 3, 4, 5, 6].map((one) =>
      told(`crm:contact:${one}`, one, email(`${one}@example.com`), phone),
    );
    for (const one of sharers) await deliver(stores, [[one]]);
    expect(recordsIn(stores)).toHaveLength(2);
    const news = told('crm:contact:6', 9, email('six@example.com'));

    const { failed } = await openResolver(stores).resolve([{ changes: [news], profiles: [], accounts: [] }]);

    expect(failed.size).toBe(0);
    expect(peopleIn(stores)).toEqual(reference([...sharers, news]));
  });

  it('leads the identifiers of a merged person straight to the one who took them', async () => {
    const stores = openMemoryStores();
    await deliver(stores, [
      [told('crm:contact:1', 1, email('ann@example.com'))],
      [told('mail:member:a', 2, email('bob@example.com'))],
    ]);
    await deliver(stores, [
      [told('crm:lead:3', 3, email('ann@example.com'), phone)],
      [told('mail:member:a', 4, email('bob@example.com'), phone)],
    ]);

    const [merged] = stores.pointers();
    const [living] = stores.living();
    expect(merged?.mergedInto).toBe(living?.id);
    for (const one of [email('ann@example.com'), email('bob@example.com'), phone]) {
      expect(stores.owner(indexKey(one, identityKey))).toBe(living?.id);
    }
    expect(stores.owner(fragmentKey('mail:member:a', identityKey))).toBe(living?.id);
  });
});
