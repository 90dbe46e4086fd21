import { gzipSync } from 'node:zlib';
import { machineClock } from '../lib/adapters/clock.ts';
import { openWriteLedger } from '../lib/adapters/dynamodb/write-ledger.ts';
import type { Member } from '../lib/connectors/contract.ts';
import { connectors } from '../lib/connectors/registry.ts';
import type { AudienceDefinition, ConnectionDefinition, Definitions, Guardrails } from '../lib/domain/definitions.ts';
import type { Json, JsonObject } from '../lib/domain/json.ts';
import type { Wanted } from '../lib/domain/profile.ts';
import { openConnection } from '../lib/pipeline/connections.ts';
import type { Archive } from '../lib/pipeline/ports.ts';
import { activateAudience } from '../lib/pipeline/push/activate-audience.ts';
import { latestPush } from '../lib/pipeline/push/push-run.ts';
import type { ActivateDeps } from '../lib/pipeline/push/push-work.ts';
import { type Database, openDatabase } from './database.ts';
import { type BenchOptions, costOf, type Measurement, rounded } from './measurement.ts';
import { type Destination, openDestinations } from './push-destinations.ts';
import { type Meter, meterUnits } from './request-units.ts';
import { acmeDefinitions, identityKey, openStores, type Stores } from './resolve-worker.ts';

const PER = 10_000;

interface Rig {
  readonly destination: Destination;
  readonly stores: Stores;
  readonly deps: ActivateDeps;
  readonly meter: Meter;
}

/** Vendor calls of whole audiences through activate-audience, the real connectors and simulated tools over HTTP. */
export async function* bench({ quick, note }: BenchOptions): AsyncIterable<Measurement> {
  const members = quick ? 60 : PER;
  const base = await acmeDefinitions();
  const database = await openDatabase();
  const destinations = await openDestinations(members);
  try {
    for (const destination of destinations) {
      note(`push: ${destination.vendor} by ${destination.by}`);
      const rig = await openRig(database, destination, base);
      yield* pushAll(rig, members);
      yield* pushOneByOne(rig, quick ? 5 : 300);
    }
    note('push: a night');
    yield* pushANight(database, base, quick ? 3_000 : 30_000);
  } finally {
    for (const destination of destinations) await destination.close();
    await database.close();
  }
}

async function openRig(database: Database, destination: Destination, base: Definitions): Promise<Rig> {
  const [dynamo, bare] = [database.open(), database.open()];
  const names = await database.createTables();
  const meter = meterUnits(dynamo.client, bare.client, names);
  const stores = openStores(dynamo, names, () => new Date());
  const definitions = definitionsFor(base, destination);
  const deps: ActivateDeps = {
    ...stores,
    connectors,
    definitions: async () => definitions,
    secrets: async () => destination.secret,
    secretName: (connection) => connection,
    key: async () => identityKey,
    ledger: openWriteLedger(dynamo, names.ledger),
    archive: countedArchive(),
    notify: async () => {},
    push: { send: async () => {} },
    clock: machineClock,
    log: () => {},
  };
  return { destination, stores, deps, meter };
}

/** Fills the audience, moves one in a hundred, empties it. */
async function* pushAll(rig: Rig, members: number): AsyncIterable<Measurement> {
  const { destination } = rig;
  const everybody = Array.from({ length: members }, (_, n) => n);
  const few = everybody.filter((n) => n % 100 === 0);
  const steps = [
    {
      op: 'adds',
      who: everybody,
      version: 1,
      wanted: (n: number): Wanted => ({ in: true, keys: [destination.keyOf(n)] }),
    },
    { op: 'removes', who: few, version: 2, wanted: (): Wanted => ({ in: false, reason: 'not-in-segment' }) },
    { op: 'removes', who: everybody, version: 3, wanted: (): Wanted => ({ in: false, reason: 'not-in-segment' }) },
  ] as const;
  for (const { op, who, version, wanted } of steps) {
    const rows = who.map(
      (n) => ({ row: 'audience', audience: 'bench', profile: profileId(n), version, wanted: wanted(n) }) as const,
    );
    await rig.stores.memberships.writeRows(rows);
    const told = who.length === members && version === 3 ? members - few.length : who.length;
    rig.meter.reset();
    const before = destination.calls();
    const done = await activate(rig, op, `2026-11-21T0${version}:00:00.000Z`);
    if (done !== told) throw new Error(`${told} ${op} were due and ${done} were done`);
    const after = destination.calls();
    const of = { vendor: destination.vendor, by: destination.by, [op]: told, members };
    const [carrying, other] = [after.carrying - before.carrying, after.other - before.other];
    const line = (metric: string, value: number, unit: string): Measurement => ({
      job: 'push',
      metric,
      value: rounded(value),
      unit,
      of,
    });
    if (told * 2 > members) yield line(`calls per 10,000 ${op}`, (carrying + other) * (PER / told), 'calls');
    yield {
      ...line('calls that carry members', carrying, 'calls'),
      target: { most: Math.ceil(told / destination.batch) },
    };
    yield line('calls for sign-in and look-ups', other, 'calls');
    yield line('rows read for one that differs', rig.meter.itemsRead / told, 'rows');
    yield line('write units for one that differs', rig.meter.write / told, 'WRU');
  }
}

