import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { translateFailure } from '../../lib/connectors/mailchimp/errors.ts';
import { mailchimp } from '../../lib/connectors/mailchimp/index.ts';
import { TributaryError } from '../../lib/domain/errors.ts';
import { freeCalls } from '../free-calls.ts';
import type { Fault } from '../vendors/mailchimp/faults.ts';
import { openRig, type Rig } from '../vendors/mailchimp/open.ts';
import { startMailchimp } from '../vendors/mailchimp/simulator.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await openRig();
});
afterEach(() => rig.close());

describe('translateFailure', () => {
  const now = new Date('2026-11-21T08:00:00Z');
  const answer = (status: number, headers = {}) => ({ response: { status, headers, body: { title: 'Title' } } });
  const cases: readonly (readonly [string, unknown, object])[] = [
    ['no answer in time', { code: 'ECONNABORTED' }, { kind: 'transient', code: 'mailchimp/timeout' }],
    ['an account under review', answer(599), { kind: 'auth', code: 'mailchimp/account-under-review' }],
    ['a refusal nobody classified', answer(400), { kind: 'defect', code: 'mailchimp/request-refused' }],
    ['something that is no answer', new Error('boom'), { kind: 'defect', code: 'mailchimp/unknown-failure' }],
    ['Retry-After as a date', answer(429, { 'retry-after': 'Sat, 21 Nov 2026 08:00:09 GMT' }), { retryAfterMs: 9_000 }],
    ['Retry-After in the past', answer(429, { 'retry-after': 'Sat, 21 Nov 2026 07:00:00 GMT' }), { retryAfterMs: 0 }],
    ['Retry-After that says nothing', answer(429, { 'retry-after': 'soon' }), { retryAfterMs: 5_000 }],
  ];
  for (const [name, thrown, expected] of cases) {
    it(`classifies ${name}`, () => {
      expect(translateFailure(thrown, now)).toMatchObject(expected);
    });
  }
});

describe('openMailchimp', () => {
  it('keeps two connections in one process apart', async () => {
    const other = await startMailchimp({ now: rig.now, apiKey: 'ffeeddccbbaa99887766554433221100-us12' });
    other.addList({ id: 'other', name: 'Other' });
    const first = rig.connect();
    const second = rig.connect({ endpoint: other.url, apiKey: other.apiKey, list: 'other' });

    const names = await Promise.all([first.getList(), second.getList(), first.getList()]);
    await other.close();

    expect(names.map(({ name }) => name)).toEqual(['Newsletter', 'Other', 'Newsletter']);
    expect([first.dataCentre, second.dataCentre]).toEqual(['us6', 'us12']);
  });

  it('reaches an endpoint whose path holds the word "server"', async () => {
    const lost = await rig
      .connect({ endpoint: `${rig.vendor.url}/server` })
      .getList()
      .catch((thrown) => thrown);

    expect(lost).toMatchObject({ code: 'mailchimp/not-found' });
    expect(rig.vendor.calls.at(-1)?.path).toBe('/server/3.0/lists/a1b2c3d4e5');
  });

  it('asks for nothing once time is up', async () => {
    const stop = new AbortController();
    const api = rig.connect({ signal: stop.signal });
    stop.abort();

    await expect(api.getList()).rejects.toMatchObject({ kind: 'transient', code: 'mailchimp/stopped' });
    expect(rig.vendor.calls).toEqual([]);
  });

  const failures: readonly (readonly [string, Fault, object])[] = [
    [
      '429 as JSON',
      { kind: 'too-many' },
      { kind: 'rate-limited', code: 'mailchimp/too-many-requests', retryAfterMs: 5000 },
    ],
    [
      '429 with Retry-After',
      { kind: 'too-many', retryAfterSeconds: 17 },
      { kind: 'rate-limited', retryAfterMs: 17000 },
    ],
    ['429 as HTML', { kind: 'too-many', body: 'html' }, { kind: 'rate-limited', retryAfterMs: 5000 }],
    ['429 without a body', { kind: 'too-many', body: 'empty' }, { kind: 'rate-limited', retryAfterMs: 5000 }],
    ['403 as HTML', { kind: 'forbidden-page' }, { kind: 'rate-limited', code: 'mailchimp/too-many-requests' }],
    ['500', { kind: 'error', status: 500 }, { kind: 'transient', code: 'mailchimp/unavailable' }],
    ['504', { kind: 'error', status: 504 }, { kind: 'transient', code: 'mailchimp/unavailable' }],
    [
      'HTML with status 200',
      { kind: 'garbage', body: 'html' },
      { kind: 'transient', code: 'mailchimp/unreadable-answer' },
    ],
    [
      'JSON cut short',
      { kind: 'garbage', body: 'half-json' },
      { kind: 'transient', code: 'mailchimp/unreadable-answer' },
    ],
  ];
  for (const [name, fault, expected] of failures) {
    it(`classifies ${name}`, async () => {
      rig.vendor.faults.push(fault);

      await expect(rig.connect().getList()).rejects.toMatchObject(expected);
    });
  }

  it('classifies a wrong key, a wrong data centre, a wrong list and a dead endpoint', async () => {
    const cases = [
      rig.connect({ apiKey: 'ffeeddccbbaa99887766554433221100-us6' }),
      rig.connect({ apiKey: '00112233445566778899aabbccddeeff-us7' }),
      rig.connect({ list: 'elsewhere' }),
      rig.connect({ endpoint: 'http://127.0.0.1:1' }),
    ];

    const found = await Promise.all(cases.map((api) => api.getList().catch((thrown) => thrown)));

    expect(found.map(({ kind, code }) => [kind, code])).toEqual([
      ['auth', 'mailchimp/key-refused'],
      ['auth', 'mailchimp/forbidden'],
      ['config', 'mailchimp/not-found'],
      ['transient', 'mailchimp/unreachable'],
    ]);
  });

  it('keeps keys and addresses out of everything an error prints', async () => {
    rig.vendor.faults.push({ kind: 'error', status: 500, on: 'write' });

    const thrown = await rig
      .connect()
      .addToTag('1', ['ann@example.com'])
      .catch((error) => error);

    expect(thrown).toBeInstanceOf(TributaryError);
    expect(inspect(thrown, { depth: 9 })).not.toMatch(/ann@example\.com|0011223344/);
  });

  it('is turned away as the eleventh at the same time', async () => {
    for (let n = 0; n < 10; n += 1) rig.vendor.faults.push({ kind: 'slow', ms: 150 });
    const api = rig.connect();

    const found = await Promise.all(Array.from({ length: 11 }, () => api.getList().catch((thrown) => thrown.code)));

    expect(found.filter((one) => one === 'mailchimp/too-many-requests')).toHaveLength(1);
  });

  it('signs in with the connector as a whole and says where', async () => {
    const secret = { api_key: rig.vendor.apiKey, webhook_secret: 'correct-horse-battery-staple' };
    const config = { list: 'a1b2c3d4e5', lookback: '30 days' };
    const io = { fetch, now: rig.now, signal: new AbortController().signal, log: () => undefined, calls: freeCalls };
    const api = await mailchimp.connect({ name: 'n', config, secret, endpoint: rig.vendor.url }, io);

    expect(await mailchimp.check(api)).toEqual({ account: 'list Newsletter in us6' });
  });
});
