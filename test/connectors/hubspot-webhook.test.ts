import { describe, expect, it } from 'vitest';
import type { RawRequest } from '../../lib/connectors/contract-deliveries.ts';
import { config, secret } from '../../lib/connectors/hubspot/config.ts';
import { signatureOf, webhook } from '../../lib/connectors/hubspot/webhook.ts';
import { startHubspot } from '../vendors/hubspot/server.ts';
import { signedRequest } from '../vendors/hubspot/webhook-sender.ts';

const KEY = 'client-secret-of-an-app';
const URL_OF_OURS = 'https://hooks.example.com/webhooks/crm';
const now = new Date('2026-11-21T08:00:00Z');
const settings = config.parse({});
const secrets = secret.parse({ access_token: 'pat-1', client_secret: KEY });

describe('verify', () => {
  it('agrees with a signature of the documented recipe', () => {
    const body = new TextEncoder().encode('[{"eventId":1}]');

    const signature = signatureOf('secret', 'POST', 'https://x.example/hook?a=b', body, '1700000000000');

    expect(signature).toBe('l+pefGLWNicfwh4uvsLyV9FOm8nFdAw5DzeZkqsGleE=');
  });

  it('takes the URL from the request, by https or, on the stage, by http', () => {
    const answers = [URL_OF_OURS, URL_OF_OURS.replace('https', 'http')].map((url) => verify(signed({ url })));

    expect(answers).toEqual([{ ok: true }, { ok: true }]);
  });

  it('takes a query, whose signs HubSpot signs as they read', () => {
    const url = `${URL_OF_OURS}?from=a@b:c/d`;

    expect(verify({ ...signed({ url }), query: { from: 'a@b:c/d' } })).toEqual({ ok: true });
  });

  it('takes the URL that the connection says where a proxy gave ours another', () => {
    const request = { ...signed({ url: 'https://edge.example.com/in' }) };

    const config_ = config.parse({ webhook_url: 'https://edge.example.com/in' });

    expect(webhook.verify(request, config_, secrets, now)).toEqual({ ok: true });
    expect(verify(request)).toEqual({ ok: false, reason: 'bad-proof' });
  });

  it.each([
    ['five minutes old', 5 * 60_000, { ok: true }],
    ['older', 5 * 60_000 + 1, { ok: false, reason: 'stale' }],
    ['of the future', -5 * 60_000 - 1, { ok: false, reason: 'stale' }],
  ])('judges a request that is %s', (_, age, expected) => {
    expect(verify(signed({ at: new Date(now.getTime() - age) }))).toEqual(expected);
  });

  it('refuses a timestamp that is not the signed one, a body, a method and a key of another', () => {
    const request = signed({});
    const later = { ...request.headers, 'x-hubspot-request-timestamp': String(now.getTime() + 1) };
    const wrong = [
      { ...request, headers: later },
      { ...request, body: new TextEncoder().encode('[]') },
      { ...request, method: 'PUT' },
      signed({ key: 'another' }),
    ];

    expect(wrong.map(verify)).toEqual(wrong.map(() => ({ ok: false, reason: 'bad-proof' })));
  });

  it('lets nobody in while the secret holds no client secret', () => {
    const without = secret.parse({ access_token: 'pat-1' });

    expect(webhook.verify(signed({}), settings, without, now)).toEqual({ ok: false, reason: 'missing-proof' });
  });
});

