import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change } from '../../../lib/domain/change.ts';
import { type IdentityKey, indexKey } from '../../../lib/domain/identifier.ts';
import { findPerson } from '../../../lib/pipeline/describe/find-person.ts';
import { readReceipt } from '../../../lib/pipeline/erase/erasure-receipt.ts';
import { startForget } from '../../../lib/pipeline/erase/forget-person.ts';
import { workJobs } from '../../../lib/pipeline/jobs/work-jobs.ts';
import type { ProfileStore } from '../../../lib/pipeline/ports.ts';
import { fragmentKey } from '../../../lib/pipeline/resolve/gather.ts';
import { deliver, identityKey, recordsIn, seededFate, standingClock } from '../delivering.ts';
import { openHandClock } from '../memory-state.ts';
import { openMemoryStores } from '../memory-stores.ts';
import { anyEvidence, compiledTight, NOW } from '../world.ts';
import { ann, at, bob, contact, opened, openPrivacy, visit } from './forgetting.ts';

const RUNS = Number(process.env.TRIBUTARY_RUNS ?? 100);
const HOUR = 3_600_000;

describe('forgetPerson', () => {
  it('leaves nothing of a person but a tombstone, ids and HMACs', async () => {
    const stores = openMemoryStores();
    const privacy = openPrivacy(stores);
    await deliver(stores, [[contact('1', -9, ann), contact('2', -8, ann), opened('1', -7), opened('2', -6)]]);
    await deliver(stores, [[contact('9', -9, bob)]]);
    await privacy.state.put('quarantine#crm', 'a', { record: { Email: 'Ann@Example.com' }, code: 'x' }, 0);
    await privacy.state.put('quarantine#crm', 'b', { record: { Email: 'bob@example.com' }, code: 'x' }, 0);
    await privacy.state.put('duplicate', '0900-x', { fragments: ['crm:contact:1', 'crm:contact:9'] }, 0);
    await privacy.state.put('duplicate-pair', 'y', { fragments: ['crm:contact:8', 'crm:contact:9'] }, 0);
    const person = await findPerson(privacy.deps, 'ann@example.com');
    await privacy.archive.putJson(`exports/${person?.id}/1/person.json.gz`, { name: 'Ann' });
    await privacy.state.put('mark#customers', person?.id ?? '', { mark: 'wrong' }, 0);

    const receipt = await privacy.forget('ann@example.com');

    expect(recordsIn(stores)).toEqual([['crm:contact:9']]);
    expect(stores.everything()).not.toMatch(/ann@example|contact:1|contact:2/i);
    expect(stores.rows().map(({ profile }) => profile)).not.toContain(person?.id);
    expect(stores.lines().filter(({ profile }) => profile === person?.id)).toEqual([]);
    expect((await privacy.state.list('quarantine#crm', { most: 9 })).map(({ id }) => id)).toEqual(['b']);
    expect([...privacy.archive.objects.keys()].filter((key) => key.startsWith('exports/'))).toEqual([]);
    expect(stores.tombstones()).toEqual([{ id: person?.id, version: 3, erased: NOW, outbox: [], dueAt: null }]);
    expect(await privacy.state.get('duplicate', '0900-x')).toBeUndefined();
    expect(await privacy.state.get('duplicate-pair', 'y')).toBeDefined();
    expect(await privacy.state.list('mark#customers', { most: 9 })).toEqual([]);
    expect(JSON.stringify(receipt)).not.toMatch(/ann|contact/i);
    expect(Object.fromEntries(receipt.places.map(({ place, state }) => [place, state]))).toEqual({
      profile: 'confirmed',
      identifiers: 'confirmed',
      activities: 'confirmed',
      memberships: 'confirmed',
      'audience to-tool': 'confirmed',
      history: 'confirmed',
      quarantine: 'confirmed',
      suggestions: 'confirmed',
      marks: 'confirmed',
      exports: 'confirmed',
      archive: 'pending',
      'dead letters': 'confirmed',
      'write ledger': 'confirmed',
      'checks of lists': 'pending',
      'plans and outcomes': 'pending',
      backups: 'pending',
      'tool crm': 'impossible',
    });
    expect(await findPerson(privacy.deps, 'ann@example.com')).toBeUndefined();
    expect(await findPerson(privacy.deps, 'crm:contact:1')).toBeUndefined();
  });

  it.each([['bea'], [undefined]])('keeps in the receipt who asked: %s', async (by) => {
    const stores = openMemoryStores();
    const privacy = openPrivacy(stores);
    await deliver(stores, [[contact('1', -9, ann)]]);
    const person = await findPerson(privacy.deps, 'ann@example.com');

    const { receipt } = await startForget(privacy.deps, person?.id ?? '', by);
    await privacy.doJobs();

    const kept = await readReceipt(privacy.state, receipt);
    expect(kept?.erasedAt).toBeDefined();
    expect(kept?.by).toBe(by);
  });

  it('forgets a person whole wherever it dies, in any world', async () => {
    await fc.assert(
      fc.asyncProperty(anyEvidence, fc.integer({ min: 1, max: 2 ** 31 }), async (changes, seed) => {
        let dying = false;
        const fate = seededFate(seed, 0.14);
        const stores = openMemoryStores(() => (dying ? fate() : 'lives'));
        const privacy = openPrivacy(stores, identityKey, openHandClock(NOW), compiledTight);
        const given = { compiled: async () => compiledTight };
        await deliver(stores, [changes], given);
        const [victim] = stores.living();
        if (victim === undefined) return;
        const theirs = Object.keys(victim.fragments);
        const others = recordsIn(stores)
          .flat()
          .filter((record) => !theirs.includes(record))
          .sort();
        dying = true;

        const receipt = await privacy.forget(victim.id);

        dying = false;
        expect(receipt.erasedAt).toBeDefined();
        expect(recordsIn(stores).flat().sort()).toEqual(others);
        // Others name a record of theirs where they heard it of an address, or are kept apart from it (docs/privacy.md).
        const left = stores.everything().replaceAll(/\\?"[^"\\]+\\?":\[/g, '');
        for (const fragment of theirs) expect(left).not.toContain(fragment);
        // Everything told again is dropped, and nobody comes back.
        await deliver(
          stores,
          changes.map((change) => [change]),
          given,
        );
        expect(recordsIn(stores).flat().sort()).toEqual(others);
      }),
      { numRuns: RUNS },
    );
  });

  it.each([
    ['', 1],
    [', though the message comes again before it has', 3],
  ])('is not undone by a writer who read the person before, wherever it stands%s', async (_, times) => {
    // The writer stops at its n-th operation; meanwhile the person is forgotten; then the writer goes on.
    for (let stop = 1; stop <= 40; stop += 1) {
      let operations = 0;
      let pause: (() => Promise<void>) | undefined;
      const plain = openMemoryStores();
      const privacy = openPrivacy(plain);
      await deliver(plain, [[contact('1', -9, ann), opened('1', -7)]]);
      const held = <T extends object>(store: T): T =>
        new Proxy(store, {
          get(target, name) {
            const value = Reflect.get(target, name) as unknown;
            if (typeof value !== 'function' || ['all', 'due', 'scan', 'accountPeople'].includes(String(name)))
              return value;
            return async (...args: unknown[]) => {
              operations += 1;
              if (operations === stop) await pause?.();
              return (value as (...given: unknown[]) => unknown).apply(target, args);
            };
          },
        });
      const slow = {
        ...plain,
        identities: held(plain.identities),
        profiles: held(plain.profiles as ProfileStore),
        activities: held(plain.activities),
        memberships: held(plain.memberships),
        history: held(plain.history),
      };
      let writing: Promise<unknown> = Promise.resolve();
      pause = async () => {
        pause = undefined;
        const person = await findPerson(privacy.deps, 'ann@example.com');
        await startForget(privacy.deps, person?.id ?? '');
        // The first look only: the second comes when every writer of before has ended.
        const first = privacy.jobs.next() ?? null;
        for (let time = 0; time < times; time += 1) {
          await workJobs(privacy.deps)(first, new AbortController().signal);
          privacy.deps.clock.pass(10_000);
        }
      };
      writing = deliver(slow, [[contact('1', -5, ann), contact('3', -4, ann), opened('3', -3)]]);
      await writing;
      if (operations < stop) {
        // It ended before: every place where it could stop has been tried.
        expect(stop).toBeGreaterThan(6);
        return;
      }
      await privacy.doJobs();

      expect(recordsIn(plain), `stopped at operation ${stop}`).toEqual([]);
      expect(plain.activityCount(), `stopped at operation ${stop}`).toBe(0);
      expect(plain.lines(), `stopped at operation ${stop}`).toEqual([]);
      expect(plain.rows(), `stopped at operation ${stop}`).toEqual([]);
    }
    throw new Error('the writer has more operations than were tried');
  });

  it('drops what any import tells of the person later, and counts it', async () => {
    const stores = openMemoryStores();
    const privacy = openPrivacy(stores);
    await deliver(stores, [[contact('1', -9, ann)]]);
    await privacy.forget('ann@example.com');

    const again = [contact('1', 5, ann), contact('44', 6, ann), opened('1', 7)];
    const { erased, failed } = await privacy.resolve(again);

    expect(erased).toBe(3);
    expect(failed.size).toBe(0);
    expect(recordsIn(stores)).toEqual([]);
    expect(stores.activityCount()).toBe(0);
    expect(stores.owner(fragmentKey('crm:contact:44', identityKey))).toBe(stores.tombstones()[0]?.id);
    // The new record is known to be theirs: what it does later is dropped too, without any identifier.
    expect((await privacy.resolve([opened('44', 8)])).erased).toBe(1);
  });

  it("makes a new person of the person's own later word, in any order with imports", async () => {
    const before = openMemoryStores();
    await deliver(before, [[contact('1', -9, ann)]]);
    const former = before.living()[0]?.id;
    const later = [visit(1), visit(-1), contact('1', 5, ann), contact('44', 6, ann), opened('1', 7)];
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(later, { minLength: later.length }), async (order) => {
        const stores = openMemoryStores();
        const privacy = openPrivacy(stores);
        await deliver(stores, [[contact('1', -9, ann)]]);
        await privacy.forget('ann@example.com');

        for (const change of order) await privacy.resolve([change]);

        expect(recordsIn(stores)).toEqual([['web:user:7']]);
        const found = await findPerson(privacy.deps, 'ann@example.com');
        expect(found?.id).toMatch(/^p_/);
        expect(found?.id).not.toBe(former);
        expect(Object.keys(found?.fragments['web:user:7']?.traits ?? {})).toEqual(['name']);
        expect(found?.fragments['web:user:7']?.traits.name?.[1]).toBe(NOW + HOUR);
      }),
      { numRuns: 60 },
    );
  });

  it('lets nobody come back by a consent or a form that is dated in the future', async () => {
    const stores = openMemoryStores();
    const privacy = openPrivacy(stores);
    await deliver(stores, [[contact('1', -9, ann)]]);
    await privacy.forget('ann@example.com');
    const granted = { address: ann.value, topic: 'email', state: 'granted', source: 'form', by: 'person' } as const;
    const member = { kind: 'profile', fragment: 'mail:member:a', at: at(-1), identifiers: [ann] } as const;
    const subscribed: Change = { ...member, consent: [{ ...granted, at: '2062-01-01T00:00:00.000Z' }] };
    const form: Change = { ...member, fragment: 'form:response:1', at: '2062-01-01T00:00:00.000Z', by: 'person' };

    expect((await privacy.resolve([subscribed])).erased).toBe(1);
    expect((await privacy.resolve([form], { clock: standingClock })).erased).toBe(1);
    expect(recordsIn(stores)).toEqual([]);
  });

  it('forgets a new person again, with a tombstone of its own', async () => {
    const stores = openMemoryStores();
    const privacy = openPrivacy(stores);
    await deliver(stores, [[contact('1', -9, ann)]]);
    await privacy.forget('ann@example.com');
    await privacy.resolve([visit(1)]);

    await privacy.forget('ann@example.com');

    expect(recordsIn(stores)).toEqual([]);
    expect(stores.tombstones()).toHaveLength(2);
    await privacy.resolve([contact('1', 5, ann), visit(-2)]);
    expect(recordsIn(stores)).toEqual([]);
  });

  it('takes the rows and lines of everybody who was merged into the person', async () => {
    const stores = openMemoryStores();
    const privacy = openPrivacy(stores);
    await deliver(stores, [[contact('1', -9, ann)], [contact('2', -8, bob)]]);
    const ids = stores.living().map(({ id }) => id);
    await deliver(stores, [[contact('3', -7, ann, bob)]]);
    expect(stores.pointers()).toHaveLength(1);

    await privacy.forget('crm:contact:1');

    const left = [...stores.rows().map(({ profile }) => profile), ...stores.lines().map(({ profile }) => profile)];
    for (const id of ids) expect(left).not.toContain(id);
  });

  it("keeps the tombstone where somebody's record only speaks of an address that it had before", async () => {
    const stores = openMemoryStores();
    const privacy = openPrivacy(stores);
    await deliver(stores, [[contact('9', -9, ann)], [contact('9', -8, bob)], [contact('1', -7, ann)]]);
    await privacy.forget('ann@example.com');
    const tombstone = stores.owner(indexKey(ann, identityKey));
    const said = { topic: 'email', state: 'denied', by: 'company', at: at(1), source: 'box' } as const;

    await privacy.resolve([{ ...contact('9', 1), consent: [{ ...said, address: ann.value }] } as Change]);

    expect(recordsIn(stores)).toEqual([['crm:contact:9']]);
    expect(stores.living()[0]?.fragments['crm:contact:9']?.consent).toHaveLength(1);
    expect(stores.owner(indexKey(ann, identityKey))).toBe(tombstone);
    // What is imported of the erased person stays theirs.
    expect(await privacy.resolve([contact('44', 2, ann)])).toMatchObject({ erased: 1 });
    expect(await privacy.resolve([opened('44', 3)])).toMatchObject({ erased: 1 });
  });

  it('lets somebody else keep a number that the erased person held', async () => {
    const stores = openMemoryStores();
    const privacy = openPrivacy(stores);
    const phone = { type: 'phone', value: '+4930111111' };
    const sharers = [1, 2, 3, 4, 5, 6].map((one) =>
      contact(`${one}`, one - 20, { type: 'email', value: `${one}@example.com` }, phone),
    );
    for (const one of sharers) await deliver(stores, [[one]]);
    expect(recordsIn(stores)).toHaveLength(2);

    await privacy.forget('crm:contact:1');
    const { erased } = await privacy.resolve([
      { ...contact('6', 5, { type: 'email', value: '6@example.com' }, phone), traits: { name: 'Six' } } as Change,
    ]);

    expect(erased).toBe(0);
    expect(recordsIn(stores)).toEqual([['crm:contact:6']]);
    expect(stores.living()[0]?.fragments['crm:contact:6']?.traits.name?.[0]).toBe('Six');
    const news = contact('6', 6, { type: 'email', value: 'six@example.com' }, phone);
    expect((await privacy.resolve([news])).failed.size).toBe(0);
    expect((await findPerson(privacy.deps, 'six@example.com'))?.kin).toEqual([]);
  });
});

