import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type AnyConnector, defineStream } from '../../lib/connectors/define.ts';
import type { Change } from '../../lib/domain/change.ts';
import type { ConnectionDefinition } from '../../lib/domain/definitions.ts';
import { isJsonObject, type Json, type JsonObject } from '../../lib/domain/json.ts';
import type { Mapping } from '../../lib/domain/mapping.ts';
import { effectiveTraits, identifiersOf } from '../../lib/domain/profile.ts';
import { readJob } from '../../lib/pipeline/jobs.ts';
import { type ReplayPart, replay, startReplay } from '../../lib/pipeline/replay.ts';
import { anyWorker, runJob } from '../../lib/pipeline/run-job.ts';
import { syncStream } from '../../lib/pipeline/sync-stream.ts';
import { doWork } from '../../lib/pipeline/work.ts';
import { identityKey, openResolver } from './delivering.ts';
import { openMemoryAudience } from './memory-audience.ts';
import { openMemoryLedger } from './memory-ledger.ts';
import { openHandClock, openMemoryArchive, openMemoryQueue, openMemoryState } from './memory-state.ts';
import { openMemoryStores } from './memory-stores.ts';
import { definitions, NOW } from './world.ts';

const HOUR = 3_600_000;
const signal = new AbortController().signal;

/** The first mapping called the stage `status` and took the office number for the person's own. */
const former: Mapping = {
  version: 1,
  object: 'contact',
  subject: 'person',
  id: ['id'],
  at: ['at'],
  identifiers: [
    { type: 'email', from: 'email' },
    { type: 'phone', from: 'office' },
  ],
  traits: { status: { from: 'stage' }, name: { from: 'name' } },
};
const newer: Mapping = {
  ...former,
  version: 2,
  identifiers: [{ type: 'email', from: 'email' }],
  traits: { stage: { from: 'stage' }, name: { from: 'name', as: 'string' }, town: { from: 'town' } },
};

function connectorWith(mapping: Mapping, source: () => readonly JsonObject[]): AnyConnector {
  const stream = defineStream<unknown, JsonObject, Json>({
    name: 'contacts',
    record: z.looseObject({ id: z.string() }) as never,
    cursor: z.number() as never,
    mappings: { contact: mapping },
    async *read(_api, from) {
      const records = source();
      for (let at = Number(from ?? 0); at < records.length; at += 2) {
        yield { mapping: 'contact', records: records.slice(at, at + 2), checkpoint: Math.min(at + 2, records.length) };
      }
    },
  });
  const anything = { safeParse: (data: unknown) => ({ success: true as const, data }) };
  return {
    config: anything,
    secret: anything,
    connect: async () => ({}),
    streams: [stream],
  } as unknown as AnyConnector;
}

const crm: ConnectionDefinition = {
  name: 'crm',
  connector: 'fake',
  streams: { contacts: { expression: 'rate(15 minutes)', words: 'every 15 minutes' } },
  webhook: true,
  quotaShare: 1,
  config: {},
};
const workspace = { ...definitions, connections: { crm } };

/** Pull, fold and replay over memory; the mapping is what the test says at the time. */
function openRig(source: () => readonly JsonObject[]) {
  const stores = openMemoryStores();
  const state = openMemoryState();
  const archive = openMemoryArchive();
  const changes = openMemoryQueue();
  const queue = openMemoryQueue();
  const jobs = openMemoryQueue();
  const clock = openHandClock(NOW);
  const connectors: Record<string, AnyConnector> = { fake: connectorWith(former, source) };
  const deps = {
    ...stores,
    state,
    archive,
    changes,
    jobs,
    sync: queue,
    recompute: queue,
    clock,
    connectors,
    definitions: async () => workspace,
    secrets: async () => ({}),
    secretName: (name: string) => name,
    ledger: openMemoryLedger(),
    key: async () => identityKey,
    notify: async () => {},
    log: () => {},
  };
  const { resolve } = openResolver(stores, { clock });
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
  const run = runJob(deps, { replay: anyWorker(replay(deps)) });
  const fold = async (): Promise<void> => {
    const sent = changes.take().map(({ body }) => body);
    if (sent.length > 0) expect((await work(sent, signal)).size).toBe(0);
  };
  return {
    ...deps,
    stores,
    archive,
    useMapping(mapping: Mapping): void {
      connectors.fake = connectorWith(mapping, source);
    },
    async pull(full: boolean): Promise<void> {
      await syncStream(deps)(
        { connection: 'crm', stream: 'contacts', full, scheduledAt: clock.now().toISOString() },
        signal,
      );
      await fold();
    },
    async deliver(change: Change): Promise<void> {
      await work([{ origin: 'delivery', connection: 'crm', changes: [change] } as unknown as Json], signal);
    },
    fold,
    async replay(from: number, to: number) {
      const id = await startReplay(deps, workspace, { from, to });
      for (let rounds = 0; rounds < 50; rounds += 1) {
        for (const { body } of jobs.take()) await run(body, signal);
        await fold();
      }
      const { memberships } = openMemoryAudience();
      return readJob({ ...deps, memberships, push: queue }, workspace, id);
    },
    people: () =>
      stores
        .living()
        .map((profile) => ({
          fragments: Object.keys(profile.fragments).sort(),
          identifiers: identifiersOf(profile),
          traits: [...effectiveTraits(profile, {})].map(([path, { value, at, losers }]) => [path, value, at, losers]),
          segments: Object.keys(profile.memberships).sort(),
        }))
        .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
  };
}

