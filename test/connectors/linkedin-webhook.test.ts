import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { RawRequest } from '../../lib/connectors/contract-deliveries.ts';
import { config } from '../../lib/connectors/linkedin/config.ts';
import { webhook } from '../../lib/connectors/linkedin/webhook.ts';
import { signedRequest } from '../vendors/linkedin/webhook-sender.ts';

const settings = config.parse({ ad_account: '1234567', organization: '2' });
const secret = { access_token: 't', client_secret: 'client_secret' };
const now = new Date('2026-11-21T08:00:00Z');

const lead = {
  type: 'LEAD_ACTION',
  leadGenFormResponse: 'urn:li:leadGenFormResponse:249592fc-6',
  leadGenForm: 'urn:li:versionedLeadGenForm:(urn:li:leadGenForm:7234246,1)',
  owner: { sponsoredAccount: 'urn:li:sponsoredAccount:1234567' },
  leadType: 'SPONSORED',
  leadAction: 'CREATED',
  occurredAt: 1_689_894_599_288,
};

const comment = {
  notificationId: 5_603_453_321,
  organizationalEntity: 'urn:li:organization:2',
  action: 'COMMENT',
  sourcePost: 'urn:li:activity:7094637247890620418',
  generatedActivity: 'urn:li:comment:(activity:7094637247890620418,7094977717598625792)',
  decoratedGeneratedActivity: { comment: { owner: 'urn:li:person:aNN', text: 'Schöne Schuhe' } },
  lastModifiedAt: 1_691_574_506_310,
  subscriber: 'urn:li:person:other',
};

describe('proof', () => {
  const body = '{"event_id":"LtWXD3crgy","event_type":"form_response"}';
  // Computed with Node and Python alike.
  const good = 'bf713b98d8a17f18594d56e062d4eb8b81a1591684b03b85814fe59411b50520';

  it('is the app’s secret over a prefix and the raw body', () => {
    expect(verify({ body, signature: good })).toEqual({ ok: true });
    expect(verify({ body: `${body} `, signature: good })).toEqual({ ok: false, reason: 'bad-proof' });
    expect(verify({ body, signature: `hmacsha256=${good}` })).toEqual({ ok: false, reason: 'bad-proof' });
    expect(verify({ body })).toEqual({ ok: false, reason: 'missing-proof' });
  });

  it('is none where the secret of the app is not given', () => {
    expect(webhook.verify(requestOf({ body, signature: good }), settings, { access_token: 't' }, now)).toEqual({
      ok: false,
      reason: 'missing-proof',
    });
  });

  it('may be left out of what names a lead where the workspace allows it, never of what tells something', () => {
    const open = { ...settings, unsigned_lead_notifications: true };
    const social = { type: 'ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS', notifications: [comment] };
    const judge = (told: object, how: typeof settings, signature?: string) =>
      webhook.verify(requestOf({ body: JSON.stringify(told), signature }), how, secret, now).ok;

    expect(judge(lead, settings)).toBe(false);
    expect(judge(lead, open)).toBe(true);
    expect(judge(lead, open, 'wrong')).toBe(false);
    expect(judge(social, open)).toBe(false);
    expect(judge({ ...social, ...lead, type: social.type }, open)).toBe(false);
  });

  const file = process.env.SIGNATURE_VECTORS;
  it.skipIf(file === undefined)('agrees with the vectors that SIGNATURE_VECTORS names', () => {
    const { linkedin } = JSON.parse(readFileSync(file ?? '', 'utf8')) as { linkedin: Readonly<Record<string, string>> };
    const query = { challengeCode: linkedin.challengeCode ?? '' };
    const answer = webhook.handshake?.(requestOf({ method: 'GET', query }), settings, {
      client_secret: linkedin.clientSecret,
    });

    expect(verify({ body: linkedin.body ?? '', signature: linkedin['X-LI-Signature'] ?? '' })).toEqual({ ok: true });
    expect(JSON.parse(answer?.body ?? '')).toMatchObject({ challengeResponse: linkedin.challengeResponse });
  });
});

describe('the challenge', () => {
  const check = (query: Readonly<Record<string, string>>) => {
    const request = requestOf({ method: 'GET', query });
    const verified = webhook.verify(request, settings, secret, now);
    return verified.ok ? webhook.handshake?.(request, settings, secret) : verified;
  };

  it('is answered with its code and a signature of it', () => {
    const challengeCode = '890e4665-4dfe-4ab1-b689-ed553bceeed0';

    expect(check({ challengeCode, applicationId: '1' })).toEqual({
      status: 200,
      contentType: 'application/json',
      body: JSON.stringify({
        challengeCode,
        challengeResponse: '901fd732a92f8eec45c5310f5a009e61b3a270759eb22f5ba7090b5b12c07437',
      }),
    });
    expect(check({})).toEqual({ ok: false, reason: 'missing-proof' });
  });

  it('signs nothing that a delivery could look like', () => {
    const forged = JSON.stringify(lead);

    for (const challengeCode of [`hmacsha256=${forged}`, forged, `890e4665-4dfe-4ab1-b689-ed553bceeed0\n${forged}`]) {
      expect(check({ challengeCode })).toMatchObject({ status: 400 });
    }
  });

  it('is none for a delivery', () => {
    expect(webhook.handshake?.(requestOf({ body: '{}' }), settings, secret)).toBeUndefined();
  });
});

