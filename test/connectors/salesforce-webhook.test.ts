import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Delivery, RawRequest } from '../../lib/connectors/contract-deliveries.ts';
import { salesforceConfig, salesforceSecret } from '../../lib/connectors/salesforce/config.ts';
import { webhook } from '../../lib/connectors/salesforce/webhook.ts';
import { type Notification, outboundEnvelope } from '../vendors/salesforce/outbound.ts';
import { openRig } from './salesforce-rig.ts';

const SECRET = 'sixteen-characters';
const ORGANIZATION = '00D5g000001DemoEAC';
const now = new Date('2026-11-21T08:00:00Z');
const config = salesforceConfig.parse({});
const secret = salesforceSecret.parse({ client_id: 'app', client_secret: 'secret', webhook_secret: SECRET });
const ann: Notification = { id: '04l5g0000000001AAA', object: 'Contact', recordId: '0035g0000000001AAA' };

describe('verify', () => {
  it.each([
    ['the secret in the query', '/webhooks/crm', { secret: SECRET }, { ok: true }],
    ['the secret as the last part of the path', `/webhooks/crm/${SECRET}`, {}, { ok: true }],
    ['another secret', '/webhooks/crm', { secret: `${SECRET}x` }, { ok: false, reason: 'bad-proof' }],
    ['no secret', '/webhooks/crm', {}, { ok: false, reason: 'missing-proof' }],
    ['an empty secret', '/webhooks/crm', { secret: '' }, { ok: false, reason: 'missing-proof' }],
  ])('judges %s', (_what, path, query, verdict) => {
    expect(webhook.verify(request({ path, query }), config, secret, now)).toEqual(verdict);
  });

  it('lets nobody in while no secret is set', () => {
    const { webhook_secret: _none, ...without } = secret;

    expect(webhook.verify(request({}), config, without, now)).toEqual({ ok: false, reason: 'missing-proof' });
  });

  it('refuses messages of another org', () => {
    const own = salesforceConfig.parse({ organization_id: ORGANIZATION.slice(0, 15) });
    const other = salesforceConfig.parse({ organization_id: '00D5g0000000001' });

    expect(webhook.verify(request({}), own, secret, now)).toEqual({ ok: true });
    expect(webhook.verify(request({}), other, secret, now)).toEqual({ ok: false, reason: 'bad-proof' });
  });
});

describe('parse', () => {
  it('makes each notification a hint, and passes over objects that we do not read', () => {
    const notifications = [
      ann,
      { id: '04l5g0000000002AAA', object: 'Lead', recordId: '00Q5g0000000001EAA' },
      { id: '04l5g0000000003AAA', object: 'Account', recordId: '0015g0000000001' },
      { id: '04l5g0000000004AAA', object: 'Opportunity', recordId: '0065g0000000001AAA' },
    ];

    expect(webhook.parse(request({ notifications }), 'crm', config)).toEqual([
      { deliveryId: '04l5g0000000001AAA', hint: { stream: 'contacts', ids: ['0035g0000000001AAA'] } },
      { deliveryId: '04l5g0000000002AAA', hint: { stream: 'leads', ids: ['00Q5g0000000001EAA'] } },
      { deliveryId: '04l5g0000000003AAA', hint: { stream: 'accounts', ids: ['0015g0000000001AAA'] } },
    ]);
  });

  it.each([
    ['no XML', 'hello'],
    ['another message', '<Envelope><Body><other/></Body></Envelope>'],
    [
      '101 notifications',
      outboundEnvelope(
        ORGANIZATION,
        Array.from({ length: 101 }, () => ann),
      ),
    ],
    ['no notification', outboundEnvelope(ORGANIZATION, [])],
    ['a damaged record id', outboundEnvelope(ORGANIZATION, [{ ...ann, recordId: '0035g0000000001ZZZ' }])],
    ['bytes that are no text', '\ud800'],
  ])('rejects %s', (_what, body) => {
    expect(() => webhook.parse(request({ body }), 'crm', config)).toThrow(
      expect.objectContaining({ kind: 'rejected', code: 'salesforce/unreadable-message' }),
    );
  });

  it('expands no entities', () => {
    const bomb = '<!DOCTYPE x [<!ENTITY a "0035g0000000001AAA">]>';
    const body = outboundEnvelope(ORGANIZATION, [{ ...ann, recordId: '&a;' }]).replace('?>', `?>${bomb}`);

    expect(() => webhook.parse(request({ body }), 'crm', config)).toThrow();
  });
});

describe('an outbound message', () => {
  it('is sent again with the same ids until it is acknowledged', async () => {
    await using rig = await openRig();
    const id = rig.vendor.store.insert('Contact', { LastName: 'Ann', Email: 'a&b@example.com' });
    const seen: Delivery[] = [];
    const server = createServer((incoming, response) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        seen.push(...webhook.parse(request({ body: Buffer.concat(chunks).toString('utf8') }), 'crm', config));
        const answer = webhook.acknowledge?.(request({})) ?? { status: 200, body: '' };
        const accepted = seen.length > 1;
        response.writeHead(accepted ? answer.status : 500, { 'content-type': answer.contentType ?? 'text/plain' });
        response.end(accepted ? answer.body : '');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

    const result = await rig.vendor.sendOutboundMessage(url, [id]);

    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    const [notificationId = ''] = result.notificationIds;
    const delivery = { deliveryId: notificationId, hint: { stream: 'contacts', ids: [id] } };
    expect(result).toMatchObject({ acknowledged: true, attempts: 2 });
    expect(seen).toEqual([delivery, delivery]);
  });
});

function request(options: {
  readonly path?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly notifications?: readonly Notification[];
}): RawRequest {
  const body = options.body ?? outboundEnvelope(ORGANIZATION, options.notifications ?? [ann]);
  return {
    method: 'POST',
    path: options.path ?? '/webhooks/crm',
    query: options.query ?? { secret: SECRET },
    headers: { 'content-type': 'text/xml; charset=utf-8' },
    body: new TextEncoder().encode(body),
  };
}
