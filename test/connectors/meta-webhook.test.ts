import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { RawRequest } from '../../lib/connectors/contract-deliveries.ts';
import { config } from '../../lib/connectors/meta/config.ts';
import { webhook } from '../../lib/connectors/meta/webhook.ts';

const PAGE = '134587';
const INSTAGRAM = '17841405726653026';
const settings = config.parse({ page: PAGE, instagram: INSTAGRAM });
const secret = { access_token: 't', app_secret: 'app_secret', verify_token: 'let me in' };
const now = new Date('2026-11-21T08:00:00Z');

const comment = {
  from: { id: '24601', name: 'Ann Example' },
  item: 'comment',
  verb: 'add',
  post_id: '134587_77',
  comment_id: '77_88',
  parent_id: '134587_77',
  created_time: 1_520_544_814,
  message: 'Schöne Schuhe',
};

describe('proof', () => {
  it('is the app’s secret over the raw body', () => {
    const body = '{"object":"page","entry":[]}';
    // Computed with Node and Python alike.
    const good = 'sha256=22d3988d1017c437ea81a89d41e2d3266c00a508cffdb23f8ad8746d232d77e9';

    expect(verify({ body, signature: good })).toEqual({ ok: true });
    expect(verify({ body: `${body} `, signature: good })).toEqual({ ok: false, reason: 'bad-proof' });
    expect(verify({ body, signature: good.replace('sha256=', '') })).toEqual({ ok: false, reason: 'bad-proof' });
    expect(verify({ body })).toEqual({ ok: false, reason: 'missing-proof' });
    expect(verify({ body, signature: good }, { access_token: 't' })).toEqual({ ok: false, reason: 'missing-proof' });
  });

  it('holds for the escaped letters that Meta sends, not for the same text written otherwise', () => {
    const sent = JSON.stringify({ object: 'page', entry: [] }).replace('page', 'p\\u00e4ge');
    const mac = createHmac('sha256', 'app_secret').update(sent).digest('hex');

    expect(verify({ body: sent, signature: `sha256=${mac}` })).toEqual({ ok: true });
    expect(verify({ body: JSON.stringify(JSON.parse(sent)), signature: `sha256=${mac}` })).toEqual({
      ok: false,
      reason: 'bad-proof',
    });
  });
});

describe('handshake', () => {
  const check = (query: Readonly<Record<string, string>>) => {
    const request = requestOf({ method: 'GET', query: { 'hub.mode': 'subscribe', ...query } });
    const verified = webhook.verify(request, settings, secret, now);
    return verified.ok ? webhook.handshake?.(request, settings, secret) : verified;
  };

  it('gives the challenge back to whoever has the token', () => {
    const good = { 'hub.verify_token': 'let me in', 'hub.challenge': '1158201444' };

    expect(check(good)).toEqual({ status: 200, body: '1158201444', contentType: 'text/plain' });
    expect(check({ ...good, 'hub.verify_token': 'let me out' })).toEqual({ ok: false, reason: 'bad-proof' });
    expect(check({ 'hub.challenge': '1' })).toEqual({ ok: false, reason: 'missing-proof' });
    expect(check({ ...good, 'hub.mode': 'unsubscribe' })).toEqual({ ok: false, reason: 'missing-proof' });
    expect(check({ ...good, 'hub.challenge': '<script>' })).toMatchObject({ status: 400 });
  });

  it('is none for a delivery', () => {
    expect(webhook.handshake?.(requestOf({ body: '{}' }), settings, secret)).toBeUndefined();
  });
});

