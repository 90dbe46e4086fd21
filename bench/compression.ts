import {
  brotliCompressSync,
  brotliDecompressSync,
  constants,
  deflateRawSync,
  gunzipSync,
  gzipSync,
  inflateRawSync,
} from 'node:zlib';
import { machineClock } from '../lib/adapters/clock.ts';
import { toItem } from '../lib/adapters/dynamodb/profile-items.ts';
import { designed } from '../lib/domain/cost/measured.ts';
import { prices } from '../lib/domain/cost/prices.ts';
import { openMemoryStores } from '../test/pipeline/memory-stores.ts';
import { itemBytes } from './item-size.ts';
import { type BenchOptions, costOf, type Measurement, rounded } from './measurement.ts';
import { activityChange, contactChange, memberChange, personOf } from './people.ts';
import { acmeDefinitions, openMemoryState, openWorker, packBatches, type Stores } from './resolve-worker.ts';

interface Way {
  readonly pack: (text: string) => Buffer | string;
  readonly unpack: (packed: Buffer | string) => string;
}

const DAY = 24 * 3_600_000;
const START = Date.parse('2026-09-01T06:00:00Z');
const KILOBYTE = 1_024;
const UNIT_OF_READS = 4 * KILOBYTE;

/** How a profile's text may be written. `a dictionary` is the text of somebody else, which every reader would have to hold. */
function waysWith(dictionary: Buffer): Readonly<Record<string, Way>> {
  const brotli = (quality: number): Way => ({
    pack: (text) => brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } }),
    unpack: (packed) => brotliDecompressSync(packed).toString(),
  });
  return {
    'as it is': { pack: (text) => text, unpack: String },
    deflate: { pack: (text) => deflateRawSync(text), unpack: (packed) => inflateRawSync(packed).toString() },
    'deflate with a dictionary': {
      pack: (text) => deflateRawSync(text, { dictionary }),
      unpack: (packed) => inflateRawSync(packed, { dictionary }).toString(),
    },
    gzip: { pack: (text) => gzipSync(text), unpack: (packed) => gunzipSync(packed).toString() },
    'brotli 1': brotli(1),
    'brotli 5': brotli(5),
  };
}

/**
 * Profiles of people with as many activities, written in several ways: bytes, write units, and the processor time of a
 * write and of the read before it; and what a million such writes then cost. Node 20 has no zstd.
 */
export async function* bench({ quick, note }: BenchOptions): AsyncIterable<Measurement> {
  const people = quick ? 3 : 60;
  for (const activities of quick ? [1] : [0, 10, 100, 1_000]) {
    note(`compression: people with ${activities} activities`);
    const items = await itemsOf(people, activities);
    const texts = items.map((item) => item.body?.S ?? '');
    for (const [way, { pack, unpack }] of Object.entries(waysWith(Buffer.from(texts[0] ?? '')))) {
      // Whoever is the dictionary says nothing about it.
      const measured = texts.slice(1);
      const packed = measured.map(pack);
      if (packed.some((one, at) => unpack(one) !== measured[at]))
        throw new Error(`${way} does not give back what it got`);
      const rounds = quick ? 1 : 30;
      const times = (work: () => void) => costOf(() => Array.from({ length: rounds }, work));
      const packing = await times(() => measured.map(pack));
      const unpacking = await times(() => packed.map(unpack));
      const sizes = items.slice(1).map((item, at) => {
        const held = packed[at] ?? '';
        return itemBytes({ ...item, body: typeof held === 'string' ? { S: held } : { B: held } });
      });
      const mean = (of: (bytes: number) => number): number =>
        sizes.reduce((sum, one) => sum + of(one), 0) / sizes.length;
      const each = (cpu: number): number => cpu / rounds / measured.length;
      const writes = mean((bytes) => Math.ceil(bytes / KILOBYTE));
      // Reads that decide are consistent: a unit for each 4 KB.
      const reads = mean((bytes) => Math.ceil(bytes / UNIT_OF_READS));
      const seconds = (each(packing.cpu) + each(unpacking.cpu)) / 1_000_000;
      const gigabyteSeconds = seconds * (designed.memoryMb.resolve / KILOBYTE);
      const dollars =
        writes * prices.of['write units'] +
        reads * prices.of['read units'] +
        gigabyteSeconds * prices.of['gigabyte-seconds of functions'];
      const of = { activities, way };
      const line = (metric: string, value: number, unit: string): Measurement => ({
        job: 'compression',
        metric,
        value: rounded(value),
        unit,
        of,
      });
      yield line('bytes of the item', mean(Number), 'bytes');
      yield line('write units of the profile', writes, 'WRU');
      yield line('read units of the profile', reads, 'RRU');
      yield line('CPU to write', each(packing.cpu), 'µs');
      yield line('CPU to read', each(unpacking.cpu), 'µs');
      yield line('dollars of a million writes of the profile', dollars * 1_000_000, 'dollars');
    }
  }
}

/** What the profiles table holds of people from two tools, after as many activities in batches of ten. */
async function itemsOf(people: number, activities: number) {
  const memory = openMemoryStores();
  const latest = new Map<string, ReturnType<typeof toItem>>();
  const stores: Stores = {
    ...memory,
    profiles: {
      ...memory.profiles,
      write: async (profiles) => {
        for (const profile of profiles) latest.set(profile.id, toItem(profile));
        return memory.profiles.write(profiles);
      },
    },
    state: openMemoryState(),
  };
  const end = START + 30 * DAY;
  const worker = await openWorker(stores, await acmeDefinitions(), { ...machineClock, now: () => new Date(end) });
  const everybody = Array.from({ length: people }, (_, number) => personOf(number));
  const deliver = async (changes: Parameters<typeof packBatches>[0], run: string): Promise<void> => {
    for (const batch of packBatches(changes, run)) await worker.handle(batch);
  };
  await deliver(
    everybody.flatMap((person) => [contactChange(person, START), memberChange(person, START)]),
    'people',
  );
  const gap = (30 * DAY) / (activities + 1);
  for (let from = 0; from < activities; from += 10) {
    const instants = Array.from(
      { length: Math.min(10, activities - from) },
      (_, n) => START + Math.floor((from + n + 1) * gap),
    );
    const changes = everybody.flatMap((person) => instants.map((at) => activityChange(person, at)));
    await deliver(changes, `activities ${from}`);
  }
  return [...latest.values()];
}
