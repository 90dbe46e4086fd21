import { describe, expect, it } from 'vitest';
import type { Collection } from '../../../lib/domain/collection.ts';
import type { Json } from '../../../lib/domain/json.ts';
import { collect } from '../../../lib/pipeline/collect/collect.ts';
import { openCollection } from '../../../lib/pipeline/collect/collection.ts';
import { doWork } from '../../../lib/pipeline/resolve/work.ts';
import { openHandClock, openMemoryArchive, openMemoryState } from '../memory-state.ts';
import { NOW } from '../world.ts';
import { AT, aRequest, KEY, lenient, openRig, track } from './collect-rig.ts';

describe('a message of the tracking protocol', () => {
  it.each([
    ['/v1/track', 'Clicked'],
    ['/v1/t', 'Clicked'],
    ['/v1/t/', 'Clicked'],
    ['/api/s/track', 'Clicked'],
    ['/api/s/s2s/track', 'Clicked'],
    ['/v1/page', 'Page Viewed'],
    ['/v1/p', 'Page Viewed'],
    ['/v1/screen', 'Screen Viewed'],
    ['/v1/s', 'Screen Viewed'],
  ])('is taken at %s', async (path, name) => {
    const { type: _type, ...untyped } = track;

    const { status, body, changes } = await openRig().send({ path, json: untyped });

    expect([status, body]).toEqual([200, '{"success":true}']);
    expect(changes).toMatchObject([{ kind: 'activity', fragment: 'web:user:u1', id: 'm1', name }]);
  });

  it.each([
    ['/v1/identify', 'profile'],
    ['/v1/i', 'profile'],
    ['/v1/group', 'account'],
    ['/v1/g', 'account'],
    ['/v1/alias', 'profile'],
    ['/v1/a', 'profile'],
  ])('says who somebody is at %s', async (path, kind) => {
    const { changes } = await openRig().send({
      path,
      json: { userId: 'u1', groupId: 'g', previousId: 'a', traits: {} },
    });

    expect(changes[0]).toMatchObject({ kind });
  });

  it.each(['/v1/batch', '/v1/import', '/v1/b', '/beacon/v1/batch'])('comes with others at %s', async (path) => {
    const batch = [track, { ...track, messageId: 'm2', context: { locale: 'de' } }];

    const { changes } = await openRig().send({ path, json: { batch, context: { timezone: 'UTC' }, sentAt: AT } });

    expect(changes).toMatchObject([
      { id: 'm1', at: '2026-11-21T12:00:00.000Z', keyAt: AT, properties: { context: { timezone: 'UTC' } } },
      { id: 'm2', properties: { context: { locale: 'de', timezone: 'UTC' } } },
    ]);
  });

  it('is taken from a pixel, and answered with a picture', async () => {
    const rig = openRig();
    const headers = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0' };
    const data = Buffer.from(JSON.stringify({ ...track, writeKey: KEY })).toString('base64');
    const get = { method: 'GET', headers } as const;

    const segment = await rig.answer(aRequest({ ...get, path: '/v1/pixel/track', query: { data } }));
    const query = { writeKey: KEY, anonymousId: 'a1', event: 'Opened', 'properties.plan': 'pro' };
    const rudder = await rig.answer(aRequest({ ...get, path: '/pixel/v1/track', query }));
    const broken = await rig.answer(aRequest({ ...get, path: '/pixel/v1/track', query: { writeKey: KEY, data: '!' } }));

    for (const one of [segment, rudder, broken]) {
      expect(one).toMatchObject({ status: 200, headers: { 'content-type': 'image/gif' }, isBase64Encoded: true });
    }
    const [first, second, third] = rig.bodies();
    expect(first?.changes).toMatchObject([{ id: 'm1', visit: true }, { traits: { browser: { name: 'Firefox' } } }]);
    expect(second?.changes).toMatchObject([{ name: 'Opened', properties: { plan: 'pro' } }, {}]);
    expect(third?.rejected).toMatchObject([{ code: 'collection/invalid-json' }]);
  });
});

