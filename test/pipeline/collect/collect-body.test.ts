import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { aRequest, openRig, track } from './collect-rig.ts';

describe('a body', () => {
  const json = JSON.stringify({ batch: [track] });
  const path = '/v1/batch';

  it.each([
    ['gzip', gzipSync(json), 'gzip'],
    ['gzip that nobody named', gzipSync(json), undefined],
    ['deflate', deflateSync(json), 'deflate'],
    ['bare deflate', deflateRawSync(json), 'deflate'],
    ['plain text called gzip', Buffer.from(json), 'gzip'],
    ['plain text', Buffer.from(json), 'identity'],
  ] as const)('is read as %s, whatever type it says it is', async (_name, body, encoding) => {
    const { headers } = aRequest({});
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    const encoded = encoding === undefined ? {} : { 'content-encoding': encoding };

    const { changes } = await openRig().send({ path, body, headers: { ...headers, ...type, ...encoded } });

    expect(changes).toMatchObject([{ id: 'm1' }]);
  });

  it('is not inflated beyond the limit', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000, ' '));

    const { status, rejected } = await openRig().send({ path, body: bomb });

    expect(bomb.byteLength).toBeLessThan(100_000);
    expect([status, rejected[0]?.code]).toEqual([400, 'collection/too-large']);
  });

  it.each([
    ['no JSON', Buffer.from('{"batch":'), 'invalid_json', 'collection/invalid-json'],
    ['a list', Buffer.from('[1]'), 'invalid_json', 'collection/invalid-json'],
    ['nothing', Buffer.from(''), 'invalid_json', 'collection/invalid-json'],
    ['broken gzip', gzipSync(json).subarray(0, 30), 'invalid_json', 'collection/invalid-json'],
    ['over 500 KB', Buffer.alloc(512_001, ' '), 'payload_too_large', 'collection/too-large'],
  ])('that is %s is refused and kept in quarantine', async (_name, body, code, kept) => {
    const { status, body: said, rejected } = await openRig().send({ path, body });

    expect(status).toBe(400);
    expect(JSON.parse(said)).toMatchObject({ success: false, code });
    expect(rejected).toMatchObject([{ code: kept }]);
  });

  it('of one message takes 32 KB, and so does each message of a batch', async () => {
    const large = { ...track, properties: { text: 'x'.repeat(33_000) } };

    const single = await openRig().send({ json: large });
    const batch = await openRig().send({ path, json: { batch: [large, track] } });

    expect(single).toMatchObject({ status: 400, changes: [], rejected: [{ code: 'collection/too-large' }] });
    expect(batch).toMatchObject({ status: 200, changes: [{ id: 'm1' }], rejected: [{ code: 'collection/too-large' }] });
  });

  it('does not become large changes by what a batch says of all its messages', async () => {
    const context = { traits: { about: 'x'.repeat(40_000) } };
    const batch = Array.from({ length: 50 }, (_, n) => ({ type: 'identify', userId: `u${n}` }));

    const { changes, rejected } = await openRig().send({ path, json: { context, batch } });

    expect(changes).toEqual([]);
    expect(new Set(rejected.map(({ code }) => code))).toEqual(new Set(['collection/too-large']));
  });

  it('may hold a message too deep to be written down, and its neighbours are taken', async () => {
    const depth = 6_000;
    const deep = `{"type":"track","event":"E","userId":"u","properties":{"p":${'['.repeat(depth)}${']'.repeat(depth)}}}`;
    const body = Buffer.from(`{"batch":[${deep},${JSON.stringify(track)}]}`);

    const { status, changes, rejected } = await openRig().send({ path, body });

    expect(status).toBe(200);
    expect(changes).toMatchObject([{ id: 'm1' }]);
    expect(rejected).toEqual([expect.objectContaining({ code: 'collection/too-deep', record: { tooDeep: true } })]);
  });

  it('holds 2,500 messages; of more none is taken', async () => {
    const small = { type: 'track', event: 'E', userId: 'u' };
    const batch = (count: number) => ({ path, json: { batch: Array.from({ length: count }, () => small) } });

    expect((await openRig().send(batch(2_500))).changes).toHaveLength(2_500);
    expect(await openRig().send(batch(2_501))).toMatchObject({
      status: 200,
      changes: [],
      rejected: [{ code: 'collection/too-many-messages', record: { messages: 2_501 } }],
    });
  });

  it('with messages that cannot be used is a success, the others are taken and each reason is counted', async () => {
    const rig = openRig();
    const batch = [
      { type: 'track', event: 'E' },
      track,
      { type: 'track', userId: 'u' },
      { type: 'hop', userId: 'u' },
      7,
    ];

    const { status, changes, rejected } = await rig.send({ path, json: { batch } });

    expect([status, changes.length]).toEqual([200, 1]);
    const codes = ['nobody', 'no-event', 'unknown-type', 'not-an-object'].map((what) => `collection/${what}`);
    expect(rejected.map(({ code }) => code)).toEqual(codes);
    expect(rig.logged).toEqual([
      {
        message: 'collected',
        source: 'site',
        changes: 1,
        rejected: Object.fromEntries(codes.map((code) => [code, 1])),
      },
    ]);
  });
});
