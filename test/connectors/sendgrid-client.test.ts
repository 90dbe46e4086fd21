import { describe, expect, it } from 'vitest';
import type { ConnectorIo } from '../../lib/connectors/contract.ts';
import { openSendgrid } from '../../lib/connectors/sendgrid/client.ts';
import { config, secret } from '../../lib/connectors/sendgrid/config.ts';
import { freeCalls } from '../free-calls.ts';
import type { FaultKind } from '../vendors/sendgrid/faults.ts';
import { openRig } from './sendgrid-rig.ts';

describe('openSendgrid', () => {
  const verdicts: readonly [FaultKind, object][] = [
    ['throttled', { kind: 'rate-limited', code: 'sendgrid/throttled', retryAfterMs: 9_000 }],
    ['throttled-until', { kind: 'rate-limited', code: 'sendgrid/throttled', retryAfterMs: 42_000 }],
    ['unavailable', { kind: 'transient', code: 'sendgrid/unavailable' }],
    ['error-after-accepting', { kind: 'transient', code: 'sendgrid/unavailable' }],
    ['half-json', { kind: 'transient', code: 'sendgrid/unreadable-answer' }],
    ['another-shape', { kind: 'transient', code: 'sendgrid/unreadable-answer' }],
    ['refused-key', { kind: 'auth', code: 'sendgrid/key-refused' }],
    ['missing-scope', { kind: 'config', code: 'sendgrid/missing-scope' }],
  ];
  it.each(verdicts)('tells %s by its kind, and tries nothing again by itself', async (kind, verdict) => {
    await using rig = await openRig();
    const api = rig.connect();
    rig.vendor.faults.add({ kind });

    await expect(api.countContacts()).rejects.toMatchObject(verdict);
    expect(rig.vendor.calls).toHaveLength(1);
    await expect(api.countContacts()).resolves.toEqual({ contacts: 0 });
  });

  it('tells a search that took too long', async () => {
    await using rig = await openRig();
    rig.vendor.faults.add({ kind: 'slow-search' });
    const search = rig.connect().search("updated_at >= TIMESTAMP '2026-11-21T08:00:00Z'");

    await expect(search).rejects.toMatchObject({ kind: 'transient', code: 'sendgrid/search-too-slow' });
  });

  it('names the field that was refused, and nothing of what stood in it', async () => {
    await using rig = await openRig();
    const failure = await rig
      .connect()
      .addToList('l1', ['ann@example'])
      .catch((thrown: unknown) => thrown);

    expect(failure).toMatchObject({ kind: 'defect', code: 'sendgrid/request-refused' });
    expect(String(failure)).toContain('HTTP 400, field contacts[].email');
    expect(String(failure)).not.toContain('ann@');
  });

  it('takes files only from where SendGrid keeps them safely', async () => {
    await using rig = await openRig();
    const download = rig.connect().download('http://files.example.com/export.json.gz');

    await expect(download).rejects.toMatchObject({ kind: 'transient', code: 'sendgrid/unreadable-answer' });
    expect(rig.vendor.calls).toHaveLength(0);
  });

  it.each([
    [{}, 'https://api.sendgrid.com/v3/marketing/contacts/count', undefined],
    [{ region: 'eu', on_behalf_of: 'shop' }, 'https://api.eu.sendgrid.com/v3/marketing/contacts/count', 'shop'],
  ])('with %j asks %s', async (settings, url, subuser) => {
    const asked: [string, string | undefined][] = [];
    const io: ConnectorIo = {
      fetch: async (input, init) => {
        const headers = new Headers(init?.headers);
        asked.push([String(input), headers.get('on-behalf-of') ?? undefined]);
        return Response.json({ contact_count: 3 });
      },
      now: () => new Date(),
      signal: new AbortController().signal,
      log: () => undefined,
      calls: freeCalls,
    };
    const own = { name: 'mail', config: config.parse(settings), secret: secret.parse({ api_key: 'SG.1' }) };

    await openSendgrid(own, io).countContacts();

    expect(asked).toEqual([[url, subuser]]);
  });
});

describe('secret', () => {
  it.each(['not a key', 'MFkw', Buffer.from('x'.repeat(91)).toString('base64')])(
    'refuses %j as a public key',
    (key) => {
      const parsed = secret.safeParse({ api_key: 'SG.1', webhook_public_key: key });

      expect(parsed.success ? '' : parsed.error.issues[0]?.message).toContain('a P-256 public key in Base64');
    },
  );
});
