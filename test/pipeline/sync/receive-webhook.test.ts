import { describe, expect, it } from 'vitest';
import type { Delivery, RawRequest } from '../../../lib/connectors/contract-deliveries.ts';
import type { AnyConnector } from '../../../lib/connectors/define.ts';
import type { ConnectionDefinition } from '../../../lib/domain/definitions.ts';
import { receiveWebhook } from '../../../lib/pipeline/sync/receive-webhook.ts';
import { identityKey } from '../delivering.ts';
import { openMemoryLedger } from '../memory-ledger.ts';
import { openHandClock, openMemoryQueue } from '../memory-state.ts';
import { definitions, NOW } from '../world.ts';

const anything = { safeParse: (data: unknown) => ({ success: true as const, data }) };
const request: RawRequest = { method: 'POST', path: '/webhooks/tool', query: {}, headers: {}, body: new Uint8Array() };

/** A webhook that is proven and tells what the test says. */
function openRig(deliveries: readonly Delivery[]) {
  const changes = openMemoryQueue();
  const sync = openMemoryQueue();
  const logged: string[] = [];
  const connector = {
    config: anything,
    secret: anything,
    streams: [],
    webhook: { proof: 'hmac', verify: () => ({ ok: true }), parse: () => deliveries },
  } as unknown as AnyConnector;
  const tool: ConnectionDefinition = {
    name: 'tool',
    connector: 'fake',
    streams: {},
    webhook: true,
    quotaShare: 1,
    config: {},
  };
  const receive = receiveWebhook({
    connectors: { fake: async () => connector },
    definitions: async () => ({ ...definitions, connections: { tool } }),
    secrets: async () => ({}),
    secretName: (name) => name,
    key: async () => identityKey,
    ledger: openMemoryLedger(),
    changes,
    sync,
    clock: openHandClock(NOW),
    log: (message, fields) => void logged.push(`${message} ${JSON.stringify(fields)}`),
  });
  const read = (given: Partial<RawRequest> = {}) => receive('tool', { ...request, ...given });
  return { changes, sync, receive: read, logged };
}

const change = (id: string, name: string): Delivery => ({
  deliveryId: id,
  change: { kind: 'profile', fragment: `tool:member:${id}`, at: '2026-11-01T00:00:00Z', traits: { name } },
});

describe('receiveWebhook', () => {
  it('queues changes, and each hinted record once', async () => {
    const hint = (id: string, ...ids: readonly string[]): Delivery => ({
      deliveryId: id,
      hint: { stream: 'members', ids },
    });
    const rig = openRig([change('1', 'Ann'), hint('2', 'a', 'b'), hint('3', 'b', 'c')]);

    expect(await rig.receive()).toMatchObject({ status: 200 });

    expect(rig.changes.take()).toMatchObject([{ body: { origin: 'delivery', connection: 'tool' } }]);
    expect(rig.sync.take()).toEqual([
      { body: { connection: 'tool', stream: 'members', reread: ['a', 'b', 'c'], hintedAt: expect.any(String) } },
    ]);
  });

  it('refuses a delivery that no message can carry, and queues nothing of it', async () => {
    const rig = openRig([change('1', 'Ann'), change('2', '名'.repeat(100_000))]);

    expect(await rig.receive()).toMatchObject({ status: 413, body: 'sync/too-large' });

    expect(rig.changes.take()).toEqual([]);
  });

  it('has what means nothing quarantined under its own id, beside what can be used, and acknowledges both', async () => {
    const record = { email: 'ann@example.com' };
    const rejection = { code: 'forms/other-form', reason: 'the response is of another form', record };
    const rig = openRig([change('1', 'Ann'), { deliveryId: 'forms:2', rejection }]);

    expect(await rig.receive()).toEqual({ status: 200, body: '' });

    expect(rig.changes.take()).toMatchObject([
      { body: { origin: 'delivery', connection: 'tool', changes: [{ fragment: 'tool:member:1' }] } },
      {
        body: { origin: 'delivery', connection: 'tool', rejected: [rejection], stream: 'deliveries', stamp: 'forms:2' },
      },
    ]);
    expect(rig.logged.join()).not.toContain('ann@example.com');
    expect(rig.logged).toEqual([expect.stringContaining('"rejected":1')]);
  });

  it('refuses a body of over a million bytes before anything reads it', async () => {
    const rig = openRig([change('1', 'Ann')]);

    expect(await rig.receive({ body: new Uint8Array(1_000_001) })).toMatchObject({ status: 413 });

    expect(rig.changes.take()).toEqual([]);
  });
});
