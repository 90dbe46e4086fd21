import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { machineClock } from '../lib/adapters/clock.ts';
import type { Dynamo } from '../lib/adapters/dynamodb/client.ts';
import { MOST_BYTES } from '../lib/adapters/dynamodb/profile-store.ts';
import type { Change } from '../lib/domain/change.ts';
import type { Definitions } from '../lib/domain/definitions.ts';
import { indexKey } from '../lib/domain/identifier.ts';
import type { Clock } from '../lib/pipeline/ports.ts';
import { type Database, openDatabase, type TableNames } from './database.ts';
import { itemBytes } from './item-size.ts';
import { type BenchOptions, type Measurement, rounded } from './measurement.ts';
import { activityChange, contactChange, type Person, personOf } from './people.ts';
import { type Meter, meterUnits } from './request-units.ts';
import { acmeDefinitions, identityKey, openStores, openWorker, packBatches, type Worker } from './resolve-worker.ts';

const DAY = 24 * 3_600_000;
const START = Date.parse('2026-09-01T06:00:00Z');
/** How exactly the filler meets a size. */
const SPARE = 512;
const FILLER = 'What somebody wrote into a field about this person. ';

/** A worker whose requests are counted, and a clock that the bench moves. */
interface Rig {
  readonly worker: Worker;
  readonly meter: Meter;
  readonly bare: Dynamo;
  readonly names: TableNames;
  readonly people: readonly Person[];
  readonly clock: { at: number };
}

/** DynamoDB units of profile changes and activities, by size of profile and by activities a batch brings per person. */
export async function* bench({ quick, note }: BenchOptions): AsyncIterable<Measurement> {
  const definitions = await acmeDefinitions();
  const database = await openDatabase();
  const sizes = quick ? [2] : [2, 8, 32];
  const counts = quick ? [1, 10] : [1, 10, 100];
  const people = quick ? 3 : 20;
  try {
    note('units: profile changes');
    yield* profileChanges(await openRig(database, definitions, people));
    const days = quick ? 2 : 4;
    const growth = new Map<number, number>();
    for (const kilobytes of sizes) {
      for (const activities of counts) {
        note(`units: ${activities} activities on profiles of ${kilobytes} KB`);
        const rig = await openRig(database, definitions, people);
        yield* activityBatches(rig, { kilobytes, bytes: kilobytes * 1_024, activities, days });
        growth.set(
          activities,
          Math.max(growth.get(activities) ?? 0, rig.meter.largest.get('profiles') ?? 0) - kilobytes * 1_024,
        );
      }
    }
    for (const activities of quick ? [] : counts) {
      note(`units: ${activities} activities on the fullest profiles`);
      // What the activities add, and what is around an item's content, has to fit too.
      const bytes = MOST_BYTES - (growth.get(activities) ?? 0) - SPARE;
      const rig = await openRig(database, definitions, people);
      yield* activityBatches(rig, { kilobytes: MOST_BYTES / 1_024, bytes, activities, days });
    }
  } finally {
    await database.close();
  }
}

async function openRig(database: Database, definitions: Definitions, people: number): Promise<Rig> {
  const clock = { at: START };
  const names = await database.createTables();
  const [dynamo, bare] = [database.open(), database.open()];
  const meter = meterUnits(dynamo.client, bare.client, names);
  const now = () => new Date(clock.at);
  const time: Clock = { ...machineClock, now };
  const worker = await openWorker(openStores(dynamo, names, now), definitions, time);
  const everybody = Array.from({ length: people }, (_, number) => personOf(number));
  return { worker, meter, bare, names, people: everybody, clock };
}

async function* profileChanges(rig: Rig): AsyncIterable<Measurement> {
  const { people } = rig;
  const change = (at: number) => people.map((person) => contactChange(person, at));
  const steps: readonly (readonly [what: string, changes: readonly Change[]])[] = [
    ['new person', change(START - 3 * DAY)],
    ['changed values', change(START - 2 * DAY)],
    ['the same again', change(START - 2 * DAY)],
  ];
  for (const [what, changes] of steps) {
    rig.meter.reset();
    // The same person draws other values each time; what comes twice must be the same to the byte.
    const sent = what === 'the same again' ? (steps[1]?.[1] ?? changes) : changes;
    await deliver(rig, sent, what);
    yield* countsOf(rig.meter, sent.length, 'profile change', { what, people: people.length });
  }
}