const record = (id: string, hour: number, more: JsonObject): JsonObject => ({
  id,
  at: new Date(NOW - 100 * HOUR + hour * HOUR).toISOString(),
  email: `${id}@example.com`,
  office: '+4930111111',
  stage: 'customer',
  name: `Name ${id}`,
  ...more,
});

describe('replay', () => {
  it('of everything after a change of mapping ends as a fresh load does', async () => {
    let records = [1, 2, 3, 4, 5].map((one) => record(`${one}`, one, { town: `Town ${one}` }));
    const rig = openRig(() => records);
    await rig.pull(true);
    records = [...records, record('2', 9, { stage: null, town: 'Kiel' }), record('6', 10, {})];
    rig.clock.pass(2 * HOUR);
    await rig.pull(false);
    // The office number made one person of them all.
    expect(rig.people()).toHaveLength(2);

    rig.useMapping(newer);
    rig.clock.pass(HOUR);
    const job = await rig.replay(NOW, NOW + 4 * HOUR);

    const fresh = openRig(() => records);
    fresh.useMapping(newer);
    fresh.clock.pass(3 * HOUR);
    await fresh.pull(true);
    expect(rig.people()).toEqual(fresh.people());
    expect(rig.people()).toHaveLength(6);
    expect(rig.people().flatMap(({ traits }) => traits.map(([path]) => path))).not.toContain('status');
    expect(job).toMatchObject({ state: 'finished' });
    expect(job?.parts).toEqual([
      { connection: 'crm', stream: 'contacts', objects: 4, changes: 7, rejected: 0 },
      { connection: '*', objects: 0, changes: 0, rejected: 0 },
    ]);
  });

  it('of less than everything says so, and does it for what it reads', async () => {
    const rig = openRig(() => [record('1', 1, {}), record('2', 2, {})]);
    const reasonFor = async (from: number, to: number): Promise<string | undefined> => {
      rig.clock.pass(1);
      return ((await rig.replay(from, to))?.parts[0] as unknown as ReplayPart | undefined)?.partial;
    };
    expect(await reasonFor(NOW, NOW + HOUR)).toMatch(/never read/);
    await rig.pull(true);

    expect(await reasonFor(NOW, NOW + HOUR)).toBeUndefined();
    expect(await reasonFor(NOW + HOUR, NOW + 2 * HOUR)).toMatch(/before the replayed hours/);
    rig.clock.pass(5 * HOUR);
    expect(await reasonFor(NOW, NOW + HOUR)).toMatch(/end before now/);
    rig.clock.pass(100 * 24 * HOUR);
    expect(await reasonFor(NOW, NOW + 3_000 * HOUR)).toMatch(/does not reach back/);
  });

  it('brings deliveries again that were lost, and keeps each once', async () => {
    const rig = openRig(() => []);
    const change: Change = {
      kind: 'profile',
      fragment: 'crm:contact:9',
      at: new Date(NOW - HOUR).toISOString(),
      traits: { name: 'Nine' },
      identifiers: [],
    };
    await rig.deliver(change);
    await rig.deliver(change);
    const kept = [...rig.archive.objects.keys()];
    expect(kept).toEqual([expect.stringMatching(/^deliveries\/2026-11-21\/12\/[0-9a-f]{32}\.ndjson\.gz$/)]);
    expect(rig.archive.objects.get(kept[0] ?? '')).toEqual([{ of: 'crm:contact:9', connection: 'crm', change }]);

    const empty = { ...rig, stores: openMemoryStores() };
    const again = await rig.replay(NOW, NOW + HOUR);

    expect(again?.parts[1]).toMatchObject({ objects: 1, changes: 1 });
    expect(empty.people()).toHaveLength(1);
    expect([...rig.archive.objects.keys()]).toEqual(kept);
  });

  it('numbers its messages alike when a worker dies between sending and noting', async () => {
    const rig = openRig(() => [1, 2, 3].map((one) => record(`${one}`, one, {})));
    await rig.pull(true);
    const id = await startReplay(rig, workspace, { from: NOW, to: NOW + HOUR });
    const job = (await rig.state.get('job', id))?.body;

    await replay(rig)(id, job as never, signal);
    await replay(rig)(id, job as never, signal);

    const numbers = rig.changes
      .take()
      .map(({ body }) => (isJsonObject(body) && isJsonObject(body.run) ? body.run.number : undefined));
    expect(numbers).toEqual([0, 1, 0, 1]);
  });
});
