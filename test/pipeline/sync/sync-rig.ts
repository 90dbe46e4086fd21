import type { ConnectorIo, Page, Stream } from '../../../lib/connectors/contract.ts';
import type { AnyConnector, Registry } from '../../../lib/connectors/define.ts';
import type { Change } from '../../../lib/domain/change.ts';
import type { ConnectionDefinition } from '../../../lib/domain/definitions.ts';
import type { Json } from '../../../lib/domain/json.ts';
import { isStreamSettled, readStream } from '../../../lib/pipeline/sync/sync-run.ts';
import { syncStream } from '../../../lib/pipeline/sync/sync-stream.ts';
import type { SyncCommand, SyncDeps } from '../../../lib/pipeline/sync/sync-work.ts';
import { identityKey } from '../delivering.ts';
import { openMemoryLedger } from '../memory-ledger.ts';
import { openHandClock, openMemoryArchive, openMemoryQueue, openMemoryState } from '../memory-state.ts';
import { definitions, NOW } from '../world.ts';

const anything = { safeParse: (data: unknown) => ({ success: true as const, data }) };

/**
 * The connection `crm` with one stream, which reads as the test says, on stores in memory. `connectors`: in the place of the
 * one that has the stream.
 */
export function openSyncRig(stream: Stream<unknown>, connectors?: Registry) {
  const state = openMemoryState();
  const archive = openMemoryArchive();
  const changes = openMemoryQueue();
  const queue = openMemoryQueue();
  const jobs = openMemoryQueue();
  const clock = openHandClock(NOW);
  const connector = {
    config: anything,
    secret: anything,
    manifest: { limits: { maxConcurrency: 1, maxRequestsPerDay: 40 } },
    connect: async (_input: unknown, io: ConnectorIo) => io,
    streams: [stream],
  } as unknown as AnyConnector;
  const crm: ConnectionDefinition = {
    name: 'crm',
    connector: 'fake',
    streams: { [stream.name]: { expression: 'rate(15 minutes)', words: 'every 15 minutes' } },
    webhook: false,
    quotaShare: 1,
    config: {},
  };
  const deps: SyncDeps = {
    connectors: connectors ?? { fake: async () => connector },
    definitions: async () => ({ ...definitions, connections: { crm } }),
    secrets: async () => ({}),
    secretName: (name) => name,
    key: async () => identityKey,
    ledger: openMemoryLedger(),
    state,
    archive,
    changes,
    sync: queue,
    jobs,
    clock,
    log: () => {},
    notify: async () => {},
  };
  const sync = syncStream(deps);
  return {
    deps,
    state,
    archive,
    changes,
    queue,
    jobs,
    clock,
    sync: (command: Partial<SyncCommand> = {}, signal = new AbortController().signal) =>
      sync({ connection: 'crm', stream: stream.name, scheduledAt: clock.now().toISOString(), ...command }, signal),
    /** Delivers a message as the queue has it. */
    deliver: (body: unknown) => sync(body as SyncCommand, new AbortController().signal),
    stream: async () => (await readStream(state, 'crm', stream.name)).state,
    settled: async () =>
      isStreamSettled(
        state,
        await readStream(state, 'crm', stream.name).then((held) => held.state),
        clock.now().getTime(),
      ),
  };
}

/** A page of people, as the tests of streams read them. */
export const page = (checkpoint: Json, ...changes: readonly Change[]): Page => ({
  changes,
  rejected: [],
  lines: changes.map((one) => ({ of: 'fragment' in one ? one.fragment : '', change: one })),
  checkpoint,
});

export const change = (id: string, name = 'Ann'): Change => ({
  kind: 'profile',
  fragment: `crm:contact:${id}`,
  at: '2026-11-01T00:00:00Z',
  traits: { name },
});

const contacts = { name: 'contacts', mappings: {}, remap: () => ({ changes: [], rejected: [] }) } as const;

/** One connection with one stream that reads as the test says. */
export function openContacts(read: Stream<unknown>['read'], reread?: Stream<unknown>['reread'], connectors?: Registry) {
  return openSyncRig({ ...contacts, read, ...(reread === undefined ? {} : { reread }) }, connectors);
}
