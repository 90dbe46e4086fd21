import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { RawRequest } from '../../lib/connectors/contract-deliveries.ts';
import { config, secret } from '../../lib/connectors/sendgrid/config.ts';
import { webhook } from '../../lib/connectors/sendgrid/webhook.ts';
import { openSigner } from '../vendors/sendgrid/webhook-sender.ts';

const HOUR = 3_600_000;
const now = new Date('2026-11-21T08:00:00Z');
const signer = openSigner();
const secrets = secret.parse({ api_key: 'SG.1', webhook_public_key: signer.publicKey });
const BODY = '[{"email":"ann@example.com","event":"dropped"}]\r\n';

describe('verify', () => {
  it('agrees with the documented recipe: ECDSA of time and body, the line’s end included', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
    const headers = {
      'x-twilio-email-event-webhook-timestamp': '1795248000',
      'x-twilio-email-event-webhook-signature': sign('sha256', Buffer.from(`1795248000${BODY}`), privateKey).toString(
        'base64',
      ),
    };
    const request = { method: 'POST', path: '/', query: {}, headers, body: new TextEncoder().encode(BODY) };
    const own = secret.parse({ api_key: 'SG.1', webhook_public_key: key });

    expect(webhook.verify(request, config.parse({}), own, now)).toEqual({ ok: true });
  });

  it.each([
    ['a day old, as a last try is', 24 * HOUR, { ok: true }],
    ['older', 25 * HOUR + 1_000, { ok: false, reason: 'stale' }],
    ['of the future', -25 * HOUR - 1_000, { ok: false, reason: 'stale' }],
  ])('judges a request that is %s', (_, age, expected) => {
    expect(verify(signed({ at: new Date(now.getTime() - age) }))).toEqual(expected);
  });

  it('refuses another time, body or key, what is no signature, and anything where the connection has no key', () => {
    const request = signed();
    const name = 'x-twilio-email-event-webhook-signature';
    const wrong = [
      { ...request, headers: { ...request.headers, 'x-twilio-email-event-webhook-timestamp': '1795248001' } },
      { ...request, body: new TextEncoder().encode(BODY.trim()) },
      { ...request, headers: { ...request.headers, ...openSigner().request(BODY, now).headers } },
      { ...request, headers: { ...request.headers, [name]: '%%%' } },
    ];

    expect(wrong.map(verify)).toEqual(wrong.map(() => ({ ok: false, reason: 'bad-proof' })));
    const keyless = secret.parse({ api_key: 'SG.1' });
    expect(webhook.verify(request, config.parse({}), keyless, now)).toEqual({ ok: false, reason: 'missing-proof' });
  });
});

describe('parse', () => {
  it.each([
    ['delivered', {}, 'Email Delivered'],
    ['open', {}, 'Email Opened'],
    ['click', { url: 'https://example.com/' }, 'Email Link Clicked'],
    ['bounce', { type: 'blocked' }, 'Email Bounced'],
    ['dropped', { reason: 'Bounced Address' }, 'Email Dropped'],
    ['group_unsubscribe', { asm_group_id: 7 }, 'Email Group Unsubscribed'],
  ])('makes an act of %s, and says nothing of consent', (event, more, name) => {
    const changes = parse([one(event, more)]);

    expect(changes.map((each) => each.kind)).toEqual(['activity']);
    expect(changes[0]).toMatchObject({ name, id: 'e1' });
  });

  it.each([
    ['unsubscribe', {}, 'unsubscribed', 'person'],
    ['spamreport', {}, 'spam_complaint', 'person'],
    ['bounce', { type: 'bounce' }, 'hard_bounce', 'company'],
  ])('takes %s for a withdrawal too', (event, more, status, by) => {
    const [act, stands] = parse([one(event, more)]);

    expect(act?.kind).toBe('activity');
    expect(stands).toMatchObject({
      kind: 'profile',
      traits: { 'sendgrid.email_status': status },
      consent: [{ address: 'ann@example.com', topic: 'email', state: 'denied', by, at: '2026-11-21T07:59:00.000Z' }],
    });
    expect(stands).toMatchObject({ fragment: act?.kind === 'activity' ? act.fragment : '' });
  });

  it('takes unsubscribing from a group for its own topic only, and taking it back', () => {
    const events = [
      one('group_unsubscribe', { asm_group_id: 7, sg_event_id: 'e1' }),
      one('group_resubscribe', { asm_group_id: 7, sg_event_id: 'e2' }),
    ];

    const stands = parse(events, { groups: { 7: 'newsletter' } }).filter(({ kind }) => kind === 'profile');

    expect(stands.map((each) => (each.kind === 'profile' ? [each.consent, each.traits] : []))).toEqual(
      ['denied', 'granted'].map((state) => [
        [expect.objectContaining({ topic: 'newsletter', state, by: 'person' })],
        {},
      ]),
    );
  });

  it('passes over what is no act of anybody’s, and keeps an event that came twice once', () => {
    const events = [one('processed'), one('deferred'), { event: 'account_status_change' }, one('open'), one('open')];

    expect(deliveries(events)).toEqual([expect.objectContaining({ deliveryId: 'sendgrid:e1' })]);
  });

  it('quarantines an event that nobody can read, and its neighbours arrive', () => {
    const told = deliveries([one('open', { email: 'nobody' }), one('click', { sg_event_id: 'e2' }), 'text']);

    expect(told.map((each) => ('rejection' in each ? each.rejection.code : each.deliveryId))).toEqual([
      'sendgrid/bad-event',
      'sendgrid:e2',
      'sendgrid/bad-event',
    ]);
    expect(told.map(({ deliveryId }) => deliveryId).join()).not.toContain('@');
  });

  it.each(['', '{}', '[{"event":', '"text"'])('rejects %j', (text) => {
    expect(() => webhook.parse(signed({ body: text }), 'mail', config.parse({}))).toThrow(
      expect.objectContaining({ kind: 'rejected', code: 'sendgrid/unreadable-delivery' }),
    );
  });
});

function one(event: string, more: object = {}) {
  return { email: 'ann@example.com', timestamp: now.getTime() / 1_000 - 60, event, sg_event_id: 'e1', ...more };
}

function signed({ body = BODY, at = now }: { body?: string; at?: Date } = {}): RawRequest {
  const { headers } = signer.request(body, at);
  return { method: 'POST', path: '/webhooks/mail', query: {}, headers, body: new TextEncoder().encode(body) };
}

function verify(request: RawRequest) {
  return webhook.verify(request, config.parse({}), secrets, now);
}

function deliveries(events: readonly unknown[], settings: object = {}) {
  return webhook.parse(signed({ body: JSON.stringify(events) }), 'mail', config.parse(settings));
}

function parse(events: readonly unknown[], settings: object = {}) {
  return deliveries(events, settings).flatMap((each) => ('change' in each ? [each.change] : []));
}