interface Load {
  /** What the profiles are called by. */
  readonly kilobytes: number;
  /** Bytes of each profile before its activities. */
  readonly bytes: number;
  readonly activities: number;
  readonly days: number;
}

/** Loads people of a size, then lets days pass that each bring everybody some activities. */
async function* activityBatches(rig: Rig, { kilobytes, bytes, activities, days }: Load): AsyncIterable<Measurement> {
  const { people, clock, meter } = rig;
  await deliver(
    rig,
    people.map((person) => contactChange(person, START - 30 * DAY)),
    'load',
  );
  await deliver(
    rig,
    people.map((person) => activityChange(person, START - 20 * DAY)),
    'load',
  );
  await deliver(rig, await Promise.all(people.map((person) => fillerOf(rig, person, bytes))), 'fill');
  meter.reset();
  for (let day = 1; day <= days; day += 1) {
    clock.at = START + day * DAY;
    const gap = DAY / activities;
    const during = Array.from({ length: activities }, (_, at) => clock.at - DAY + Math.floor((at + 0.5) * gap));
    await deliver(
      rig,
      people.flatMap((person) => during.map((at) => activityChange(person, at))),
      `day ${day}`,
    );
  }
  const total = people.length * activities * days;
  const of = { profile_kb: kilobytes, activities_a_batch_and_person: activities, people: people.length, batches: days };
  // The promise is made for small profiles and batches of ten and more.
  yield* countsOf(meter, total, 'activity', of, kilobytes === 2 && activities >= 10);
  yield {
    job: 'units',
    metric: 'bytes of the largest profile',
    value: meter.largest.get('profiles') ?? 0,
    unit: 'bytes',
    of,
  };
  for (const table of ['profiles', 'activities', 'memberships', 'history', 'state'] as const) {
    const units = meter.writeBy.get(table) ?? 0;
    yield {
      job: 'units',
      metric: `write units per activity, ${table}`,
      value: rounded(units / total),
      unit: 'WRU',
      of,
    };
  }
}

function* countsOf(
  { write, read, requests, transactions }: Meter,
  changes: number,
  per: 'profile change' | 'activity',
  of: Readonly<Record<string, string | number>>,
  promised = false,
): Iterable<Measurement> {
  const line = (metric: string, count: number, unit: string, most?: number): Measurement => ({
    job: 'units',
    metric: `${metric} per ${per}`,
    value: rounded(count / changes),
    unit,
    ...(most === undefined || !promised ? {} : { target: { most } }),
    of,
  });
  yield line('write units', write, 'WRU', 3);
  yield line('read units', read, 'RRU', 2);
  yield line('requests', requests, 'requests');
  yield line('transactions', transactions, 'transactions', 0);
}

async function deliver({ worker }: Rig, changes: readonly Change[], run: string): Promise<void> {
  for (const batch of packBatches(changes, run)) await worker.handle(batch);
}

/** A change that brings the stored profile to a size, by traits that nothing asks for. */
async function fillerOf(rig: Rig, person: Person, bytes: number): Promise<Change> {
  const { bare, names } = rig;
  const contact = contactChange(person, START - 30 * DAY);
  if (contact.kind !== 'profile') throw new Error('a contact makes a profile change');
  const key = indexKey({ type: 'email', value: person.email }, identityKey);
  const pointer = await bare.client.send(
    new GetItemCommand({ TableName: names.identifiers, Key: { key: { S: key } } }),
  );
  const id = pointer.Item?.profile ?? { S: '' };
  const stored = await bare.client.send(new GetItemCommand({ TableName: names.profiles, Key: { id } }));
  const missing = Math.max(0, bytes - itemBytes(stored.Item ?? {}));
  const traits: Record<string, string> = {};
  // Each leaf is stored with its name, its time and its version: about thirty bytes beside the text.
  for (let left = missing - 40, n = 0; left > 40; n += 1) {
    const text = FILLER.repeat(8).slice(0, Math.min(400, left - 40));
    traits[`note_${n}`] = text;
    left -= text.length + 32;
  }
  return { kind: 'profile', fragment: contact.fragment, at: contact.at, traits };
}