describe('a write key', () => {
  const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });

  it.each([
    ['Basic with a colon', { headers: basic(`${KEY}:`), json: track }],
    ['Basic without a colon', { headers: basic(KEY), json: track }],
    ['in the body', { headers: {}, json: { ...track, writeKey: KEY } }],
    [
      'in the body beside a bearer token',
      { headers: { authorization: 'Bearer t' }, json: { ...track, writeKey: KEY } },
    ],
    ['in the batch', { headers: {}, path: '/v1/batch', json: { batch: [track], writeKey: KEY } }],
    ['in a message of the batch', { headers: {}, path: '/v1/batch', json: { batch: [{ ...track, writeKey: KEY }] } }],
    ['in the query', { headers: {}, path: '/beacon/v1/batch', query: { writeKey: KEY }, json: { batch: [track] } }],
    [
      'in X-Write-Key, masked in the body',
      { headers: { 'x-write-key': `${KEY}:secret` }, json: { ...track, writeKey: `${KEY}:***` } },
    ],
  ])('is read %s', async (_name, request) => {
    expect((await openRig().send(request)).changes).toMatchObject([
      { id: 'm1', properties: { context: { source: 'site' } } },
    ]);
  });

  it.each([
    ['unknown', { headers: basic('wk_other:'), json: { ...track, writeKey: KEY } }],
    ['missing', { headers: {}, json: track }],
    ['a name that every object has', { headers: basic('constructor:'), json: track }],
  ])('that is %s gets a success and nothing is stored', async (_name, request) => {
    const rig = openRig();

    expect(await rig.send(request)).toEqual({ status: 200, body: '{"success":true}', changes: [], rejected: [] });
    expect(rig.logged).toMatchObject([{ message: 'write key unknown' }]);
  });
});

describe('the strict answers', () => {
  const strict: Collection = { ...lenient, strict: true };
  const path = '/v1/batch';

  it.each([
    [401, 'failed to read writekey from header', { headers: {}, json: track }],
    [401, 'invalid write key', { headers: { 'x-write-key': 'other' }, json: track }],
    [
      400,
      'request neither has anonymousId nor userId',
      { path, json: { batch: [track, { type: 'track', event: 'E' }] } },
    ],
    [400, 'empty batch payload', { path, json: { batch: [] } }],
    [400, 'request body is nil', {}],
    [400, 'invalid json', { body: Buffer.from('{') }],
    [413, 'request size exceeds max limit', { body: Buffer.alloc(33_000, ' ') }],
  ])('are %s %s', async (status, body, request) => {
    expect(await openRig(strict).send(request)).toMatchObject({ status, body, changes: [] });
  });

  it('are the same success for what can be used', async () => {
    expect(await openRig(strict).send({ json: track })).toMatchObject({ status: 200, body: '{"success":true}' });
  });
});

describe('what clients ask before they send', () => {
  const get = { method: 'GET', headers: { host: 'cdp.example.com', 'x-forwarded-proto': 'https' } } as const;

  it('is whether a page of another origin may', async () => {
    const headers = { origin: 'https://shop.example.com', 'access-control-request-headers': 'authorization,x-new' };

    const { status, headers: said } = await openRig().answer(aRequest({ method: 'OPTIONS', path: '/v1/i', headers }));

    expect(status).toBe(204);
    expect(said).toMatchObject({
      'access-control-allow-origin': 'https://shop.example.com',
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'POST,GET,OPTIONS',
      'access-control-allow-headers': 'authorization,x-new',
    });
  });

  it('are the settings of analytics-next and of mobile clients', async () => {
    const { status, body } = await openRig().answer(aRequest({ ...get, path: `/v1/projects/${KEY}/settings` }));

    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({
      integrations: { 'Segment.io': { apiKey: KEY, apiHost: 'cdp.example.com/v1', protocol: 'https' } },
      metrics: { sampleRate: 0 },
    });
    expect(await openRig().answer(aRequest({ ...get, path: '/v1/projects/other/settings' }))).toMatchObject({
      status: 404,
    });
  });

  it('is the source of RudderStack’s browser client', async () => {
    const request = aRequest({ method: 'GET', path: '/sourceConfig/', query: { p: 'npm' } });

    const { body } = await openRig().answer(request);

    expect(JSON.parse(body)).toMatchObject({
      source: { id: 'site', writeKey: KEY, enabled: true, config: {}, destinations: [] },
    });
  });

  it('is where to leave measurements of the client itself, which nobody keeps', async () => {
    expect(await openRig().send({ path: '/v1/m', json: { series: [] } })).toMatchObject({ status: 200, changes: [] });
    expect(await openRig().send({ path: '/v1/else', json: {} })).toMatchObject({ status: 404 });
  });
});

