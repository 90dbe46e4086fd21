import { describe, expect, it } from 'vitest';
import type { Json } from '../../../lib/domain/json.ts';
import { searchDeadLetters } from '../../../lib/pipeline/erase/search-dead-letters.ts';
import type { DeadLetters } from '../../../lib/pipeline/ports.ts';
import { deliver, identityKey } from '../delivering.ts';
import { openHandClock, openMemoryDeadLetters } from '../memory-state.ts';
import { openMemoryStores } from '../memory-stores.ts';
import { NOW } from '../world.ts';
import { ann, at, bob, contact, opened, openPrivacy, visit } from './forgetting.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Ann and Bob are known; Ann is forgotten while these dead letters lie there. */
async function forgetAnn(...bodies: readonly object[]) {
  const stores = openMemoryStores();
  const clock = openHandClock(NOW);
  const privacy = openPrivacy(stores, identityKey, clock);
  await deliver(stores, [[contact('1', -9, ann)], [contact('2', -9, bob)]]);
  privacy.deadLetters.fill(...(bodies as readonly Json[]));
  const receipt = await privacy.forget('ann@example.com');
  const round = async (): Promise<void> => {
    clock.pass(DAY);
    await privacy.jobs.send([{ body: { care: true } }]);
    await privacy.doJobs();
  };
  return { ...privacy, stores, clock, receipt, round, left: () => privacy.deadLetters.bodies() };
}

