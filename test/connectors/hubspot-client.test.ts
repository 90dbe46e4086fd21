import { describe, expect, it } from 'vitest';
import type { Calls } from '../../lib/connectors/contract.ts';
import type { FaultKind } from '../vendors/hubspot/faults.ts';
import { openRig } from './hubspot-rig.ts';

const SEARCH = { anyOf: [], properties: ['email'], limit: 10 };
const HOUR = 3_600_000;

describe('openHubspot', () => {
  it('says which account it is signed in to', async () => {
    await using rig = await openRig();

    await expect(rig.connect().account()).resolves.toMatchObject({ portalId: rig.vendor.portalId });
  });

  it('fetches a token by OAuth once, and another when it has ended', async () => {
    await using rig = await openRig();
    const api = rig.connect({ secret: rig.vendor.oauthSecret });
    await api.search('contacts', SEARCH);
    await api.search('contacts', SEARCH);
    rig.pass(HOUR);

    await api.search('contacts', SEARCH);

    const areas = rig.vendor.calls.map(({ area }) => area);
    expect(areas).toEqual(['token', 'search', 'search', 'search', 'token', 'search']);
    expect(api.calls()).toBe(6);
  });

  it('gives up as auth when a token that was just renewed is refused', async () => {
    await using rig = await openRig();
    rig.vendor.faults.add({ kind: 'expired-token', times: Number.POSITIVE_INFINITY });
    const api = rig.connect({ secret: rig.vendor.oauthSecret });

    await expect(api.search('contacts', SEARCH)).rejects.toMatchObject({ kind: 'auth', code: 'hubspot/token-expired' });
    expect(rig.vendor.calls).toHaveLength(4);
  });

  it('tells a refresh token that was taken back as auth', async () => {
    await using rig = await openRig();
    const api = rig.connect({ secret: { ...rig.vendor.oauthSecret, refresh_token: 'another' } });

    await expect(api.account()).rejects.toMatchObject({ kind: 'auth', code: 'hubspot/token-refused' });
  });

  it('stops at an expired token of a private app after one request', async () => {
    await using rig = await openRig();
    rig.vendor.faults.add({ kind: 'expired-token', times: Number.POSITIVE_INFINITY });

    await expect(rig.read('contacts')).rejects.toMatchObject({ kind: 'auth', code: 'hubspot/token-expired' });
    expect(rig.vendor.calls).toHaveLength(1);
  });

  it('names a missing scope as a matter of settings', async () => {
    await using rig = await openRig();
    rig.vendor.withheld.add('crm.objects.deals.read');

    await expect(rig.read('deals')).rejects.toMatchObject({ kind: 'config', code: 'hubspot/missing-scope' });
    await expect(rig.read('contacts')).resolves.toHaveLength(1);
  });

  const verdicts: readonly [FaultKind, object][] = [
    ['ten-secondly', { kind: 'rate-limited', code: 'hubspot/throttled', retryAfterMs: 10_000 }],
    ['secondly', { kind: 'rate-limited', code: 'hubspot/throttled', retryAfterMs: 1_000 }],
    ['daily', { kind: 'rate-limited', code: 'hubspot/daily-limit-reached', retryAfterMs: HOUR }],
    ['locked', { kind: 'rate-limited', code: 'hubspot/locked', retryAfterMs: 2_000 }],
    ['migrating', { kind: 'rate-limited', code: 'hubspot/migrating', retryAfterMs: 120_000 }],
    ['unavailable', { kind: 'transient', code: 'hubspot/unavailable' }],
    ['error-after-accepting', { kind: 'transient', code: 'hubspot/unavailable' }],
    ['html', { kind: 'transient', code: 'hubspot/unavailable' }],
    ['half-json', { kind: 'transient', code: 'hubspot/unreadable-answer' }],
    ['missing-scope', { kind: 'config', code: 'hubspot/missing-scope' }],
  ];
  it.each(verdicts)('tells %s by its kind, and tries nothing again by itself', async (kind, verdict) => {
    await using rig = await openRig();
    const api = rig.connect();
    rig.vendor.faults.add({ kind });

    await expect(api.search('contacts', SEARCH)).rejects.toMatchObject(verdict);
    expect(rig.vendor.calls).toHaveLength(1);
    await expect(api.search('contacts', SEARCH)).resolves.toMatchObject({ total: 0 });
  });

  it('comes through a storm of rate limits page by page, with nobody lost', async () => {
    await using rig = await openRig({ searchesPerSecond: 1 });
    const ids = Array.from({ length: 23 }, (_, n) =>
      rig.vendor.store.create('contacts', { email: `p${n}@example.com` }),
    );
    rig.pass(HOUR);
    const seen: string[] = [];
    let from: Awaited<ReturnType<typeof rig.read>>[number]['checkpoint'] | undefined;
    let refused = 0;
    for (let ended = false; !ended; rig.pass(1_000)) {
      try {
        await rig
          .read('contacts', {
            from,
            pageSize: 5,
            most: 1,
          })
          .then(([page]) => {
            from = page?.checkpoint;
            seen.push(...(page?.changes ?? []).flatMap((one) => ('fragment' in one ? [one.fragment] : [])));
            ended = JSON.stringify(from).includes('done');
          });
        await rig.connect().search('contacts', SEARCH);
      } catch (thrown) {
        expect(thrown).toMatchObject({ kind: 'rate-limited', retryAfterMs: 1_000 });
        refused += 1;
      }
    }

    expect(refused).toBeGreaterThan(3);
    expect(new Set(seen)).toEqual(new Set(ids.map((id) => `crm:contact:${id}`)));
  });

  it('passes on what of the day is used, which searches do not tell', async () => {
    await using rig = await openRig({ dailyLimit: 1_000 });
    const heard: unknown[] = [];
    const calls: Calls = { ask: async () => {}, heard: (told) => void heard.push(told) };
    const api = rig.connect({ calls });
    rig.vendor.usage.add(200);

    await api.search('contacts', SEARCH);
    await api.account();

    expect(heard).toEqual([{ used: { used: 202, limit: 1_000 } }]);
  });

  it('ends as transient when its time is up, without another request', async () => {
    await using rig = await openRig();
    const api = rig.connect({ signal: AbortSignal.abort() });

    await expect(api.account()).rejects.toMatchObject({ kind: 'transient', code: 'hubspot/stopped' });
    expect(rig.vendor.calls).toEqual([]);
  });

  it('repeats nothing of HubSpot’s words, which may quote an address', async () => {
    await using rig = await openRig();
    rig.vendor.store.create('contacts', { email: 'ann@example.com' });
    rig.vendor.faults.add({ kind: 'error-after-accepting' });
    const api = rig.connect();

    const failure: Error = await api
      .readBatch('contacts', { ids: ['ann@example.com'], properties: [], by: 'email' })
      .then(
        () => new Error('it did not fail'),
        (thrown: Error) => thrown,
      );

    expect(failure.message).toBe(
      'HubSpot could not answer; whether a write was done is unknown (HTTP 500 INTERNAL_ERROR)',
    );
    expect(failure.cause).toBeUndefined();
  });
});
