import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Verification } from '../../lib/connectors/contract-deliveries.ts';
import { standardRequest, tallyRequest, typeformRequest } from '../vendors/forms/signing.ts';
import { FORM_SECRET, NOW, STANDARD_SECRET, settings, verify } from './forms-rig.ts';

const BODY = '{"event_id":"LtWXD3crgy","event_type":"form_response"}';
const own = { mapping: { id: 'id', at: 'at' } };
const good: Verification = { ok: true };
const bad: Verification = { ok: false, reason: 'bad-proof' };
const stale: Verification = { ok: false, reason: 'stale' };
const missing: Verification = { ok: false, reason: 'missing-proof' };

describe('a proof', () => {
  // Recomputed with Node's and Python's hmac from each tool's own description of its signature.
  it.each([
    [
      'Typeform',
      settings(),
      FORM_SECRET,
      { 'typeform-signature': 'sha256=4QHGsQ4lyd9PpJtR8nmnVN6HBoWwKMD9Xrb5cn2PfNo=' },
    ],
    [
      'Tally',
      settings({ preset: 'tally' }),
      FORM_SECRET,
      { 'tally-signature': '4QHGsQ4lyd9PpJtR8nmnVN6HBoWwKMD9Xrb5cn2PfNo=' },
    ],
    [
      'SurveyMonkey, by the preset hmac',
      settings({
        preset: 'hmac',
        ...own,
        signature: { header: 'Sm-Signature', algorithm: 'sha1', encoding: 'base64' },
      }),
      'client_id&client_secret',
      { 'sm-signature': '7AJBji8vigap/R2uB+/8NEBanaA=' },
    ],
    [
      'Meta, by the preset hmac',
      settings({ preset: 'hmac', ...own, signature: { header: 'X-Hub-Signature-256', prefix: 'sha256=' } }),
      'app_secret',
      { 'x-hub-signature-256': 'sha256=22d3988d1017c437ea81a89d41e2d3266c00a508cffdb23f8ad8746d232d77e9' },
      '{"object":"page","entry":[]}',
    ],
  ])('of %s is the published one', (_tool, of, signing_secret, headers, body = BODY) => {
    const request = { body, headers };

    expect(verify(request, of, { signing_secret })).toEqual(good);
    expect(verify({ ...request, body: `${body} ` }, of, { signing_secret })).toEqual(bad);
    expect(verify(request, of, { signing_secret: `${signing_secret}x` })).toEqual(bad);
    expect(verify({ ...request, headers: {} }, of, { signing_secret })).toEqual(missing);
  });

  it('of Standard Webhooks is that of the reference library', () => {
    const request = {
      body: '{"test": 2432232314}',
      headers: {
        'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
        'webhook-timestamp': '1614265330',
        'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
      },
    };

    const at = (seconds: number) =>
      verify(
        request,
        settings({ preset: 'standard-webhooks' }),
        { signing_secret: STANDARD_SECRET },
        new Date(seconds * 1_000),
      );

    expect([at(1614265330), at(1614265630), at(1614265030)]).toEqual([good, good, good]);
    expect([at(1614265631), at(1614265029)]).toEqual([stale, stale]);
  });

  it('of Standard Webhooks may be one of several, and each part of it is signed', () => {
    const of = settings({ preset: 'standard-webhooks' });
    const secrets = { signing_secret: STANDARD_SECRET };
    const other = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;
    const request = standardRequest([other, STANDARD_SECRET], BODY, { id: 'msg_1', at: NOW });
    const by = (headers: object) => verify({ body: BODY, headers: { ...request.headers, ...headers } }, of, secrets);

    expect(by({})).toEqual(good);
    expect(by({ 'webhook-signature': `v1a,ed25519 ${request.headers['webhook-signature']}` })).toEqual(good);
    expect(by({ 'webhook-id': 'msg_2' })).toEqual(bad);
    expect(by({ 'webhook-timestamp': String(NOW.getTime() / 1_000 + 1) })).toEqual(bad);
    expect(by({ 'webhook-signature': 'v1,' })).toEqual(bad);
    expect(by({ 'webhook-id': '' })).toEqual(missing);
    expect(verify(request, of, { signing_secret: other })).toEqual(good);
  });

  it('holds under the former secret while it is being changed', () => {
    const request = typeformRequest('the-old-one', BODY);

    expect(verify(request, settings(), { signing_secret: 'the-new-one' })).toEqual(bad);
    expect(
      verify(request, settings(), { signing_secret: 'the-new-one', former_signing_secret: 'the-old-one' }),
    ).toEqual(good);
  });

  it('of another tool is none', () => {
    expect(verify(tallyRequest(FORM_SECRET, BODY), settings())).toEqual(missing);
  });

  it('over time and id refuses what is old, and what names another time', () => {
    const signature = {
      header: 'X-Signature',
      prefix: 'v0=',
      secret_encoding: 'base64',
      content: '{id}.{timestamp}.{body}',
      timestamp_header: 'X-Time',
      id_header: 'X-Id',
      tolerance_seconds: 60,
    };
    const of = settings({ preset: 'hmac', mapping: {}, signature });
    const signing_secret = Buffer.from('key').toString('base64');
    const request = (seconds: string) => {
      const proof = createHmac('sha256', 'key').update(`e1.${seconds}.${BODY}`).digest('hex');
      return { body: BODY, headers: { 'x-signature': `v0=${proof}`, 'x-time': seconds, 'x-id': 'e1' } };
    };
    const now = NOW.getTime() / 1_000;

    const fresh = request(String(now - 60));

    expect(verify(fresh, of, { signing_secret })).toEqual(good);
    expect(verify(request(String(now - 61)), of, { signing_secret })).toEqual(stale);
    expect(verify(request('yesterday'), of, { signing_secret })).toEqual(stale);
    expect(verify({ ...fresh, headers: { ...fresh.headers, 'x-time': String(now) } }, of, { signing_secret })).toEqual(
      bad,
    );
    expect(
      verify({ ...fresh, headers: { 'x-signature': fresh.headers['x-signature'] } }, of, { signing_secret }),
    ).toEqual(missing);
  });

  it('cannot be looked for with a secret that is none of Standard Webhooks', () => {
    const request = standardRequest([STANDARD_SECRET], BODY, { id: 'msg_1', at: NOW });

    expect(() => verify(request, settings({ preset: 'standard-webhooks' }), { signing_secret: '123456' })).toThrow(
      expect.objectContaining({ kind: 'config', code: 'forms/bad-signing-secret' }),
    );
  });
});
