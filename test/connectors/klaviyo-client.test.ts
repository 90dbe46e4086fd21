import { describe, expect, it } from 'vitest';
import type { Calls } from '../../lib/connectors/contract.ts';
import type { FaultKind } from '../vendors/klaviyo/faults.ts';
import { namesIn } from './connector-rig.ts';
import { openRig } from './klaviyo-rig.ts';

const QUERY = { sort: 'updated', after: undefined, size: 10 };

describe('openKlaviyo', () => {
  it('says whose key it is', async () => {
    await using rig = await openRig();

    await expect(rig.connect().account()).resolves.toEqual({ id: 'VXSTFA' });
  });

  it('stops at a key that was deleted, after one request', async () => {
    await using rig = await openRig();
    rig.vendor.faults.add({ kind: 'refused-key', times: Number.POSITIVE_INFINITY });

    await expect(rig.read('profiles')).rejects.toMatchObject({ kind: 'auth', code: 'klaviyo/key-refused' });
    expect(rig.vendor.calls).toHaveLength(1);
  });

  it('names a missing scope as a matter of settings, and reads on where it may', async () => {
    await using rig = await openRig();
    rig.vendor.withheld.add('events:read');

    await expect(rig.read('events')).rejects.toMatchObject({ kind: 'config', code: 'klaviyo/missing-scope' });
    await expect(rig.read('profiles')).resolves.toHaveLength(1);
  });

  const verdicts: readonly [FaultKind, object][] = [
    ['burst', { kind: 'rate-limited', code: 'klaviyo/throttled', retryAfterMs: 1_000 }],
    ['steady', { kind: 'rate-limited', code: 'klaviyo/throttled', retryAfterMs: 42_000 }],
    ['throttled-in-silence', { kind: 'rate-limited', code: 'klaviyo/throttled', retryAfterMs: 60_000 }],
    ['unavailable', { kind: 'transient', code: 'klaviyo/unavailable' }],
    ['error-after-accepting', { kind: 'transient', code: 'klaviyo/unavailable' }],
    ['challenge', { kind: 'transient', code: 'klaviyo/challenged' }],
    ['half-json', { kind: 'transient', code: 'klaviyo/unreadable-answer' }],
    ['another-shape', { kind: 'transient', code: 'klaviyo/unreadable-answer' }],
    ['missing-scope', { kind: 'config', code: 'klaviyo/missing-scope' }],
  ];
  it.each(verdicts)('tells %s by its kind, and tries nothing again by itself', async (kind, verdict) => {
    await using rig = await openRig();
    const api = rig.connect();
    rig.vendor.faults.add({ kind });

    await expect(api.listProfiles(QUERY)).rejects.toMatchObject(verdict);
    expect(rig.vendor.calls).toHaveLength(1);
    await expect(api.listProfiles(QUERY)).resolves.toEqual({ records: [], after: undefined });
  });

  it('comes through the limits of the second and of the minute with nobody lost', async () => {
    await using rig = await openRig({ limited: true });
    const ids = Array.from({ length: 160 }, (_, n) => rig.vendor.store.create({ email: `p${n}@example.com` }));
    rig.pass(3_600_000);
    const seen = new Set<string>();
    const waits: number[] = [];
    let from: Awaited<ReturnType<typeof rig.read>>[number]['checkpoint'] | undefined;
    for (let ended = false; !ended; ) {
      try {
        await rig.read('profiles', {
          from,
          pageSize: 1,
          meanwhile: (pages) => {
            const page = pages.at(-1);
            from = page?.checkpoint;
            for (const name of namesIn(page === undefined ? [] : [page])) seen.add(name);
          },
        });
        ended = true;
      } catch (thrown) {
        const { kind, retryAfterMs = 0 } = thrown as { kind?: string; retryAfterMs?: number };
        expect(kind).toBe('rate-limited');
        waits.push(retryAfterMs);
        rig.pass(retryAfterMs);
      }
    }

    expect(waits).toEqual([1_000, 1_000]);
    expect(seen).toEqual(new Set(ids.map((id) => `shop:profile:${id}`)));
  });

  it('asks for leave before each request, and has no day to tell of', async () => {
    await using rig = await openRig();
    const heard: unknown[] = [];
    let asked = 0;
    const calls: Calls = {
      ask: async () => {
        asked += 1;
      },
      heard: (told) => void heard.push(told),
    };
    const api = rig.connect({ calls });

    await api.account();
    await api.listProfiles(QUERY);

    expect([asked, api.calls(), heard]).toEqual([2, 2, []]);
  });

  it('ends as transient when its time is up, without another request', async () => {
    await using rig = await openRig();
    const api = rig.connect({ signal: AbortSignal.abort() });

    await expect(api.account()).rejects.toMatchObject({ kind: 'transient', code: 'klaviyo/stopped' });
    expect(rig.vendor.calls).toEqual([]);
  });

  it('repeats nothing of Klaviyo’s words, which may quote an address', async () => {
    await using rig = await openRig();
    const api = rig.connect();

    const failure: Error = await api.listProfiles({ ...QUERY, filter: 'equals(ann@example.com,"x")' }).then(
      () => new Error('it did not fail'),
      (thrown: Error) => thrown,
    );

    expect(failure.message).toBe('Klaviyo did not accept a request as we made it (HTTP 400 invalid)');
    expect(failure.cause).toBeUndefined();
  });

  it('follows the token of a link, never its host', async () => {
    await using rig = await openRig();
    for (let n = 0; n < 3; n += 1) rig.vendor.store.create({ email: `p${n}@example.com` });
    const api = rig.connect();

    const first = await api.listProfiles({ ...QUERY, size: 2 });
    const second = await api.listProfiles({ ...QUERY, size: 2, after: first.after });

    expect([first.records.length, second.records.length, second.after]).toEqual([2, 1, undefined]);
    expect(rig.vendor.calls.map(({ path }) => path)).toEqual(['/api/profiles', '/api/profiles']);
  });
});
