import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { linkedin } from '../../lib/connectors/linkedin/index.ts';
import { listText, recordText, valueText } from '../../lib/connectors/linkedin/restli.ts';
import type { FaultKind } from '../vendors/linkedin/faults.ts';
import { failureOf } from './connector-rig.ts';
import { type LinkedinRig, openRig } from './linkedin-rig.ts';

let rig: LinkedinRig;
beforeEach(async () => {
  rig = await openRig();
});
afterEach(() => rig[Symbol.asyncDispose]());

const TOKEN_PATH = '/oauth/v2/accessToken';

describe('requests', () => {
  it('name the version, the protocol and the token in headers, the token nowhere else', async () => {
    await rig.connect().account();

    const [call] = rig.vendor.calls;
    expect(call?.headers).toMatchObject({
      authorization: 'Bearer AQXsimulatedaccesstoken',
      'linkedin-version': '202604',
      'x-restli-protocol-version': '2.0.0',
    });
    expect(call?.url).not.toContain('AQX');
    expect(call?.url).toContain('owner=(sponsoredAccount:urn%3Ali%3AsponsoredAccount%3A516848833)');
  });

  it('escape what is a value and leave what is structure', () => {
    expect(valueText("a:(b),'c'!*")).toBe('a%3A%28b%29%2C%27c%27%21%2A');
    expect(recordText({ start: '1', end: '2' })).toBe('(start:1,end:2)');
    expect(listText(['a', 'b:c'])).toBe('List(a,b%3Ac)');
  });

  it('take another version where the workspace names it, and say so when one is gone', async () => {
    const failure = await failureOf(() => rig.connect({ config: { api_version: '202510' } }).account());

    expect(failure).toMatchObject({ kind: 'config', code: 'linkedin/version-sunset' });
    expect(rig.vendor.calls[0]?.headers['linkedin-version']).toBe('202510');
  });
});

describe('a token', () => {
  it('is renewed once when it is refused, and the request made again', async () => {
    rig.vendor.tokens.expire();

    const account = await rig.connect({ secret: rig.vendor.tokens.secret }).account();

    expect(account).toBe('ad account 516848833');
    expect(rig.vendor.calls.map(({ path }) => path)).toEqual([
      '/rest/leadFormResponses',
      TOKEN_PATH,
      '/rest/leadFormResponses',
    ]);
    expect(Object.fromEntries(new URLSearchParams(rig.vendor.calls[1]?.body))).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'AQXsimulatedrefreshtoken',
      client_id: '86simulated',
      client_secret: 'simulated-client-secret',
    });
  });

  it('is asked for first where the secret holds none', async () => {
    const { access_token: _, ...renewal } = rig.vendor.tokens.secret;

    const api = rig.connect({ secret: renewal });
    await api.account();
    await api.account();

    expect(rig.vendor.calls.filter(({ path }) => path === TOKEN_PATH)).toHaveLength(1);
    expect(rig.vendor.calls).toHaveLength(3);
  });

  it('that is refused although it is new stops the connection', async () => {
    rig.vendor.faults.add({ kind: 'revoked-token', times: Number.POSITIVE_INFINITY });
    const api = rig.connect({ secret: rig.vendor.tokens.secret });

    const failures = [await failureOf(() => api.account()), await failureOf(() => api.account())];

    expect(failures.map(({ kind, code }) => `${kind} ${code}`)).toEqual([
      'auth linkedin/token-refused',
      'auth linkedin/token-refused',
    ]);
    expect(rig.vendor.calls.filter(({ path }) => path === TOKEN_PATH)).toHaveLength(1);
  });

  it('that cannot be renewed is asked for once', async () => {
    rig.vendor.tokens.expire();
    const api = rig.connect({ secret: { ...rig.vendor.tokens.secret, refresh_token: 'of another app' } });

    const failure = await failureOf(() => api.account());

    expect(failure).toMatchObject({ kind: 'auth', code: 'linkedin/refresh-refused' });
    expect(rig.vendor.calls).toHaveLength(2);
  });

  it('is no matter of renewal without what renews it', async () => {
    rig.vendor.tokens.expire();

    const failure = await failureOf(() => rig.connect().account());

    expect(failure).toMatchObject({ kind: 'auth', code: 'linkedin/token-refused' });
    expect(rig.vendor.calls).toHaveLength(1);
  });
});

describe('a secret', () => {
  it.each([
    [{ access_token: 'a' }, true],
    [{ refresh_token: 'r', client_id: 'i', client_secret: 's' }, true],
    [{ refresh_token: 'r', client_id: 'i' }, false],
    [{ client_secret: 's' }, false],
  ])('%j is enough to sign in: %s', (given, isEnough) => {
    expect(linkedin.secret.safeParse(given).success).toBe(isEnough);
  });
});

describe('failures', () => {
  const table: readonly [FaultKind, string, string][] = [
    ['throttled', 'rate-limited', 'linkedin/throttled'],
    ['unavailable', 'transient', 'linkedin/unavailable'],
    ['error-after-accepting', 'transient', 'linkedin/unavailable'],
    ['page-for-people', 'transient', 'linkedin/unavailable'],
    ['half-json', 'transient', 'linkedin/unreadable-answer'],
    ['another-shape', 'transient', 'linkedin/unreadable-answer'],
    ['revoked-token', 'auth', 'linkedin/token-refused'],
  ];

  it.each(table)('%s is %s %s', async (fault, kind, code) => {
    rig.vendor.faults.add({ kind: fault });

    expect(await failureOf(() => rig.connect().account())).toMatchObject({ kind, code });
  });

  it('tell status and number, and nothing of LinkedIn’s own words', async () => {
    rig.vendor.faults.add({ kind: 'revoked-token' });

    const { message } = await failureOf(() => rig.connect().account());

    expect(message).toContain('(HTTP 401, code 65601)');
    expect(message).not.toContain('by the user');
  });

  it('wait some minutes, for LinkedIn does not say how long', async () => {
    rig.vendor.faults.add({ kind: 'throttled' });

    expect((await failureOf(() => rig.connect().account())).retryAfterMs).toBe(300_000);
  });

  it('name a setting that is missing', async () => {
    const api = rig.connect({ config: { ad_account: undefined, organization: undefined, source_platform: undefined } });
    const range = { from: 0, until: 1, start: 0, count: 1 };
    const failures = [
      await failureOf(async () => api.listLeads(range)),
      await failureOf(async () => api.listSocialActions(range)),
      await failureOf(async () => api.findSegments('x')),
      await failureOf(() => api.account()),
    ];

    expect(failures.map(({ code }) => code)).toEqual(Array(4).fill('linkedin/missing-setting'));
    expect(rig.vendor.calls).toEqual([]);
  });

  it('are transient when nobody answers, and send nothing once time is up', async () => {
    await rig.vendor.close();
    const stop = new AbortController();
    const gone = await failureOf(() => rig.connect().account());
    stop.abort();
    const stopped = await failureOf(() => rig.connect({ signal: stop.signal }).account());

    expect([gone.code, stopped.code]).toEqual(['linkedin/unreachable', 'linkedin/stopped']);
  });
});

describe('the check', () => {
  it('tries each place that the connection names, for apps are let into one or the other', async () => {
    rig.vendor.withheld.add('r_marketing_leadgen_automation').add('rw_dmp_segments');

    expect(await rig.connect().account()).toBe('organization 96072893');
    rig.vendor.withheld.add('rw_organization_admin');
    expect(await failureOf(() => rig.connect().account())).toMatchObject({
      kind: 'config',
      code: 'linkedin/missing-permission',
    });
  });
});