describe('parse', () => {
  it('hints at leads, by ids as texts and as numbers', () => {
    const deliveries = parse('page', [
      { field: 'leadgen', value: { leadgen_id: '1459076748710713', form_id: '1616', page_id: PAGE } },
      { field: 'leadgen', value: { leadgen_id: 1_459_076_748_710_714, form_id: 1616 } },
    ]);

    expect(deliveries).toEqual([
      { deliveryId: 'meta:lead:1459076748710713', hint: { stream: 'leads', ids: ['1459076748710713'] } },
      { deliveryId: 'meta:lead:1459076748710714', hint: { stream: 'leads', ids: ['1459076748710714'] } },
    ]);
  });

  it('quarantines a lead whose id is a number that nobody can hold, and passes over one without a value', () => {
    const body = `{"object":"page","entry":[{"id":"${PAGE}","time":1,"changes":[
      {"field":"leadgen","value":{"leadgen_id":145907674871071399}},{"field":"leadgen"}]}]}`;

    const deliveries = webhook.parse(requestOf({ body }), 'social', settings);

    expect(deliveries).toMatchObject([{ rejection: { code: 'meta/unknown-delivery' } }]);
  });

  it('passes over leads of other forms, other pages and fields that nobody asked for', () => {
    const lead = { field: 'leadgen', value: { leadgen_id: '1', form_id: '2' } };
    const ofOne = config.parse({ page: PAGE, forms: ['3'] });

    expect(parse('page', [lead], ofOne)).toEqual([]);
    expect(parse('page', [lead], config.parse({ page: '42' }))).toEqual([]);
    expect(
      parse('page', [
        { field: 'ratings', value: {} },
        { field: '__proto__', value: {} },
      ]),
    ).toEqual([]);
    expect(parse('whatsapp_business_account', [lead])).toEqual([]);
  });

  it('tells a new comment whole, with its text', () => {
    expect(parse('page', [{ field: 'feed', value: comment }])).toEqual([
      {
        deliveryId: 'meta:comment:77_88',
        change: {
          kind: 'activity',
          fragment: 'social:person:134587-24601',
          at: '2018-03-08T21:33:34.000Z',
          mapping: 1,
          identifiers: [{ type: 'facebook.scoped_id', value: '134587:24601' }],
          id: '77_88',
          name: 'Comment Posted',
          properties: {
            network: 'facebook',
            text: 'Schöne Schuhe',
            author: 'Ann Example',
            post_id: '134587_77',
            comment_id: '77_88',
            parent_id: null,
          },
        },
      },
    ]);
  });

  it('has edited comments read again, and says nothing of likes, removals, the page’s own and unnamed ones', () => {
    const { from: _, ...unnamed } = comment;
    const values = [
      { ...comment, verb: 'edited' },
      { ...comment, verb: 'remove' },
      { ...comment, item: 'reaction' },
      { ...comment, from: { id: PAGE, name: 'Example' } },
      unnamed,
    ];

    expect(
      parse(
        'page',
        values.map((value) => ({ field: 'feed', value })),
      ),
    ).toEqual([{ deliveryId: 'meta:comment:77_88:1758794733', hint: { stream: 'comments', ids: ['facebook:77_88'] } }]);
  });

  it('tells a mention at the time of its delivery, and quarantines one of nothing', () => {
    const value = { sender_id: '24601', sender_name: 'Ann Example', post_id: '24601_5', verb: 'add', message: 'Hi' };
    const { post_id: _, ...nowhere } = value;

    const deliveries = parse('page', [
      { field: 'mention', value },
      { field: 'mention', value: nowhere },
    ]);

    expect(deliveries).toMatchObject([
      {
        deliveryId: 'meta:mention:24601_5',
        change: {
          id: 'mention-24601_5',
          name: 'Mention Posted',
          at: '2025-09-25T10:05:33.000Z',
          properties: { text: 'Hi', post_id: '24601_5' },
        },
      },
      { rejection: { code: 'meta/unknown-delivery' } },
    ]);
  });

  it('has comments on Instagram read again, also where the change lies in the entry itself', () => {
    const value = { id: '178', from: { id: '9', username: 'ann' }, media: { id: '177' }, text: 'Hi' };
    const spread = JSON.stringify({
      object: 'instagram',
      entry: [{ id: INSTAGRAM, time: 1, field: 'comments', value }],
    });
    const wanted = [{ deliveryId: 'meta:comment:178', hint: { stream: 'comments', ids: ['instagram:178'] } }];

    expect(parse('instagram', [{ field: 'comments', value }])).toEqual(wanted);
    expect(webhook.parse(requestOf({ body: spread }), 'social', settings)).toEqual(wanted);
  });

  it('has a mention on Instagram read by where it stands, in a comment or in a caption', () => {
    const deliveries = parse('instagram', [
      { field: 'mentions', value: { media_id: '1', comment_id: '2' } },
      { field: 'mentions', value: { media_id: '3' } },
      { field: 'mentions', value: {} },
    ]);

    expect(deliveries).toMatchObject([
      { hint: { stream: 'comments', ids: ['mentioned_comment:2'] } },
      { hint: { stream: 'comments', ids: ['mentioned_media:3'] } },
      { rejection: { code: 'meta/unknown-delivery' } },
    ]);
  });

  it.each([
    '',
    '[]',
    '{"object":"page"}',
    `{"object":"page","entry":[${Array.from({ length: 1_001 }, () => '{"id":"1"}').join(',')}]}`,
  ])('refuses what is no list of updates (case %#)', (body) => {
    expect(() => webhook.parse(requestOf({ body }), 'social', settings)).toThrowError(
      expect.objectContaining({ kind: 'rejected', code: 'meta/unreadable-delivery' }),
    );
  });
});

function verify(
  { body, signature }: { readonly body: string; readonly signature?: string },
  own: typeof secret | { readonly access_token: string } = secret,
) {
  const headers = signature === undefined ? {} : { 'x-hub-signature-256': signature };
  return webhook.verify(requestOf({ body, headers }), settings, own, now);
}

function parse(object: string, changes: readonly object[], own = settings) {
  const of = object === 'instagram' ? INSTAGRAM : PAGE;
  const body = JSON.stringify({ object, entry: [{ id: of, time: 1_758_794_733, changes }] });
  return webhook.parse(requestOf({ body }), 'social', own);
}

function requestOf(given: {
  readonly method?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}): RawRequest {
  const { method = 'POST', query = {}, headers = {}, body = '' } = given;
  return { method, path: '/webhooks/social', query, headers, body: new TextEncoder().encode(body) };
}