describe('leads', () => {
  const parse = (told: object, how = settings) =>
    webhook.parse(requestOf({ body: JSON.stringify(told), signature: 's' }), 'social', how);

  it('are read again', () => {
    expect(parse(lead)).toEqual([
      { deliveryId: 'linkedin:lead:249592fc-6:created:1689894599288', hint: { stream: 'leads', ids: ['249592fc-6'] } },
    ]);
  });

  it('that were deleted pause whoever they are of until that is seen', () => {
    const gone = { ...lead, leadAction: 'DELETED' };

    expect(parse(gone)).toMatchObject([
      { hint: { stream: 'leads', ids: ['249592fc-6'], withdraws: ['social:lead:249592fc-6'] } },
    ]);
    const [unproven] = webhook.parse(requestOf({ body: JSON.stringify(gone) }), 'social', settings);
    expect(unproven).toMatchObject({ hint: { ids: ['249592fc-6'] } });
    expect(JSON.stringify(unproven)).not.toContain('withdraws');
  });

  it('of other accounts and forms are passed over', () => {
    expect(parse(lead, config.parse({ ad_account: '42' }))).toEqual([]);
    expect(parse(lead, config.parse({ organization: '2' }))).toEqual([]);
    expect(parse(lead, config.parse({ ad_account: '1234567', forms: ['9'] }))).toEqual([]);
  });
});

describe('social actions', () => {
  const parse = (...notifications: readonly object[]) => {
    const body = JSON.stringify({ type: 'ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS', notifications });
    return webhook.parse(requestOf({ body }), 'social', settings);
  };

  it('are told whole, with what somebody wrote', () => {
    expect(parse(comment)).toEqual([
      {
        deliveryId: 'linkedin:action:5603453321',
        change: {
          kind: 'activity',
          fragment: 'social:person:aNN',
          at: '2023-08-09T09:48:26.310Z',
          mapping: 1,
          identifiers: [{ type: 'linkedin.scoped_id', value: 'aNN' }],
          id: 'comment-7094977717598625792-aNN',
          name: 'Comment Posted',
          properties: {
            network: 'linkedin',
            text: 'Schöne Schuhe',
            post_id: 'urn:li:activity:7094637247890620418',
            comment_id: 'urn:li:comment:(activity:7094637247890620418,7094977717598625792)',
          },
        },
      },
    ]);
  });

  it('have names of their own', () => {
    const share = { share: { entity: 'urn:li:share:9', owner: 'urn:li:person:b0b', text: 'Look' } };
    const like = 'urn:li:like:(urn:li:person:b0b,urn:li:activity:7)';
    const names = parse(
      { ...comment, notificationId: 1, action: 'SHARE_MENTION', decoratedGeneratedActivity: share },
      { ...comment, notificationId: 2, action: 'SHARE', decoratedGeneratedActivity: share },
      { ...comment, notificationId: 3, action: 'LIKE', decoratedGeneratedActivity: {}, generatedActivity: like },
    ).map((one) => 'change' in one && one.change.kind === 'activity' && [one.change.name, one.change.id]);

    expect(names).toEqual([
      ['Mention Posted', 'share-mention-9-b0b'],
      ['Post Shared', 'share-9-b0b'],
      ['Post Liked', 'like-7-b0b'],
    ]);
  });

  it('of companies, of nobody, of other pages and of no interest are passed over', () => {
    const owner = (urn: string) => ({ decoratedGeneratedActivity: { comment: { owner: urn } } });
    expect(
      parse(
        { ...comment, ...owner('urn:li:organization:2') },
        { ...comment, decoratedGeneratedActivity: {} },
        { ...comment, organizationalEntity: 'urn:li:organization:3' },
        { ...comment, action: 'ADMIN_COMMENT' },
        { ...comment, action: 'COMMENT_DELETE' },
        { ...comment, action: '__proto__' },
      ),
    ).toEqual([]);
  });

  it('that come twice are one', () => {
    expect(parse(comment, comment)).toHaveLength(1);
  });

  it.each(['{', '[]', '{"type":"ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS"}', '{"type":"LEAD_ACTION"}'])(
    'are refused where nobody can read them: %s',
    (body) => {
      expect(() => webhook.parse(requestOf({ body }), 'social', settings)).toThrow(/could not be read/);
    },
  );
});

interface Given {
  readonly method?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signature?: string | undefined;
}

function verify({ body = '', signature }: Given) {
  return webhook.verify(requestOf({ body, signature }), settings, secret, now);
}

function requestOf({ method = 'POST', query = {}, body = '', signature }: Given): RawRequest {
  const headers = signature === undefined ? {} : { ...signedRequest('', body).headers, 'x-li-signature': signature };
  return { method, path: '/webhooks/social', query, headers, body: new TextEncoder().encode(body) };
}
