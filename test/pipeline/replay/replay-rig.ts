import { expect } from 'vitest';
import * as z from 'zod';
import { type AnyConnector, defineStream } from '../../../lib/connectors/define.ts';
import { canonicalText } from '../../../lib/domain/canonical.ts';
import type { Change } from '../../../lib/domain/change.ts';
import type { ConnectionDefinition } from '../../../lib/domain/definitions.ts';
import { TributaryError } from '../../../lib/domain/errors.ts';
import { type Fragment, isBlank } from '../../../lib/domain/fragment.ts';
import { identifierKey } from '../../../lib/domain/identifier.ts';
import type { Json, JsonObject } from '../../../lib/domain/json.ts';
import type { Mapping } from '../../../lib/domain/mapping.ts';
import { identifiersOf } from '../../../lib/domain/profile.ts';
import { effectiveTraits } from '../../../lib/domain/survivorship.ts';
import { standingConsent } from '../../../lib/domain/told-consent.ts';
import { readJob } from '../../../lib/pipeline/jobs/jobs.ts';
import { anyWorker, runJob } from '../../../lib/pipeline/jobs/run-job.ts';
import type { QueueMessage } from '../../../lib/pipeline/ports.ts';
import { type ReplayDeps, replay, startReplay } from '../../../lib/pipeline/replay/replay.ts';
import { replayRejected } from '../../../lib/pipeline/replay/replay-rejected.ts';
import type { ResolveDeps } from '../../../lib/pipeline/resolve/resolve-profile.ts';
import { doWork } from '../../../lib/pipeline/resolve/work.ts';
import { syncStream } from '../../../lib/pipeline/sync/sync-stream.ts';
import { identityKey, openResolver, seededFate } from '../delivering.ts';
import { openMemoryAudience } from '../memory-audience.ts';
import { openMemoryLedger } from '../memory-ledger.ts';
import { openHandClock, openMemoryArchive, openMemoryQueue, openMemoryState } from '../memory-state.ts';
import { Death, type Fate, openMemoryStores } from '../memory-stores.ts';
import { definitions, NOW } from '../world.ts';

const signal = new AbortController().signal;

/** A stream of the rig: its mapping now, and what its source holds now. */
export interface RigStream {
  mapping: Mapping;
  records: readonly JsonObject[];
  /** The source has forgotten what was deleted since: a pull from a checkpoint reads all anew. */
  forgotSince?: string;
}

function connectorOf(streams: Readonly<Record<string, RigStream>>): AnyConnector {
  const defined = Object.entries(streams).map(([name, held]) =>
    defineStream<unknown, JsonObject, Json>({
      name,
      record: z.looseObject({ id: z.string() }) as never,
      cursor: z.number() as never,
      mappings: { [held.mapping.object]: held.mapping },
      async *read(_api, from) {
        const { records, mapping, forgotSince } = held;
        const anew = from !== undefined && forgotSince !== undefined;
        if (anew) yield { mapping: mapping.object, records: [], checkpoint: 0, anewSince: forgotSince };
        for (let at = anew ? 0 : Number(from ?? 0); at < records.length; at += 2) {
          const checkpoint = Math.min(at + 2, records.length);
          yield { mapping: mapping.object, records: records.slice(at, at + 2), checkpoint };
        }
      },
    }),
  );
  const anything = { safeParse: (data: unknown) => ({ success: true as const, data }) };
  return {
    config: anything,
    secret: anything,
    manifest: { limits: { maxConcurrency: 1 } },
    connect: async () => ({}),
    streams: defined,
  } as unknown as AnyConnector;
}

/** What a queue does to messages that wait in it: any order, and some of them twice. */
export type Unsettle = (messages: readonly QueueMessage[]) => readonly QueueMessage[];

/** Any order, and a third of the messages twice; the same dice give the same. */
export function unsettledBy(seed: number) {
  const fate = seededFate(seed, 1 / 3);
  return (messages: readonly QueueMessage[]): readonly QueueMessage[] => {
    const all = messages.flatMap((message) => (fate() === 'lives' ? [message] : [message, message]));
    return all
      .map((message) => [fate(), message] as const)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([, one]) => one);
  };
}

/** Waits for all; throws what the first threw when none was done. */
async function onceDone(works: readonly Promise<void>[]): Promise<void> {
  const ends = await Promise.allSettled(works);
  if (ends.some(({ status }) => status === 'fulfilled')) return;
  await works[0];
}

/** What a rig may have of its own instead of what is kept in memory. */
export interface RigOptions {
  readonly stores?: Pick<
    ResolveDeps,
    'identities' | 'profiles' | 'accounts' | 'activities' | 'history' | 'memberships'
  >;
  /** The connection's name; `crm` unless it says otherwise. */
  readonly connection?: string;
  readonly unsettle?: Unsettle;
  readonly fate?: Fate;
}

