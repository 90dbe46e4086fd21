import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { RawRequest } from '../../lib/connectors/contract-deliveries.ts';
import { webhook } from '../../lib/connectors/mailchimp/webhook.ts';

const folder = new URL('../fixtures/mailchimp/webhook/', import.meta.url);
const config = { list: 'a1b2c3d4e5', lookback: '30 days' };
const secret = { api_key: 'key-us6', webhook_secret: 'correct-horse-battery-staple' };
const now = new Date('2026-11-21T08:00:00Z');

describe('parse', () => {
  for (const name of readdirSync(new URL('valid/', folder))) {
    it(`makes a hint of ${name.replace('.json', '')}, the same each time`, () => {
      const { body, ids } = fixture(`valid/${name}`);

      const deliveries = webhook.parse(request({ body }), 'newsletter', config);

      // Who left is added nowhere until they are read again.
      const left = /type=(unsubscribe|cleaned)/.test(body);
      const withdraws = left ? { withdraws: (ids ?? []).map((id) => `newsletter:member:${id}`) } : {};
      const deliveryId = expect.stringMatching(/^mailchimp:[0-9a-f]{32}$/) as string;
      const hint = { deliveryId, hint: { stream: 'members', ids, ...withdraws } };
      expect(deliveries).toEqual(ids === null ? [] : [hint]);
      expect(webhook.parse(request({ body }), 'newsletter', config)).toEqual(deliveries);
    });
  }

  for (const name of readdirSync(new URL('invalid/', folder))) {
    it(`rejects ${name.replace('.json', '')} without repeating it`, () => {
      const { body } = fixture(`invalid/${name}`);

      expect(() => webhook.parse(request({ body }), 'newsletter', config)).toThrow(
        expect.objectContaining({
          kind: 'rejected',
          code: 'mailchimp/unreadable-delivery',
          message: expect.not.stringContaining('example.com'),
        }),
      );
    });
  }

  it('tells two deliveries of one second apart', () => {
    const { body } = fixture('valid/profile.json');

    const [one] = webhook.parse(request({ body }), 'newsletter', config);
    const [other] = webhook.parse(
      request({ body: body.replace('FNAME%5D=Ann', 'FNAME%5D=Anna') }),
      'newsletter',
      config,
    );

    expect(one?.deliveryId).not.toBe(other?.deliveryId);
  });
});

describe('verify', () => {
  const cases = [
    [{ secret: 'correct-horse-battery-staple' }, { ok: true }],
    [{ secret: 'correct-horse-battery-stapl' }, { ok: false, reason: 'bad-proof' }],
    [{ secret: '' }, { ok: false, reason: 'missing-proof' }],
    [{}, { ok: false, reason: 'missing-proof' }],
  ] as const;
  for (const [query, expected] of cases) {
    it(`answers ${JSON.stringify(expected)} to ${JSON.stringify(query)}`, () => {
      expect(webhook.verify(request({ query }), config, secret, now)).toEqual(expected);
    });
  }

  it('lets nobody in while no secret is set', () => {
    const query = { secret: 'correct-horse-battery-staple' };

    expect(webhook.verify(request({ query }), config, { api_key: 'key-us6' }, now)).toEqual({
      ok: false,
      reason: 'missing-proof',
    });
  });
});

describe('handshake', () => {
  it('answers the check of the URL, as a GET and as an empty POST', () => {
    const query = { secret: 'correct-horse-battery-staple' };
    const answers = ['GET', 'POST'].map((method) =>
      webhook.handshake?.(request({ method, query, body: '' }), config, secret),
    );

    expect(answers.map((answer) => answer?.status)).toEqual([200, 200]);
  });

  it('lets the check of a URL with a wrong secret fail', () => {
    expect(webhook.handshake?.(request({ method: 'GET', body: '' }), config, secret)).toMatchObject({ status: 401 });
  });

  it('is silent about a delivery', () => {
    const { body } = fixture('valid/profile.json');

    expect(webhook.handshake?.(request({ body }), config, secret)).toBeUndefined();
  });
});

function request(change: { method?: string; query?: Record<string, string>; body?: string }): RawRequest {
  const { method = 'POST', query = {}, body = '' } = change;
  return { method, path: '/webhooks/newsletter', query, headers: {}, body: new TextEncoder().encode(body) };
}

function fixture(path: string): { body: string; ids: string[] | null } {
  return JSON.parse(readFileSync(new URL(path, folder), 'utf8'));
}
