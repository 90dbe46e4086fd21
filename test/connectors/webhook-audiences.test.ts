import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MembershipBatch } from '../../lib/connectors/contract.ts';
import { waitOf } from '../../lib/connectors/requests.ts';
import { audiences } from '../../lib/connectors/webhook/audiences.ts';
import { type EndpointApi, openEndpoint } from '../../lib/connectors/webhook/client.ts';
import { config, secret } from '../../lib/connectors/webhook/config.ts';
import { endpointError } from '../../lib/connectors/webhook/errors.ts';
import { webhook } from '../../lib/connectors/webhook/index.ts';
import { outcomesOf } from '../../lib/connectors/webhook/protocol.ts';
import { asTributaryError } from '../../lib/domain/errors.ts';
import { freeCalls } from '../free-calls.ts';
import { type FaultKind, type Receiver, startReceiver } from '../vendors/webhook/server.ts';

const now = () => new Date('2026-11-21T08:00:00Z');
const schema: unknown = JSON.parse(
  readFileSync(new URL('../../docs/connectors/webhook.schema.json', import.meta.url), 'utf8'),
);
const conforms = new Ajv2020({ strict: true, strictRequired: false }).compile(schema as object);
let endpoint: Receiver;

beforeEach(async () => {
  endpoint = await startReceiver({ now });
  endpoint.lists.know('ann@example.com', 'ben@example.com');
});

afterEach(() => endpoint.close());

function connect(
  given: { readonly config?: object; readonly secret?: object; readonly now?: () => Date } = {},
): EndpointApi {
  const io = { fetch, now: given.now ?? now, signal: new AbortController().signal, log: () => {}, calls: freeCalls };
  const input = {
    name: 'sms',
    config: config.parse({ url: 'https://sms.example.com/members', ...given.config }),
    secret: secret.parse({ ...endpoint.secret, ...given.secret }),
    endpoint: endpoint.url,
  };
  return openEndpoint(input, io);
}

function batch(given: Partial<MembershipBatch> = {}): MembershipBatch {
  const members = ['ann@example.com', 'ben@example.com'].map((value, n) => ({
    memberId: `p${n}`,
    keys: [{ type: 'email', value }],
  }));
  return { remoteId: 'Spring', op: 'add', members, idempotencyKey: 'key-1', ...given };
}

async function outcomes(given?: Partial<MembershipBatch>, api = connect()): Promise<unknown> {
  const result = await audiences.apply(api, batch(given));
  return result.state === 'done' ? Object.fromEntries(result.outcomes) : result;
}

