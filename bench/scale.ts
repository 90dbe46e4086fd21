import { DUE_SHARDS } from '../lib/adapters/dynamodb/profile-items.ts';
import { SHARDS } from '../lib/adapters/dynamodb/shards.ts';
import { designed } from '../lib/domain/cost/measured.ts';
import type { BenchOptions, Measurement } from './measurement.ts';
import { rounded } from './measurement.ts';
import { limits } from './scale/aws-limits.ts';
import { recomputeWorkers, simulateCrowd } from './scale/crowd.ts';
import { openFacts } from './scale/facts.ts';
import { type Midnight, type Morning, simulateMidnight } from './scale/midnight.ts';

/** Write units that an account has where it asked for as many as it needs. */
const AMPLE = 1_000_000;
/** The middle of the minute in which the schedule fires. */
const MEAN_SWEEP = 30;

/** The product as it is deployed by default, with what was measured of it. */
export function midnightByDefault(people: number): Midnight {
  const facts = openFacts();
  const small = { profile_kb: 2, activities_a_batch_and_person: 1 };
  return {
    people,
    leaving: 1,
    segments: 1,
    firstSweep: MEAN_SWEEP,
    seed: 9,
    workers: recomputeWorkers,
    order: 'as-sent',
    cpuMs: facts.value('resolve', 'CPU per change', { load: 'updates' }) / 1_000,
    latencyMs: designed.waits.service,
    dynamo: {
      profileUnits: Math.ceil(facts.value('units', 'bytes of the largest profile', small) / 1_024),
      dueShards: DUE_SHARDS,
      rowShards: SHARDS,
      tableWrites: limits.tableWrites.value,
      partitions: 'each-key',
    },
  };
}

/** Simulated time, not this machine's: midnights at which everybody is due, and a crowd that comes into one segment. */
export async function* bench({ quick, note }: BenchOptions): AsyncIterable<Measurement> {
  for (const people of quick ? [1_000, 2_000] : [10_000, 30_000, 100_000, 300_000, 1_000_000]) {
    note(`scale: a midnight of ${people}`);
    const byDefault = midnightByDefault(people);
    yield* toldOf({ part: 'sizes', people, leaving: 'all' }, await simulateMidnight(byDefault));
    yield* toldOf({ part: 'sizes', people, leaving: 'none' }, await simulateMidnight({ ...byDefault, leaving: 0 }));
  }
  yield* turned(midnightByDefault(quick ? 1_000 : 100_000), note);
}

/** One midnight, of which one thing is turned while nothing else limits; and a crowd. */
export async function* turned(byDefault: Midnight, note: BenchOptions['note']): AsyncIterable<Measurement> {
  const { people, dynamo, ...rest } = byDefault;
  const ample = { ...dynamo, tableWrites: AMPLE, dueShards: 64, rowShards: 64 };
  for (const dueShards of [4, 16, 64]) {
    note(`scale: ${dueShards} shards of the due index`);
    const morning = await simulateMidnight({ ...rest, people, workers: 64, dynamo: { ...ample, dueShards } });
    const of = { part: 'due shards', shards: dueShards };
    yield* toldOf({ ...of, people }, morning);
    yield* seriesOf('backlog', of, morning.backlog);
  }
  for (const workers of [4, 16, 64]) {
    note(`scale: ${workers} workers`);
    yield* toldOf(
      { part: 'workers', workers, people },
      await simulateMidnight({ ...rest, people, workers, dynamo: ample }),
    );
  }
  note('scale: tables that never took as much');
  const cold = { ...dynamo, tableWrites: limits.newTableWrites.value, partitions: 4 };
  yield* toldOf({ part: 'new tables', people }, await simulateMidnight({ ...rest, people, dynamo: cold }));
  for (const rowShards of [4, 8, 16, 64]) {
    note(`scale: a crowd, ${rowShards} shards of a segment's rows`);
    const crowd = { ...rest, aSecond: 10_000, seconds: people / 10_000, changesInMessage: 250, workers: 64 };
    const end = await simulateCrowd({ ...crowd, dynamo: { ...ample, rowShards } });
    const of = { part: 'row shards', shards: rowShards };
    yield { job: 'scale', metric: 'everybody in', value: rounded(end.last), unit: 's', of };
    yield { job: 'scale', metric: 'invocations that gave up', value: end.failed, unit: 'invocations', of };
    yield { job: 'scale', metric: 'refused for one taken', value: rounded(end.throttled), unit: 'ratio', of };
    yield* seriesOf('backlog', of, end.backlog);
  }
}

function* toldOf(of: NonNullable<Measurement['of']>, morning: Morning): Iterable<Measurement> {
  const { half, p99, last, rows, throttled, failed, missed, sent } = morning;
  const told = [
    ['half decided', half, 's'],
    ['99 of 100 decided', p99, 's'],
    ['all decided', last, 's'],
    ['rows of all written', rows, 's'],
    ['refused for one taken', throttled, 'ratio'],
    ['invocations that gave up', failed, 'invocations'],
    ['people never decided', missed, 'people'],
    ['sent, of each who was due', sent, 'ratio'],
  ] as const;
  for (const [metric, value, unit] of told) yield { job: 'scale', metric, value: rounded(value), unit, of };
}

/** A line of a plot, a point a second where something changed. */
function* seriesOf(
  metric: 'backlog',
  of: NonNullable<Measurement['of']>,
  points: readonly (readonly [number, number])[],
): Iterable<Measurement> {
  for (const [at, [second, value]] of points.entries()) {
    if (value === points[at - 1]?.[1] && value === points[at + 1]?.[1]) continue;
    yield {
      job: 'scale',
      metric,
      value: rounded(value),
      unit: 'people',
      of: { ...of, second },
    };
  }
}
