import { describe, expect, it } from 'vitest';
import type { BusEvent, Delivery } from '../../../lib/connectors/contract-deliveries.ts';
import type { AnyConnector } from '../../../lib/connectors/define.ts';
import type { ConnectionDefinition } from '../../../lib/domain/definitions.ts';
import { formatInstant } from '../../../lib/domain/instant.ts';
import { readBusEvent, receiveEvent } from '../../../lib/pipeline/sync/receive-event.ts';
import { identityKey } from '../delivering.ts';
import { openMemoryLedger } from '../memory-ledger.ts';
import { openHandClock, openMemoryQueue } from '../memory-state.ts';
import { definitions, NOW } from '../world.ts';

const anything = { safeParse: (data: unknown) => ({ success: true as const, data }) };
const BUS = 'aws.partner/example.com/acme/1';
const event: BusEvent = { id: 'e1', source: BUS, detailType: 'Changed', detail: {} };

/** Two connections, one of which names the bus; events tell what the test says. */
function openRig(deliveries: readonly Delivery[]) {
  const changes = openMemoryQueue();
  const sync = openMemoryQueue();
  const connector = {
    config: anything,
    streams: [],
    events: { buses: [], parse: () => deliveries },
  } as unknown as AnyConnector;
  const base = { connector: 'fake', webhook: false, quotaShare: 1, config: {} };
  const streams = { members: { expression: 'rate(1 hour)', words: 'hourly' } };
  const tool: ConnectionDefinition = { ...base, name: 'tool', streams, eventBus: BUS };
  const other: ConnectionDefinition = { ...base, name: 'other', streams };
  const receive = receiveEvent({
    connectors: { fake: async () => connector },
    definitions: async () => ({ ...definitions, connections: { tool, other } }),
    key: async () => identityKey,
    ledger: openMemoryLedger(),
    changes,
    sync,
    clock: openHandClock(NOW),
    log: () => {},
  });
  return { changes, sync, receive };
}

describe('receiveEvent', () => {
  it('queues what it tells, for the connection of its bus: changes, each hinted record once, and streams to pull', async () => {
    const gone = { kind: 'gone', fragment: 'tool:member:1', at: '2026-11-01T00:00:00Z' } as const;
    const rig = openRig([
      { deliveryId: '1', change: gone },
      { deliveryId: '2', hint: { stream: 'members', ids: ['a', 'b'] } },
      { deliveryId: '3', hint: { stream: 'members', ids: ['b'], withdraws: ['tool:member:b'] } },
      { deliveryId: '4', pull: { stream: 'members' } },
      { deliveryId: '5', pull: { stream: 'nobody-pulls-it' } },
    ]);

    await rig.receive(event);

    expect(rig.changes.take()).toMatchObject([
      {
        body: {
          origin: 'delivery',
          connection: 'tool',
          changes: [],
          pause: ['tool:member:b'],
          hintedAt: formatInstant(NOW),
        },
      },
      { body: { origin: 'delivery', connection: 'tool', changes: [gone] } },
    ]);
    expect(rig.sync.take()).toEqual([
      { body: { connection: 'tool', stream: 'members', reread: ['a', 'b'], hintedAt: formatInstant(NOW) } },
      { body: { connection: 'tool', stream: 'members' } },
    ]);
  });

  it('has what cannot be read quarantined', async () => {
    const rejection = { code: 'salesforce/unreadable-event', reason: 'expected a header', record: {} };
    const rig = openRig([{ deliveryId: 'e1', rejection }]);

    await rig.receive(event);

    expect(rig.changes.take()).toMatchObject([{ body: { connection: 'tool', rejected: [rejection], stamp: 'e1' } }]);
  });

  it('tells nobody of a bus that no connection names any more', async () => {
    const rig = openRig([{ deliveryId: '4', pull: { stream: 'members' } }]);

    await rig.receive({ ...event, source: 'aws.partner/example.com/acme/2' });

    expect([...rig.changes.take(), ...rig.sync.take()]).toEqual([]);
  });
});

describe('readBusEvent', () => {
  it('knows an envelope from a command of the queue', () => {
    const envelope = { version: '0', id: 'e1', source: BUS, 'detail-type': 'Changed', detail: {}, resources: [] };

    expect(readBusEvent(envelope)).toEqual(event);
    expect(readBusEvent({ connection: 'tool', stream: 'members', scheduledAt: 'T' })).toBeUndefined();
    expect(readBusEvent('anything')).toBeUndefined();
  });
});