describe('parse', () => {
  const at = 1795248000000;
  const cases: readonly [string, object, object | undefined][] = [
    [
      'a change',
      { subscriptionType: 'contact.propertyChange', objectId: 1, propertyName: 'email' },
      { stream: 'contacts', ids: ['1'] },
    ],
    ['the older name of a type', { eventType: 'company.creation', objectId: 2 }, { stream: 'companies', ids: ['2'] }],
    ['a deletion', { subscriptionType: 'deal.deletion', objectId: 3 }, { stream: 'deals', ids: ['3'] }],
    [
      'a generic type',
      { subscriptionType: 'object.restore', objectTypeId: '0-1', objectId: 4 },
      { stream: 'contacts', ids: ['4'] },
    ],
    [
      'a merge',
      { subscriptionType: 'contact.merge', primaryObjectId: 5, mergedObjectIds: [6, 7], newObjectId: 8 },
      { stream: 'contacts', ids: ['5', '8', '6', '7'] },
    ],
    [
      'a company that a contact joined',
      {
        subscriptionType: 'contact.associationChange',
        associationType: 'CONTACT_TO_COMPANY',
        fromObjectId: 9,
        toObjectId: 10,
      },
      { stream: 'contacts', ids: ['9'] },
    ],
    [
      'the same from the other side',
      {
        subscriptionType: 'company.associationChange',
        associationType: 'COMPANY_TO_CONTACT',
        fromObjectId: 10,
        toObjectId: 9,
      },
      { stream: 'contacts', ids: ['9'] },
    ],
    [
      'a contact that a deal got',
      {
        subscriptionType: 'contact.associationChange',
        associationType: 'CONTACT_TO_DEAL',
        fromObjectId: 9,
        toObjectId: 11,
      },
      { stream: 'deals', ids: ['11'] },
    ],
    [
      'an opt-out of everything',
      {
        subscriptionType: 'contact.propertyChange',
        objectId: 1,
        propertyName: 'hs_email_optout',
        propertyValue: 'true',
      },
      { stream: 'contacts', ids: ['1'], withdraws: ['crm:contact:1'] },
    ],
    [
      'an opt-out of one kind of mail',
      {
        subscriptionType: 'contact.propertyChange',
        objectId: 1,
        propertyName: 'hs_email_optout_8421',
        propertyValue: 'true',
      },
      { stream: 'contacts', ids: ['1'], withdraws: ['crm:contact:1'] },
    ],
    [
      'an opt-out that was taken back',
      {
        subscriptionType: 'contact.propertyChange',
        objectId: 1,
        propertyName: 'hs_email_optout',
        propertyValue: 'false',
      },
      { stream: 'contacts', ids: ['1'] },
    ],
    [
      'a deletion by law',
      { subscriptionType: 'contact.privacyDeletion', objectId: 1 },
      { stream: 'contacts', ids: ['1'], withdraws: ['crm:contact:1'] },
    ],
    ['a ticket', { subscriptionType: 'ticket.creation', objectId: 1 }, undefined],
    ['a type of tomorrow', { subscriptionType: 'conversation.newMessage' }, undefined],
  ];
  it.each(cases)('understands %s', (_, event, hint) => {
    const deliveries = parse([{ subscriptionId: 1, occurredAt: at, ...event }]);

    expect(deliveries.map((one) => ('hint' in one ? one.hint : one))).toEqual(hint === undefined ? [] : [hint]);
  });

  it('names a delivery by what happened, because event ids repeat', () => {
    const event = {
      eventId: 1,
      subscriptionId: 1,
      occurredAt: at,
      subscriptionType: 'contact.propertyChange',
      objectId: 1,
    };
    const one = { ...event, propertyName: 'email', propertyValue: 'ann@example.com' };

    const deliveries = parse([one, { ...one, propertyValue: 'ann2@example.com' }, { ...one, attemptNumber: 3 }]);

    expect(new Set(deliveries.map(({ deliveryId }) => deliveryId)).size).toBe(2);
    expect(deliveries).toHaveLength(2);
    expect(JSON.stringify(deliveries)).not.toContain('example.com');
  });

  it.each(['', '{}', '[]', '[1]', '[{"objectId":"a; drop"}]', '[{"objectId":1'])('rejects %j', (body) => {
    expect(() => webhook.parse(request(body), 'crm', settings)).toThrow(
      expect.objectContaining({ kind: 'rejected', code: 'hubspot/unreadable-delivery' }),
    );
  });

  it('reads what the simulated account sends', async () => {
    await using vendor = await opened();
    const heard: RawRequest[] = [];
    const { createServer } = await import('node:http');
    const server = createServer((incoming, response) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        const headers = Object.fromEntries(
          Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
        );
        heard.push({ method: 'POST', path: incoming.url ?? '', query: {}, headers, body: Buffer.concat(chunks) });
        // The first answer is a failure: HubSpot tries again.
        response.writeHead(heard.length === 1 ? 500 : 200).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    vendor.simulator.subscribe(`http://127.0.0.1:${port}/webhooks/crm`);
    const id = vendor.simulator.store.create('contacts', { email: 'ann@example.com' });
    vendor.simulator.store.update('contacts', id, { hs_email_optout: 'true' });

    await vendor.simulator.settleWebhooks();
    vendor.pass(2 * 60_000);
    const retried = await vendor.simulator.retryWebhooks();
    server.close();

    const own = secret.parse(vendor.simulator.secret);
    expect(retried).toBe(1);
    expect(heard.map((one, n) => webhook.verify(one, settings, own, n === 0 ? now : vendor.now()))).toEqual([
      { ok: true },
      { ok: true },
    ]);
    const [first, second] = heard.map((one) => webhook.parse(one, 'crm', settings));
    expect(second).toEqual(first);
    expect(first?.some((one) => 'hint' in one && one.hint.withdraws?.includes(`crm:contact:${id}`))).toBe(true);
  });
});

async function opened() {
  let at = now.getTime();
  const clock = () => new Date(at);
  const simulator = await startHubspot({ now: clock });
  return {
    simulator,
    now: clock,
    pass: (ms: number) => {
      at += ms;
    },
    [Symbol.asyncDispose]: () => simulator.close(),
  };
}

function verify(one: RawRequest) {
  return webhook.verify(one, settings, secrets, now);
}

function parse(events: readonly object[]) {
  return webhook.parse(request(JSON.stringify(events)), 'crm', settings);
}

function request(body: string): RawRequest {
  return { method: 'POST', path: '/webhooks/crm', query: {}, headers: {}, body: new TextEncoder().encode(body) };
}

function signed({ url = URL_OF_OURS, key = KEY, at = now }: { url?: string; key?: string; at?: Date }): RawRequest {
  const body = '[{"subscriptionType":"contact.creation","objectId":1}]';
  const headers = { host: 'hooks.example.com', ...signedRequest(key, url, body, at).headers };
  return { ...request(body), headers };
}