/** Pull, fold and replay over memory; mappings and sources are what the test makes them at the time. */
export function openReplayRig(streams: Readonly<Record<string, RigStream>>, options: RigOptions = {}) {
  const memory = openMemoryStores(options.fate);
  const stores = options.stores ?? memory;
  const { unsettle = (messages) => messages, connection = 'crm' } = options;
  const state = openMemoryState();
  const archive = openMemoryArchive();
  const changes = openMemoryQueue();
  const queue = openMemoryQueue();
  const jobs = openMemoryQueue();
  const clock = openHandClock(NOW);
  const schedule = { expression: 'rate(15 minutes)', words: 'every 15 minutes' };
  const definition: ConnectionDefinition = {
    name: connection,
    connector: 'fake',
    streams: Object.fromEntries(Object.keys(streams).map((name) => [name, schedule])),
    webhook: true,
    quotaShare: 1,
    config: {},
  };
  const workspace = { ...definitions, connections: { [connection]: definition } };
  const connectors: Record<string, () => Promise<AnyConnector>> = {};
  const deps = {
    ...stores,
    state,
    archive,
    changes,
    jobs,
    sync: queue,
    recompute: queue,
    clock,
    get connectors() {
      return { ...connectors, fake: async () => connectorOf(streams) };
    },
    definitions: async () => workspace,
    secrets: async () => ({}),
    secretName: (name: string) => name,
    ledger: openMemoryLedger(),
    key: async () => identityKey,
    notify: async () => {},
    log: () => {},
  };
  const { resolve } = openResolver(memory, { ...stores, clock });
  const nothing = async () => {};
  const work = doWork({
    ...deps,
    resolve,
    compare: nothing,
    scan: nothing,
    recount: nothing,
    pause: nothing,
    mark: async () => [],
  });
  /** Delivers messages until they are acknowledged: a death and a failure bring them again. */
  const acknowledge = async (messages: readonly QueueMessage[]): Promise<void> => {
    let bodies = messages.map(({ body }) => body);
    for (let attempt = 0; bodies.length > 0; attempt += 1) {
      expect(attempt).toBeLessThan(200);
      try {
        const failed = await work(bodies, signal);
        bodies = bodies.filter((_, at) => failed.has(at));
      } catch (thrown) {
        const passes = thrown instanceof Death || (thrown instanceof TributaryError && thrown.kind === 'transient');
        if (!passes) throw thrown;
      }
    }
  };
  /** Two workers at the same time share what waits. */
  const deliver = async (waiting: readonly QueueMessage[]): Promise<void> => {
    const messages = unsettle(waiting);
    const half = Math.ceil(messages.length / 2);
    await Promise.all([acknowledge(messages.slice(0, half)), acknowledge(messages.slice(half))]);
  };
  const until = async <T>(does: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await does();
      } catch (thrown) {
        const passes = thrown instanceof Death || (thrown instanceof TributaryError && thrown.kind === 'transient');
        if (!passes) throw thrown;
      }
    }
  };
  const fold = async (): Promise<void> => deliver(changes.take());
  return {
    ...deps,
    get connectors() {
      return deps.connectors;
    },
    workspace,
    stores: memory,
    archive,
    fold,
    /** Sends messages once more, as a queue may at any time. */
    deliver,
    async pull(full: boolean, pulled = Object.keys(streams)): Promise<QueueMessage[]> {
      for (const stream of pulled) {
        const scheduledAt = clock.now().toISOString();
        await syncStream(deps)({ connection, stream, full, scheduledAt }, signal);
      }
      const sent = changes.take();
      await deliver(sent);
      return [...sent];
    },
    async tell(change: Change): Promise<void> {
      await work([{ origin: 'delivery', connection, changes: [change] } as unknown as Json], signal);
    },
    /** Replays until nothing is left to do; `meanwhile` comes between the steps. */
    async replay(from: number, to: number, meanwhile: () => Promise<void> = nothing, by: ReplayDeps = deps) {
      const id = await startReplay(deps, workspace, { from, to });
      await this.finishJobs(meanwhile, by);
      return readJob({ ...deps, memberships: openMemoryAudience().memberships, push: queue }, workspace, id);
    },
    /**
     * Works at every job until nobody asks for one any more. A message may come early once more, and to two workers at once:
     * it is done when one of them is.
     */
    async finishJobs(meanwhile: () => Promise<void> = nothing, by: ReplayDeps = deps): Promise<void> {
      const run = runJob(deps, {
        replay: anyWorker(replay(by)),
        'replay-rejected': anyWorker(replayRejected({ ...deps, ...by })),
      });
      for (let quiet = 0; quiet < 3; ) {
        const asked = jobs.take();
        quiet = asked.length === 0 ? quiet + 1 : 0;
        for (const { body, delaySeconds = 0 } of asked) {
          const again = unsettle([{ body }]);
          if (again.length > 1) await until(() => run(body, signal));
          clock.pass(delaySeconds * 1_000);
          await until(() => onceDone(unsettle([{ body }]).map(() => run(body, signal))));
        }
        await Promise.all([meanwhile(), fold()]);
      }
    },
    /** People of whom something is known, and their records that say something. */
    people: () =>
      memory
        .living()
        .filter(({ fragments }) => !Object.values(fragments).every(isBlank))
        .map((profile) => ({
          fragments: Object.keys(profile.fragments)
            .filter((id) => !isBlank(profile.fragments[id] as Fragment))
            .sort(),
          // In the order in which former versions of records told them, which a fresh load does not see: sorted.
          identifiers: identifiersOf(profile).map(identifierKey).sort(),
          traits: [...effectiveTraits(profile, {})].map(([path, { value, at, losers }]) => [path, value, at, losers]),
          segments: Object.keys(profile.memberships).sort(),
          consent: Object.values(profile.fragments).flatMap(standingConsent).map(canonicalText).sort(),
        }))
        .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
  };
}