describe('generations of the identity key', () => {
  const second: IdentityKey = { secret: 'a second test key that is long enough', generation: 2, former: [identityKey] };

  it('find and join people who were stored under the former key, and write under the new one', async () => {
    const stores = openMemoryStores();
    await deliver(stores, [[contact('1', -9, ann)]]);
    const [before] = stores.living();

    await deliver(stores, [[contact('2', -8, ann)]], { key: second });

    expect(recordsIn(stores)).toEqual([['crm:contact:1', 'crm:contact:2']]);
    expect(stores.living()[0]?.id).toBe(before?.id);
    expect(stores.owner(indexKey(ann, second))).toBe(before?.id);
    const privacy = openPrivacy(stores, second);
    expect((await findPerson(privacy.deps, 'crm:contact:1'))?.id).toBe(before?.id);
  });

  it('keep the tombstones of a former key', async () => {
    const stores = openMemoryStores();
    await deliver(stores, [[contact('1', -9, ann)]]);
    await openPrivacy(stores).forget('ann@example.com');
    const privacy = openPrivacy(stores, second);

    const { erased } = await privacy.resolve([contact('1', 5, ann), contact('2', 5, ann)]);
    expect(erased).toBe(2);
    await privacy.resolve([visit(1)]);

    expect(recordsIn(stores)).toEqual([['web:user:7']]);
    expect((await privacy.resolve([contact('3', 9, ann)])).erased).toBe(1);
  });
});