/** The same members by one request each, as a push without batches does it, beside one batch. */
async function* pushOneByOne({ destination, deps }: Rig, count: number): AsyncIterable<Measurement> {
  const signal = new AbortController().signal;
  const { connector, connect } = await openConnection(deps, 'bench');
  const { audiences } = connector;
  if (audiences === undefined) throw new Error('the connector takes no audiences');
  const api = await connect(signal, { ask: async () => {}, heard: () => {} });
  const { remoteId } = await audiences.ensure(api, destination.target);
  const members = Array.from(
    { length: count },
    (_, n): Member => ({ memberId: profileId(n), keys: [destination.keyOf(n)] }),
  );
  let calls = 0;
  const apply = async (op: 'add' | 'remove', size: number): Promise<void> => {
    for (let at = 0; at < members.length; at += size) {
      const some = members.slice(at, at + size);
      calls += (await audiences.apply(api, { remoteId, op, members: some, idempotencyKey: `${op}.${size}.${at}` }))
        .calls;
    }
  };
  const together = await costOf(() => apply('add', destination.batch));
  const callsTogether = calls;
  await apply('remove', destination.batch);
  calls = 0;
  const alone = await costOf(() => apply('add', 1));
  const of = { vendor: destination.vendor, by: destination.by, members: count };
  const line = (metric: string, value: number): Measurement => ({
    job: 'push',
    metric,
    value: rounded(value),
    unit: 'ratio',
    of,
  });
  yield line('calls of one request a member over batches', calls / callsTogether);
  yield line('time of one request a member over batches', alone.milliseconds / together.milliseconds);
}

async function activate({ deps }: Rig, op: 'adds' | 'removes', scheduledAt: string): Promise<number> {
  await activateAudience(deps)({ audience: 'bench', scheduledAt }, new AbortController().signal);
  const run = await latestPush(deps.state, 'bench');
  if (run?.state !== 'finished')
    throw new Error(`the push ended as ${run?.state}: ${run?.error?.message ?? 'no reason'}`);
  return op === 'adds' ? run.tally.added : run.tally.removed;
}

/** An archive in memory that counts what it is given, compressed as the real one does. */
function countedArchive(): Pick<Archive, 'put' | 'lines'> & { bytes: number; objects: number } {
  const lines = new Map<string, readonly unknown[]>();
  const archive = {
    bytes: 0,
    objects: 0,
    put: async (key: string, given: readonly unknown[]) => {
      lines.set(key, given);
      archive.objects += 1;
      archive.bytes += gzipSync(given.map((line) => `${JSON.stringify(line)}\n`).join(''), { level: 5 }).byteLength;
    },
    lines: async (key: string) => lines.get(key) as readonly Json[] | undefined,
  };
  return archive;
}

const MILLION = 1_000_000;

/**
 * The night of an audience in which one in a hundred changed: half of them left, half are new. Rows are loaded as told
 * already; a night's cost is counted on a list scaled down and multiplied, because all of it grows with what changed.
 */
