import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FaultKind } from '../vendors/meta/faults.ts';
import { failureOf } from './connector-rig.ts';
import { type MetaRig, openRig } from './meta-rig.ts';

const MINUTE = 60_000;

let rig: MetaRig;
beforeEach(async () => {
  rig = await openRig();
});
afterEach(() => rig[Symbol.asyncDispose]());

describe('requests', () => {
  it('carry tokens in a header and never in the address, and prove that the app’s secret is known', async () => {
    const api = rig.connect();
    await api.account();
    await api.listForms({ after: undefined });
    await api.createAudience('Buyers');

    const { calls } = rig.vendor;
    expect(calls.map(({ path }) => path)).toEqual([
      '/v25.0/me',
      '/v25.0/me/accounts',
      `/v25.0/${rig.vendor.store.page}/leadgen_forms`,
      `/v25.0/${rig.vendor.adAccount}/customaudiences`,
    ]);
    expect(calls.filter(({ url, body }) => `${url}${body}`.includes('EAA'))).toEqual([]);
    expect(calls.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer EAAsimulatedsystemusertoken',
      'Bearer EAAsimulatedsystemusertoken',
      'Bearer EAAsimulatedpagetoken',
      'Bearer EAAsimulatedsystemusertoken',
    ]);
    expect(calls.every(({ url }) => /appsecret_proof=[0-9a-f]{64}/.test(url))).toBe(true);
  });

  it('prove nothing where the app’s secret is not given', async () => {
    const { access_token } = rig.vendor.secret;

    await rig.connect({ secret: { access_token } }).account();

    expect(rig.vendor.calls[0]?.url).toBe('/v25.0/me?fields=id');
  });

  it('ask for the page’s token once', async () => {
    const api = rig.connect();
    await api.listForms({ after: undefined });
    await api.listForms({ after: undefined });

    expect(rig.vendor.calls.filter(({ path }) => path.endsWith('/me/accounts'))).toHaveLength(1);
  });
});

describe('failures', () => {
  const table: readonly [FaultKind, string, string][] = [
    ['audience-limit', 'rate-limited', 'meta/throttled'],
    ['app-limit', 'rate-limited', 'meta/throttled'],
    ['too-many', 'rate-limited', 'meta/throttled'],
    ['unavailable', 'transient', 'meta/unavailable'],
    ['error-after-accepting', 'transient', 'meta/unavailable'],
    ['error-in-success', 'transient', 'meta/unavailable'],
    ['page-for-people', 'transient', 'meta/unavailable'],
    ['half-json', 'transient', 'meta/unreadable-answer'],
    ['another-shape', 'transient', 'meta/unreadable-answer'],
    ['expired-token', 'auth', 'meta/token-refused'],
    ['missing-permission', 'config', 'meta/missing-permission'],
    ['blocked-audience', 'config', 'meta/audience-blocked'],
    ['missing-terms', 'config', 'meta/terms-not-accepted'],
  ];

  it.each(table)('%s is %s %s', async (kind, wanted, code) => {
    rig.vendor.faults.add({ kind });

    expect(await failureOf(() => rig.connect().account())).toMatchObject({ kind: wanted, code });
  });

  it('wait as long as the usage headers say, and a while where they do not', async () => {
    rig.vendor.faults.add({ kind: 'audience-limit' });
    const told = await failureOf(() => rig.connect().account());
    rig.vendor.faults.add({ kind: 'app-limit' });
    const silent = await failureOf(() => rig.connect().account());

    expect([told.retryAfterMs, silent.retryAfterMs]).toEqual([19 * MINUTE, 5 * MINUTE]);
  });

  it('tell code and subcode, and nothing of Meta’s own words', async () => {
    rig.vendor.faults.add({ kind: 'expired-token' });

    const { message } = await failureOf(() => rig.connect().account());

    expect(message).toContain('(HTTP 401, code 190/463)');
    expect(message).not.toContain('Friday');
  });

  it('name a secret of another app, a page that the token may not use and a setting that is missing', async () => {
    const { access_token } = rig.vendor.secret;
    const failures = [
      await failureOf(() => rig.connect({ secret: { access_token, app_secret: 'of another app' } }).account()),
      await failureOf(() => rig.connect({ config: { page: '42' } }).listForms({ after: undefined })),
      await failureOf(() =>
        rig
          .connect({ config: { page: undefined, instagram: undefined, ad_account: undefined } })
          .listForms({ after: undefined }),
      ),
      await failureOf(() =>
        rig
          .connect({ config: { page: undefined, instagram: undefined, ad_account: undefined } })
          .listAudiences({ after: undefined }),
      ),
    ];

    expect(failures.map(({ kind, code }) => `${kind} ${code}`)).toEqual([
      'auth meta/app-secret-refused',
      'config meta/page-not-found',
      'config meta/missing-setting',
      'config meta/missing-setting',
    ]);
  });

  it('do not try a refused token again', async () => {
    rig.vendor.faults.add({ kind: 'expired-token', times: Number.POSITIVE_INFINITY });

    const failure = await failureOf(() => rig.read('leads'));

    expect(failure).toMatchObject({ kind: 'auth', code: 'meta/token-refused' });
    expect(rig.vendor.calls).toHaveLength(1);
  });

  it('are transient when nobody answers, and send nothing once time is up', async () => {
    await rig.vendor.close();
    const stop = new AbortController();
    const gone = await failureOf(() => rig.connect().account());
    stop.abort();
    const stopped = await failureOf(() => rig.connect({ signal: stop.signal }).account());

    expect([gone.code, stopped.code]).toEqual(['meta/unreachable', 'meta/stopped']);
  });
});
