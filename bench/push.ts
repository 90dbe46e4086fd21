import { machineClock } from '../lib/adapters/clock.ts';
import { openWriteLedger } from '../lib/adapters/dynamodb/write-ledger.ts';
import type { Member } from '../lib/connectors/contract.ts';
import { connectors } from '../lib/connectors/registry.ts';
import type { AudienceDefinition, ConnectionDefinition, Definitions } from '../lib/domain/definitions.ts';
import type { Wanted } from '../lib/domain/profile.ts';
import { type ActivateDeps, activateAudience } from '../lib/pipeline/activate-audience.ts';
import { openConnection } from '../lib/pipeline/connections.ts';
import { latestPush } from '../lib/pipeline/summaries.ts';
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
  const api = await connect(signal);
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
  return { ...base, connections: { bench: connection }, audiences: [audience] };
}

function profileId(number: number): string {
  return `p_bench${String(number).padStart(8, '0')}`;
}
