import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { RawRequest } from '../../lib/connectors/contract-deliveries.ts';
import { config, secret } from '../../lib/connectors/klaviyo/config.ts';
import { webhook } from '../../lib/connectors/klaviyo/webhook.ts';
import { signedRequest } from '../vendors/klaviyo/webhook-sender.ts';

const KEY = 'secret-key-of-a-webhook';
const now = new Date('2026-11-21T08:00:00Z');
const secrets = secret.parse({ private_key: 'pk_1', webhook_secret: KEY });

describe('verify', () => {
  it('agrees with the documented recipe: body, then time, in hex', () => {
    const body = '{"data":[]}';
    const time = '2026-11-21T08:00:00Z';
    const headers = {
      'klaviyo-timestamp': time,
      'klaviyo-signature': createHmac('sha256', KEY).update('{"data":[]}2026-11-21T08:00:00Z').digest('hex'),
    };

    expect(verify({ ...signed(), headers, body: bytes(body) })).toEqual({ ok: true });
  });

  it.each([
    ['an HTTP date', now.toUTCString()],
    ['ISO 8601', now.toISOString()],
    ['seconds', String(now.getTime() / 1_000)],
    ['milliseconds', String(now.getTime())],
  ])('reads the time as %s', (_, timestamp) => {
    expect(verify(signed({ timestamp }))).toEqual({ ok: true });
  });

  it.each([
    ['an hour old', 60 * 60_000, { ok: true }],
    ['older', 60 * 60_000 + 1_000, { ok: false, reason: 'stale' }],
    ['of the future', -60 * 60_000 - 1_000, { ok: false, reason: 'stale' }],
  ])('judges a request that is %s', (_, age, expected) => {
    expect(verify(signed({ at: new Date(now.getTime() - age) }))).toEqual(expected);
  });

  it('refuses a time that nobody can read', () => {
    expect(verify(signed({ timestamp: 'soon' }))).toEqual({ ok: false, reason: 'stale' });
  });

  it('refuses another time, body or key, and anything where the connection has no key', () => {
    const request = signed();
    const wrong = [
      { ...request, headers: { ...request.headers, 'klaviyo-timestamp': now.toISOString() } },
      { ...request, body: bytes('{"data":[1]}') },
      signed({ key: 'another' }),
    ];

    expect(wrong.map(verify)).toEqual(wrong.map(() => ({ ok: false, reason: 'bad-proof' })));
    const keyless = secret.parse({ private_key: 'pk_1' });
    expect(webhook.verify(request, config.parse({}), keyless, now)).toEqual({ ok: false, reason: 'missing-proof' });
  });
});

describe('parse', () => {
  it('hints at the profile of an event', () => {
    expect(hints([event('clicked_email', '01KWANN')])).toEqual([{ stream: 'profiles', ids: ['01KWANN'] }]);
  });

  it.each(['unsubscribed_from_email_marketing', 'marked_email_as_spam', 'unsubscribed_from_sms_marketing'])(
    'pauses the person at %s',
    (topic) => {
      expect(hints([event(topic, '01KWANN')])).toEqual([
        { stream: 'profiles', ids: ['01KWANN'], withdraws: ['shop:profile:01KWANN'] },
      ]);
    },
  );

  it('finds the profile beside the event too, and passes over what names none', () => {
    const beside = { ...event('clicked_email', ''), payload: { included: [{ type: 'profile', id: '01KWBOB' }] } };

    expect(hints([beside, { topic: 'event:klaviyo.new_review', payload: {} }])).toEqual([
      { stream: 'profiles', ids: ['01KWBOB'] },
    ]);
  });

  it('keeps apart what differs, and gives what is sent twice one key', () => {
    const [one, other] = [event('clicked_email', '01KWANN'), event('opened_email', '01KWANN')];

    const ids = parse([one, other, one]).map(({ deliveryId }) => deliveryId);

    expect(new Set(ids).size).toBe(2);
    expect(parse([other]).map(({ deliveryId }) => deliveryId)).toEqual(ids.slice(1));
    expect(ids.join()).not.toContain('example.com');
  });

  it.each(['', '[]', '{"data":[]}', '{"data":[{"payload":{}}]}', '{"data":'])('rejects %j', (text) => {
    expect(() => webhook.parse(signed({ body: text }), 'shop', config.parse({}))).toThrow(
      expect.objectContaining({ kind: 'rejected', code: 'klaviyo/unreadable-delivery' }),
    );
  });
});

function event(topic: string, profile: string) {
  return {
    external_id: '7f1',
    topic: `event:klaviyo.${topic}`,
    payload: {
      data: {
        type: 'event',
        id: '7f1',
        attributes: { event_properties: { Recipient: 'ann@example.com' } },
        relationships: { profile: { data: { type: 'profile', id: profile } } },
      },
    },
  };
}

function signed(more: { body?: string; at?: Date; key?: string; timestamp?: string } = {}): RawRequest {
  const { body = '{"data":[]}', at = now, key = KEY, timestamp } = more;
  const { headers } = signedRequest(key, body, at, timestamp);
  return { method: 'POST', path: '/webhooks/shop', query: {}, headers, body: bytes(body) };
}

function verify(request: RawRequest) {
  return webhook.verify(request, config.parse({}), secrets, now);
}

function parse(data: readonly object[]) {
  return webhook.parse(signed({ body: JSON.stringify({ data }) }), 'shop', config.parse({}));
}

function hints(data: readonly object[]) {
  return parse(data).map((one) => ('hint' in one ? one.hint : undefined));
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