async function failureOf(work: () => Promise<unknown>): Promise<object> {
  const thrown = await work().then(
    () => undefined,
    (failure: unknown) => failure,
  );
  const { kind, code, message, retryAfterMs } = asTributaryError(thrown);
  expect(message).not.toContain('example.com');
  return { kind, code, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

describe('a batch', () => {
  it('is sent as the published schema says, with fields and keys', async () => {
    const keys = [
      { type: 'user_id', value: 'u-1' },
      { type: 'email', value: 'ann@example.com' },
    ];

    await outcomes({ members: [{ memberId: 'p0', keys, fields: { first_name: 'Ann' } }] });
    const held = endpoint.lists.fieldsOf('Spring', 'ann@example.com');
    await outcomes({ op: 'remove', idempotencyKey: 'key-2' });
    await webhook.check(connect());

    const [added, removed, checked] = endpoint.heard.map(({ body }) => body);
    expect([added, removed, checked].map((body) => conforms(body))).toEqual([true, true, true]);
    expect(added).toEqual({
      type: 'audience.members',
      data: { list: 'Spring', op: 'add', members: [{ id: 'p0', keys, fields: { first_name: 'Ann' } }] },
    });
    expect(held).toEqual({ first_name: 'Ann' });
    expect(endpoint.lists.on('Spring')).toEqual([]);
  });

  it('that comes twice under one key has one effect and one answer', async () => {
    endpoint.failNext('broken-after-taking');

    const lost = await failureOf(() => outcomes());
    const again = await outcomes();

    expect(lost).toEqual({ kind: 'transient', code: 'webhook/unavailable' });
    expect(endpoint.heard.map(({ id }) => id)).toEqual(['key-1', 'key-1']);
    expect(again).toEqual({ p0: { status: 'applied' }, p1: { status: 'applied' } });
    expect(endpoint.lists.on()).toEqual(['ann@example.com', 'ben@example.com']);
  });

  it('carries signatures by both secrets while one replaces the other', async () => {
    const other = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
    const { signing_secret } = endpoint.secret;

    const both = connect({ secret: { signing_secret: other, former_signing_secret: signing_secret } });

    expect(await outcomes({}, both)).toMatchObject({ p0: { status: 'applied' } });
    expect(await failureOf(() => outcomes({}, connect({ secret: { signing_secret: other } })))).toEqual({
      kind: 'auth',
      code: 'webhook/refused',
    });
  });

  it('signed at another time than now is refused', async () => {
    const late = connect({ now: () => new Date(now().getTime() - 301_000) });

    expect(await failureOf(() => outcomes({}, late))).toEqual({ kind: 'auth', code: 'webhook/refused' });
  });
});

describe('an answer', () => {
  const retry = { status: 'retry', code: 'webhook/no-outcome' };

  it.each(['silent', 'html'] as const)('that says nothing of members (%s) is no success', async (kind) => {
    endpoint.failNext(kind);

    expect(await outcomes()).toEqual({ p0: retry, p1: retry });
  });

  it.each(['silent', 'html'] as const)('that says nothing (%s) counts where the operator said so', async (kind) => {
    endpoint.failNext(kind);

    expect(await outcomes({}, connect({ config: { answers: 'none' } }))).toEqual({
      p0: { status: 'applied' },
      p1: { status: 'applied' },
    });
  });

  it.each(['outcomes', 'none'] as const)('that leaves a member out asks again (answers: %s)', async (answers) => {
    endpoint.lists.silenceNext('ben@example.com');

    expect(await outcomes({}, connect({ config: { answers } }))).toEqual({ p0: { status: 'applied' }, p1: retry });
  });

  it.each([
    [
      { status: 'refused', code: 'unsubscribed' },
      { status: 'refused', code: 'unsubscribed' },
    ],
    [
      { status: 'rejected', code: 'sms/bad_number' },
      { status: 'rejected', code: 'sms/bad_number' },
    ],
    [{ status: 'unchanged', code: 'ignored' }, { status: 'unchanged' }],
  ])('%j is taken', (told, outcome) => {
    const body = { outcomes: [{ id: 'p0', ...told }] };

    expect(conforms(body)).toBe(true);
    expect(outcomesOf(['p0'], body, 'outcomes').get('p0')).toEqual(outcome);
  });

  it.each([
    [{ status: 'refused' }],
    [{ status: 'done' }],
    [{ status: 'refused', code: 'ann@example.com' }],
    [{ status: 'refused', code: '+4915550000001' }],
    [{ status: 'retry', code: 'a'.repeat(65) }],
  ])('%j is asked again, and its words are kept out', (told) => {
    const body = { outcomes: [{ id: 'p0', ...told }] };

    expect(conforms(body)).toBe(false);
    expect(outcomesOf(['p0'], body, 'none').get('p0')).toEqual({ status: 'retry', code: 'webhook/bad-outcome' });
  });

  it('that mentions somebody twice, or a stranger, is not believed', () => {
    const one = { id: 'p0', status: 'applied' };
    const told = outcomesOf(['p0'], { outcomes: [one, one, { id: '__proto__', status: 'applied' }, null] }, 'outcomes');

    expect([...told]).toEqual([['p0', { status: 'retry', code: 'webhook/two-outcomes' }]]);
  });
});

describe('a failure of the endpoint', () => {
  it.each<[FaultKind, object]>([
    ['busy', { kind: 'rate-limited', code: 'webhook/throttled', retryAfterMs: 7_000 }],
    ['broken', { kind: 'transient', code: 'webhook/unavailable' }],
    ['gone', { kind: 'config', code: 'webhook/gone' }],
    ['redirect', { kind: 'config', code: 'webhook/redirected' }],
  ])('%s is ours', async (kind, failure) => {
    endpoint.failNext(kind);

    expect(await failureOf(() => outcomes())).toEqual(failure);
    expect(endpoint.lists.on()).toEqual([]);
  });

  it.each([
    [429, null, { kind: 'rate-limited', retryAfterMs: 60_000 }],
    [503, '30', { kind: 'rate-limited', retryAfterMs: 30_000 }],
    [503, 'Sat, 21 Nov 2026 08:02:00 GMT', { kind: 'rate-limited', retryAfterMs: 120_000 }],
    [503, 'soon', { kind: 'transient', retryAfterMs: undefined }],
    [404, null, { kind: 'config', code: 'webhook/not-found' }],
    [422, null, { kind: 'config', code: 'webhook/request-refused' }],
  ])('of status %i with Retry-After %s waits as it asks', (status, retryAfter, failure) => {
    expect(endpointError({ status, waitMs: waitOf(retryAfter, now()) })).toMatchObject(failure);
  });

  it('is that it does not answer in time', async () => {
    endpoint.failNext('hanging');

    const failure = await failureOf(() => outcomes({}, connect({ config: { timeout_seconds: 1 } })));

    expect(failure).toEqual({ kind: 'transient', code: 'webhook/unreachable' });
  });
});

describe('the settings', () => {
  it.each(['http://sms.example.com/', 'https://user:key@sms.example.com/', 'sms.example.com', 'https://'])(
    'take no %s',
    (url) => {
      expect(config.safeParse({ url }).success).toBe(false);
    },
  );

  it('take no secret that is too short', () => {
    expect(secret.safeParse({ signing_secret: 'whsec_c2hvcnQ=' }).success).toBe(false);
  });

  it('take a list by a plain name', () => {
    expect(
      [{ list: 'Spring sale' }, { list: '../x/' }, { list: '' }].map((to) => audiences.target.safeParse(to).success),
    ).toEqual([true, false, false]);
  });
});