async function* pushANight(database: Database, base: Definitions, rows: number): AsyncIterable<Measurement> {
  const changed = rows / 100;
  const [destination, ...others] = await openDestinations(rows + changed);
  for (const other of others) await other.close();
  if (destination === undefined) throw new Error('there is no destination');
  try {
    const rig = await openRig(database, destination, base);
    const { memberships, state } = rig.stores;
    const told = { in: true, outcome: 'applied', run: 'loaded', at: 0 } as const;
    const row = (n: number, version: number, wanted: Wanted) =>
      ({ row: 'audience', audience: 'bench', profile: profileId(n), version, wanted }) as const;
    const inside = (n: number): Wanted => ({ in: true, keys: [destination.keyOf(n)] });
    for (let from = 0; from < rows; from += 1_000) {
      const some = Array.from({ length: 1_000 }, (_, n) => from + n);
      await memberships.writeRows(some.map((n) => row(n, 1, inside(n))));
      const loaded = await memberships.readAudienceRows('bench', some.map(profileId));
      await memberships.settle(
        'bench',
        some.flatMap((n) => {
          const held = loaded.get(profileId(n));
          return held === undefined
            ? []
            : [{ row: held, told: { ...told, keys: [destination.keyOf(n)] }, pending: false }];
        }),
      );
    }
    // As the nights before left it: counted within the week.
    const census = { at: new Date().toISOString(), blocked: {} };
    await state.put(
      'push',
      'bench',
      { leaseUntil: 0, size: rows + 20_001, census, begun: true } as unknown as JsonObject,
      0,
    );
    const leave = Array.from({ length: changed / 2 }, (_, n) => row(n * 7, 2, { in: false, reason: 'not-in-segment' }));
    const join = Array.from({ length: changed / 2 }, (_, n) => row(rows + n, 1, inside(rows + n)));
    await memberships.writeRows([...leave, ...join]);
    const archive = countedArchive();
    rig.meter.reset();
    let plannedAt = 0;
    const began = performance.now();
    const put = rig.deps.state.put;
    const watched: ActivateDeps = {
      ...rig.deps,
      archive,
      state: {
        ...rig.deps.state,
        put: async (kind, id, body, expected, options) => {
          const { run } = body as { run?: { plan?: unknown } };
          if (plannedAt === 0 && kind === 'push' && run?.plan !== undefined) plannedAt = performance.now();
          return put(kind, id, body, expected, options);
        },
      },
    };
    await activate({ ...rig, deps: watched }, 'adds', '2026-11-21T09:00:00.000Z');
    const scale = MILLION / rows;
    const of = { rows: MILLION, changed: MILLION / 100, 'counted on rows': rows };
    const line = (metric: string, value: number, unit: string): Measurement => ({
      job: 'push',
      metric,
      value: rounded(value),
      unit,
      of,
    });
    yield line('read units of a night', rig.meter.read * scale, 'RRU');
    yield line('write units of a night', rig.meter.write * scale, 'WRU');
    yield line('rows read of a night', rig.meter.itemsRead * scale, 'rows');
    yield line('objects of a night', archive.objects * scale, 'objects');
    yield line('bytes of plan and outcomes of a night', archive.bytes * scale, 'bytes');
    // Not scaled: most of it does not grow with what changed.
    const counted = { rows, changed };
    yield { job: 'push', metric: 'milliseconds to plan', value: rounded(plannedAt - began), unit: 'ms', of: counted };
  } finally {
    await destination.close();
  }
}

function definitionsFor(base: Definitions, destination: Destination): Definitions {
  const connection: ConnectionDefinition = {
    name: 'bench',
    connector: destination.vendor,
    endpoint: destination.url,
    streams: {},
    webhook: false,
    quotaShare: 1,
    config: destination.config,
  };
  const audience: AudienceDefinition = {
    audience: 'bench',
    segment: 'bench',
    connection: 'bench',
    target: destination.target,
    match: [destination.keyOf(0).type],
    mode: 'mirror',
    needs: {},
    holdout: 0,
    when: undefined,
  };
  // What is measured here is the sending: it empties whole lists.
  const guardrails: Guardrails = { maxAdd: 1, maxRemove: 1, minSource: 0, emptySegment: 'allow', firstRun: 'allow' };
  return { ...base, connections: { bench: connection }, audiences: [audience], guardrails };
}

function profileId(number: number): string {
  return `p_bench${String(number).padStart(8, '0')}`;
}
