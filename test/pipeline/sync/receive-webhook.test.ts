import { describe, expect, it } from 'vitest';
import type { Delivery, RawRequest } from '../../../lib/connectors/contract.ts';
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
    connectors: { fake: connector },
    definitions: async () => ({ ...definitions, connections: { tool } }),
    secrets: async () => ({}),
    secretName: (name) => name,
    key: async () => identityKey,
    ledger: openMemoryLedger(),
    changes,
    sync,
    clock: openHandClock(NOW),
    log: () => {},
  });
  return { changes, sync, receive: () => receive('tool', request) };
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
    expect(rig.sync.take()).toEqual([{ body: { connection: 'tool', stream: 'members', reread: ['a', 'b', 'c'] } }]);
  });

  it('refuses a delivery that no message can carry, and queues nothing of it', async () => {
    const rig = openRig([change('1', 'Ann'), change('2', '名'.repeat(100_000))]);

    expect(await rig.receive()).toMatchObject({ status: 413, body: 'sync/too-large' });

    expect(rig.changes.take()).toEqual([]);
  });
});