describe('when something is down', () => {
  it('tells the client to send again if the queue or the keys cannot be reached', async () => {
    const down = { send: async () => Promise.reject(new Error('down')) };
    const unread = collect({
      collection: async () => Promise.reject(new Error('down')),
      changes: down,
      newId: () => 'x',
      clock: openHandClock(NOW),
      log: () => {},
    });

    expect(await openRig(lenient, down).send({ json: track })).toMatchObject({ status: 503 });
    expect(await unread(aRequest({ json: track }))).toMatchObject({ status: 503 });
  });

  it('goes on with the keys it knows, and reads them anew after a minute', async () => {
    const clock = openHandClock(NOW);
    const archive = openMemoryArchive();
    const read = openCollection({ archive, clock });
    const stored = (version: string) =>
      archive.putJson('collection/current.json.gz', { ...lenient, version } as unknown as Json);

    let isDown = false;
    const shaky = { getJson: (key: string) => (isDown ? Promise.reject(new Error('down')) : archive.getJson(key)) };
    const readShaky = openCollection({ archive: shaky, clock });

    expect([(await read()).version, (await readShaky()).version]).toEqual(['', '']);
    await stored('1');
    clock.pass(3_000);
    expect([(await read()).version, (await read(3_000)).version]).toEqual(['', '1']);
    clock.pass(60_000);
    expect((await readShaky()).version).toBe('1');
    isDown = true;
    await stored('2');
    clock.pass(60_000);
    expect([(await read()).version, (await readShaky()).version]).toEqual(['2', '1']);
    isDown = false;
    clock.pass(3_000);
    expect((await readShaky()).version).toBe('2');
    await expect(
      openCollection({ archive: { getJson: async () => Promise.reject(new Error('down')) }, clock })(),
    ).rejects.toThrow('down');
  });
});

describe('what the collector could not use', () => {
  it('is kept in quarantine once, however often the message comes', async () => {
    const rig = openRig();
    await rig.answer(aRequest({ json: { event: 'E', properties: { secretless: true } } }));
    const bodies = rig.bodies();
    const state = openMemoryState();
    const work = doWork({
      state,
      archive: { put: async () => {} },
      pause: async () => {},
      mark: async () => [],
      compare: async () => {},
      scan: async () => {},
      recount: async () => {},
      clock: openHandClock(NOW),
      log: () => {},
      resolve: async () => ({ failed: new Set(), written: 0, unchanged: 0, activities: 0, conflicts: 0, erased: 0 }),
    });

    await work(bodies, new AbortController().signal);
    await work(bodies, new AbortController().signal);

    const kept = await state.list('quarantine#web', { most: 10 });
    expect(kept.map(({ body }) => body)).toEqual([
      {
        connection: 'web',
        stream: 'site',
        code: 'collection/nobody',
        reason: 'expected userId or anonymousId, found neither or one that is nobody’s',
        at: '2026-11-21T12:00:00.000Z',
        record: { event: 'E', properties: { secretless: true } },
      },
    ]);
  });
});