describe('searchDeadLetters', () => {
  it('keeps the neighbours in a message, and messages about nobody', async () => {
    const both = { connection: 'crm', changes: [contact('1', -8, ann), contact('2', -8, bob), opened('1')] };
    const { left, receipt } = await forgetAnn(both, { connection: 'crm', changes: [opened('2')] }, { recount: true });

    expect(left()).toHaveLength(3);
    expect(left()).toContainEqual({ connection: 'crm', changes: [contact('2', -8, bob)] });
    expect(JSON.stringify(left())).not.toContain('ann@example.com');
    expect(receipt.places.find(({ place }) => place === 'dead letters')).toMatchObject({
      state: 'confirmed',
      count: 1,
    });
  });

  it.each([
    ['a message of hers alone', { connection: 'crm', changes: [opened('1')] }, []],
    [
      'a record that could not be used',
      { connection: 'crm', rejected: [{ code: 'x', record: { Email: 'Ann@Example.com' } }] },
      [],
    ],
    ['a record to be read again', { connection: 'crm', stream: 'contacts', reread: ['contact-1'] }, []],
    [
      'one of two records to be read again',
      { connection: 'crm', reread: ['contact-1', 'contact-2'] },
      [{ connection: 'crm', reread: ['contact-2'] }],
    ],
    ['somebody who was paused', { connection: 'crm', changes: [], pause: ['crm:contact:1'] }, []],
    [
      'a numbered message, whose number a run waits for',
      { connection: 'crm', changes: [opened('1')], run: { id: 'r', number: 3 } },
      [{ connection: 'crm', changes: [], run: { id: 'r', number: 3 } }],
    ],
    ['an unknown record that states her address', { connection: 'crm', changes: [contact('44', -8, ann)] }, []],
  ])('takes out %s', async (_, body, left) => {
    const rig = await forgetAnn(body);

    expect(rig.left()).toEqual(left);
  });

  it('takes the number of a message for nobody', async () => {
    const stores = openMemoryStores();
    const privacy = openPrivacy(stores, identityKey, openHandClock(NOW));
    await deliver(stores, [[contact('1', -9, ann, { type: 'user_id', value: '100003' })]]);
    const body = { connection: 'crm', changes: [opened('2')], run: { id: 'r', number: 100_003 } };
    privacy.deadLetters.fill(body as unknown as Json);

    await privacy.forget('ann@example.com');

    expect(privacy.deadLetters.bodies()).toEqual([body]);
  });

  it.each([
    ["a living person's record that states her address", { connection: 'crm', changes: [contact('2', -3, bob, ann)] }],
    [
      'a company',
      {
        connection: 'crm',
        changes: [{ kind: 'account', account: 'crm:account:1', at: at(-9), traits: { mail: 'ann@example.com' } }],
      },
    ],
  ])('leaves %s', async (_, body) => {
    const rig = await forgetAnn(body);

    expect(rig.left()).toEqual([body]);
  });

  it('leaves her own later word, and takes out what is dated later than now', async () => {
    const rig = await forgetAnn();
    const later = { connection: 'web', changes: [visit(1)] };
    rig.deadLetters.fill(later as unknown as Json, { connection: 'web', changes: [visit(1_000)] } as unknown as Json);

    await rig.round();

    expect(rig.left()).toEqual([later]);
  });

  it('loses no neighbour wherever it dies', async () => {
    for (let stop = 1; stop <= 40; stop += 1) {
      let steps = 0;
      let dies = true;
      const queue = openMemoryDeadLetters(() => {
        steps += 1;
        if (dies && steps === stop) throw new Error('died');
      });
      const innocent = [{ changes: [opened('2')] }, { recount: true }] as unknown as readonly Json[];
      queue.fill(...innocent, { changes: [opened('1'), opened('3')] } as unknown as Json);
      const losesNobody = () => {
        expect(queue.bodies(), `died at ${stop}`).toEqual(expect.arrayContaining<unknown>([...innocent]));
        expect(JSON.stringify(queue.bodies()), `died at ${stop}`).toContain('crm:contact:3');
      };
      const rig = await forgetAnn();
      const erased = new Map(rig.receipt.keys.map((key) => [key, NOW]));
      const search = () => {
        const deps = { ...rig.deps, deadLetters: { queue } };
        return searchDeadLetters(deps, erased, new AbortController().signal);
      };
      const first = await search().catch(() => undefined);
      dies = false;
      if (first !== undefined) {
        // It died nowhere: every place has been tried, and nothing is hidden from whoever comes next.
        expect(stop).toBeGreaterThan(10);
        expect((await queue.count()).hidden).toBe(0);
        return;
      }
      // What a dead worker had in hand shows itself again after a while.
      queue.show();

      losesNobody();
      await search();
      losesNobody();
      expect((await queue.count()).hidden).toBe(0);
      expect(JSON.stringify(queue.bodies()), `died at ${stop}`).not.toContain('crm:contact:1');
    }
    throw new Error('there are more places to die at than were tried');
  });

  it('shows every message again, and says what it could not look at', async () => {
    const stores = openMemoryStores();
    const clock = openHandClock(NOW);
    const privacy = openPrivacy(stores, identityKey, clock);
    await deliver(stores, [[contact('1', -9, ann)]]);
    privacy.deadLetters.fill({ changes: [opened('1')] as unknown as Json }, { recount: true });
    privacy.deadLetters.hide('m1');

    const { places } = await privacy.forget('ann@example.com');

    // As of the second look, which comes when every writer of before has ended.
    const until = new Date(NOW + 150_000 + 14 * DAY).toISOString();
    expect(places.find(({ place }) => place === 'dead letters')).toMatchObject({ state: 'pending', until });
    expect((await privacy.deadLetters.count()).hidden).toBe(1);
  });

  it.each([
    ['20,000 messages', 1, 20_000],
    ['a minute', 100, 6_000],
  ])(
    'ends after %s of a queue without an end, holding no text, and says that it is not through',
    async (_, tookMs, seen) => {
      const rig = await forgetAnn();
      const clock = openHandClock(NOW);
      const released: object[] = [];
      let last = 0;
      const endless: DeadLetters = {
        receive: async () => {
          clock.pass(tookMs);
          return Array.from({ length: 10 }, () => ({ handle: `m${++last}`, text: '{"recount":true}' }));
        },
        put: async () => {},
        remove: async () => {},
        release: async (letters) => void released.push(...letters),
        count: async () => ({ seen: 1, hidden: 0 }),
      };
      const deps = { ...rig.deps, clock, deadLetters: { endless } };

      const found = await searchDeadLetters(deps, new Map([['nobody', NOW]]), new AbortController().signal);

      expect(found).toEqual({ seen, taken: 0, missed: 1 });
      expect(released).toHaveLength(seen);
      expect(released[0]).toEqual({ handle: 'm1' });
    },
  );

  it('is looked at again each night: what dies later is found then, and the receipt is settled', async () => {
    const rig = await forgetAnn();
    rig.deadLetters.fill({ changes: [opened('1'), opened('2')] as unknown as Json });

    await rig.round();

    expect(rig.left()).toEqual([{ changes: [opened('2')] }]);
  });
});
