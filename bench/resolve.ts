import { machineClock } from '../lib/adapters/clock.ts';
import type { Change } from '../lib/domain/change.ts';
import type { Definitions } from '../lib/domain/definitions.ts';
import { openMemoryStores } from '../test/pipeline/memory-stores.ts';
import { type Database, openDatabase } from './database.ts';
import { type BenchOptions, type Cost, costOf, type Measurement, median, rounded } from './measurement.ts';
import { activityChange, contactChange, memberChange, type Person, personOf } from './people.ts';
import { recordCalls } from './replay.ts';
import {
  acmeDefinitions,
  countChanges,
  type Message,
  openMemoryState,
  openStores,
  openWorker,
  packBatches,
  type Stores,
  type Worker,
} from './resolve-worker.ts';

const DAY = 24 * 3_600_000;

/** What a batch brings. */
type Load = 'new people' | 'updates' | 'activities' | 'repeats';
const loads: readonly Load[] = ['new people', 'updates', 'activities', 'repeats'];

interface Sizes {
  readonly people: number;
  readonly rounds: number;
}

/** Profile changes through resolve-profile: on DynamoDB Local beside the bare store calls, in memory, and in conflict. */
export async function* bench({ quick, note }: BenchOptions): AsyncIterable<Measurement> {
  const sizes: Sizes = quick ? { people: 30, rounds: 1 } : { people: 1_500, rounds: 3 };
  const definitions = await acmeDefinitions();
  const database = await openDatabase();
  try {
    note('resolve: on DynamoDB Local');
    yield* onDatabase(database, definitions, sizes);
    note('resolve: in memory');
    yield* inMemory(definitions, { ...sizes, rounds: sizes.rounds * 2 });
    note('resolve: in conflict');
    yield* inConflict(database, definitions, quick ? 10 : 200);
  } finally {
    await database.close();
  }
}

async function* onDatabase(database: Database, definitions: Definitions, sizes: Sizes): AsyncIterable<Measurement> {
  const dynamo = database.open();
  let requests = 0;
  dynamo.client.middlewareStack.add(
    (next) => (args) => {
      requests += 1;
      return next(args);
    },
    { step: 'initialize', name: 'countRequests' },
  );
  const runs = new Map<Load, { changes: number; requests: number; cost: Cost; bare: Cost }[]>(
    loads.map((load) => [load, []]),
  );
  for (let round = 0; round < sizes.rounds; round += 1) {
    const now = () => new Date();
    const real = openStores(dynamo, await database.createTables(), now);
    const bare = openStores(dynamo, await database.createTables(), now);
    for (const load of loads) {
      const batches = batchesOf(load, sizes.people, round);
      const recording = recordCalls(real);
      const worker = await openWorker(recording.stores, definitions, machineClock);
      const before = requests;
      const cost = await costOf(() => handleAll(worker, batches));
      const sent = requests - before;
      // The calls that the worker made, with nothing around them, on tables of their own.
      const replayed = await costOf(() => recording.replay(bare));
      runs.get(load)?.push({ changes: changesIn(batches), requests: sent, cost, bare: replayed });
    }
  }
  for (const [load, measured] of runs) {
    const of = { load, people: sizes.people, rounds: sizes.rounds };
    const middle = (value: (run: (typeof measured)[number]) => number): number => rounded(median(measured.map(value)));
    const line = (metric: string, value: number, unit: string): Measurement => ({
      job: 'resolve',
      metric,
      value,
      unit,
      of,
    });
    yield line(
      'changes a second, one worker',
      middle(({ changes, cost }) => (changes / cost.milliseconds) * 1_000),
      'changes/s',
    );
    yield line(
      'time over the bare store calls',
      middle(({ cost, bare }) => cost.milliseconds / bare.milliseconds),
      'ratio',
    );
    yield line(
      'CPU over the bare store calls',
      middle(({ cost, bare }) => cost.cpu / bare.cpu),
      'ratio',
    );
    yield line(
      'CPU per change',
      middle(({ changes, cost }) => cost.cpu / changes),
      'µs',
    );
    yield line(
      'requests per 1,000 changes',
      middle(({ changes, requests: sent }) => (sent / changes) * 1_000),
      'requests',
    );
  }
}

async function* inMemory(definitions: Definitions, { people, rounds }: Sizes): AsyncIterable<Measurement> {
  const measured = new Map<Load, number[]>(loads.map((load) => [load, []]));
  for (let round = 0; round < rounds; round += 1) {
    const stores: Stores = { ...openMemoryStores(), state: openMemoryState() };
    const worker = await openWorker(stores, definitions, machineClock);
    for (const load of loads) {
      const batches = batchesOf(load, people, round);
      const { cpu } = await costOf(() => handleAll(worker, batches));
      // The first round warms the code up.
      if (round > 0 || rounds < 3) measured.get(load)?.push(cpu / changesIn(batches));
    }
  }
  for (const [load, costs] of measured) {
    const of = { load, people, rounds };
    yield { job: 'resolve', metric: 'CPU per change, stores in memory', value: rounded(median(costs)), unit: 'µs', of };
  }
}

/** Four workers at once on the same people: what optimistic writes cost when everybody wants the same. */
async function* inConflict(database: Database, definitions: Definitions, people: number): AsyncIterable<Measurement> {
  const workers = 4;
  const names = await database.createTables();
  const opened = [];
  for (let worker = 0; worker < workers; worker += 1) {
    opened.push(
      await openWorker(
        openStores(database.open(), names, () => new Date()),
        definitions,
        machineClock,
      ),
    );
  }
  const shares = opened.map((_, at) => batchesOf('activities', people, at + 1));
  const results = await Promise.all(opened.map((worker, at) => handleAll(worker, shares[at] ?? [])));
  const changes = shares.reduce((sum, batches) => sum + changesIn(batches), 0);
  const conflicts = results.reduce((sum, lost) => sum + lost, 0);
  const of = { workers, people, changes };
  yield {
    job: 'resolve',
    metric: 'conflicts per 1,000 changes',
    value: rounded((conflicts / changes) * 1_000),
    unit: 'conflicts',
    of,
  };
}

async function handleAll(worker: Worker, batches: readonly (readonly Message[])[]): Promise<number> {
  let conflicts = 0;
  for (const batch of batches) conflicts += (await worker.handle(batch)).conflicts;
  return conflicts;
}

/** The same people every round, so that `updates`, `activities` and `repeats` are about who `new people` brought. */
function batchesOf(load: Load, people: number, round: number): readonly (readonly Message[])[] {
  const variant = load === 'updates' ? 1 : load === 'activities' ? 2 + round : 0;
  const everybody = Array.from({ length: people }, (_, number) => personOf(number, variant));
  const start = Date.now() - 40 * DAY;
  return packBatches(
    everybody.flatMap((person) => changesOf(load, person, start)),
    `${load}-${round}`,
  );
}

function changesOf(load: Load, person: Person, start: number): readonly Change[] {
  const first = [contactChange(person, start), memberChange(person, start)];
  if (load === 'new people' || load === 'repeats') return first;
  if (load === 'updates') return [contactChange(person, start + DAY)];
  return Array.from({ length: 10 }, (_, day) => activityChange(person, start + (day + 1) * DAY));
}

function changesIn(batches: readonly (readonly Message[])[]): number {
  return batches.reduce((sum, batch) => sum + countChanges(batch), 0);
}
