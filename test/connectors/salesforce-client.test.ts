import { describe, expect, it } from 'vitest';
import { queryAll } from '../../lib/connectors/salesforce/query.ts';
import type { FaultKind } from '../vendors/salesforce/faults.ts';
import { openRig, readStream } from './salesforce-rig.ts';

const CONTACTS = 'SELECT Id, Email FROM Contact';
const HOUR = 3_600_000;

describe('openSalesforce', () => {
  it('signs in with client credentials', async () => {
    await using rig = await openRig();

    const api = await rig.connect();

    expect(api.signedInAs()).toBe('00D5g000001DemoEAC/0055g000004Demo1AA');
    expect(rig.vendor.calls).toMatchObject({ token: 1, total: 1 });
  });

  it('signs in with a signed assertion', async () => {
    await using rig = await openRig();

    const api = await rig.connect({ secret: rig.vendor.jwtSecret() });

    await expect(queryAll(api, CONTACTS)).resolves.toEqual([]);
  });

  it('refuses a key that is no key, by name', async () => {
    await using rig = await openRig();
    const secret = { ...rig.vendor.jwtSecret(), private_key: 'not a key' };

    await expect(rig.connect({ secret })).rejects.toMatchObject({ kind: 'config', code: 'salesforce/unusable-key' });
  });

  it('tells a wrong secret as auth', async () => {
    await using rig = await openRig();
    const secret = { ...rig.vendor.secret, client_secret: 'wrong' };

    await expect(rig.connect({ secret })).rejects.toMatchObject({ kind: 'auth', code: 'salesforce/sign-in-refused' });
  });

  it('gets one new token when the session has ended', async () => {
    await using rig = await openRig();
    const api = await rig.connect();
    rig.vendor.store.insert('Contact', { LastName: 'Example', Email: 'ann@example.com' });
    rig.pass(3 * HOUR);

    const found = await queryAll(api, CONTACTS);

    expect(found).toMatchObject([{ Email: 'ann@example.com' }]);
    expect(rig.vendor.calls).toMatchObject({ token: 2, query: 2 });
    expect(api.calls()).toBe(4);
  });

  it('gives up as auth after the second refused token, in a query and in a download', async () => {
    await using rig = await openRig();
    const api = await rig.connect();
    rig.vendor.faults.add({ kind: 'session-expired', times: Number.POSITIVE_INFINITY });

    const refused = { kind: 'auth', code: 'salesforce/session-refused' };
    await expect(queryAll(api, CONTACTS)).rejects.toMatchObject(refused);
    expect(rig.vendor.calls).toMatchObject({ token: 2, query: 2 });

    const another = await rig.connect();
    await expect(another.download('/jobs/query/750/results')).rejects.toMatchObject(refused);
    expect(rig.vendor.calls).toMatchObject({ token: 4, bulk: 2 });
  });

  it('tells why a new token could not be had', async () => {
    await using rig = await openRig();
    const api = await rig.connect();
    rig.vendor.sessions.expireAll();
    rig.vendor.faults.add({ kind: 'html', on: ['token'] });

    await expect(queryAll(api, CONTACTS)).rejects.toMatchObject({ kind: 'transient', code: 'salesforce/unavailable' });
  });

  it.each<[FaultKind, number | undefined, object]>([
    ['too-many-requests', 7, { kind: 'rate-limited', code: 'salesforce/throttled', retryAfterMs: 7000 }],
    ['unavailable', 3, { kind: 'rate-limited', code: 'salesforce/throttled', retryAfterMs: 3000 }],
    ['unavailable', undefined, { kind: 'transient', code: 'salesforce/unavailable' }],
    ['html', undefined, { kind: 'transient', code: 'salesforce/unavailable' }],
    ['error-after-accepting', undefined, { kind: 'transient', code: 'salesforce/unavailable' }],
    ['daily-limit', undefined, { kind: 'rate-limited', code: 'salesforce/daily-limit-reached', retryAfterMs: HOUR }],
    ['concurrent-limit', undefined, { kind: 'rate-limited', code: 'salesforce/too-many-at-once' }],
  ])('tells %s with Retry-After %s as it is, without a second try', async (kind, retryAfterSeconds, told) => {
    await using rig = await openRig();
    const api = await rig.connect();
    rig.vendor.faults.add({ kind, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) });

    await expect(queryAll(api, CONTACTS)).rejects.toMatchObject(told);
    expect(rig.vendor.calls.query).toBe(1);
  });

  it('asks for each request, and tells of the ones that jsforce makes by itself', async () => {
    await using rig = await openRig({ dailyLimit: 100 });
    rig.vendor.usage.add(30);
    const told = { asked: 0, more: 0, used: 0, limit: 0 };
    const api = await rig.connect({
      calls: {
        ask: async () => {
          told.asked += 1;
        },
        heard: ({ used, calls = 0 }) => {
          told.more += calls;
          Object.assign(told, used);
        },
      },
    });
    rig.vendor.faults.add({ kind: 'session-expired' });

    await expect(queryAll(api, CONTACTS)).resolves.toEqual([]);
    // A sign-in and a query; the session had expired, so a second sign-in and the query again. Salesforce counts one.
    expect(told).toEqual({ asked: 2, more: 2, used: 31, limit: 100 });
  });

  it('keeps the vendor’s text out of errors, because it quotes queries', async () => {
    await using rig = await openRig();
    const api = await rig.connect();

    const failure = await queryAll(api, "SELECT Id FROM Contact WHERE Emial = 'ann@example.com'").catch(
      (thrown) => thrown,
    );

    expect(failure).toMatchObject({ kind: 'config', code: 'salesforce/unknown-field' });
    expect(failure.message).toContain('Emial of Contact');
    expect(`${failure.message}${failure.stack}${failure.cause}`).not.toContain('ann@example.com');
  });

  it('answers an org that is not there as transient', async () => {
    const rig = await openRig();
    const api = await rig.connect();
    await rig.vendor.close();

    await expect(queryAll(api, CONTACTS)).rejects.toMatchObject({ kind: 'transient', code: 'salesforce/unreachable' });
  });

  it('reads all rows though an answer holds fewer than were asked for', async () => {
    await using rig = await openRig();
    for (let n = 0; n < 23; n += 1) rig.vendor.store.insert('Contact', { LastName: `Person ${n}` });
    const [first] = (await readStream(rig, 'contacts')).slice(-1);
    rig.vendor.limitQueryPages(4);
    rig.pass(60_000);

    const pages = await readStream(rig, 'contacts', { from: first?.checkpoint, pageSize: 10 });

    expect(pages.map((page) => page.changes.length)).toEqual([10, 10, 3]);
  });
});
