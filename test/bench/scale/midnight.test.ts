import { describe, expect, it } from 'vitest';
import { simulateCrowd } from '../../../bench/scale/crowd.ts';
import { openFacts } from '../../../bench/scale/facts.ts';
import { type Midnight, simulateMidnight } from '../../../bench/scale/midnight.ts';
import { midnightByDefault } from '../../../bench/scale.ts';

const AMPLE = 1e9;
const plain: Midnight = {
  people: 5_000,
  leaving: 0,
  segments: 1,
  firstSweep: 1,
  seed: 3,
  workers: 1,
  order: 'as-sent',
  cpuMs: 1_024 / 1_769,
  latencyMs: 10,
  dynamo: { profileUnits: 1, dueShards: 1_024, rowShards: 1_024, tableWrites: AMPLE, partitions: 'each-key' },
};

describe('a simulated midnight', () => {
  it('without limits takes what its steps take', async () => {
    const { last, sent, throttled } = await simulateMidnight(plain);

    // The sweep asks its sixteen shards at once for their pages, all there are, and sends twenty messages by ten.
    const sweep = 1_000 + 2 * 10;
    // A batch of ten messages: taken, 25 reads and 100 writes of which six are under way at once, a millisecond a person.
    const batch = 10 + Math.ceil(25 / 6) * 10 + 2_500 + Math.ceil(100 / 6) * 10;
    expect(last * 1_000).toBeCloseTo(sweep + 2 * batch, -2);
    expect({ sent, throttled }).toEqual({ sent: 1, throttled: 0 });
  });

  it('waits for the one partition in which everybody is due', async () => {
    const { last } = await simulateMidnight(oneShard(0, AMPLE));

    // One entry each leaves the hour, and the first thousand are taken at once.
    expect(last).toBeGreaterThan(4);
    expect(last).toBeLessThan(8);
  });

  it('moves three entries of that partition for each who leaves a segment', async () => {
    const stays = await simulateMidnight({ ...oneShard(0, AMPLE), people: 2_000 });
    const leaves = await simulateMidnight({ ...oneShard(1, AMPLE), people: 2_000 });

    expect(stays.rows).toBe(0);
    expect(stays.last).toBeLessThan(3);
    expect(leaves.rows).toBeGreaterThan((2_000 * 3 - 1_000) / 1_000);
  });

  it('waits for the units of the index, two for each who is decided', async () => {
    const { last } = await simulateMidnight({
      ...plain,
      people: 2_000,
      workers: 16,
      dynamo: { ...plain.dynamo, tableWrites: 500 },
    });

    expect(last).toBeGreaterThan((2 * 2_000) / 500);
    expect(last).toBeLessThan(1.25 * ((2 * 2_000) / 500) + 1);
  });

  it('is the same twice, and the one that was saved', async () => {
    const facts = openFacts();
    for (const leaving of ['all', 'none'] as const) {
      const { p99, last, throttled } = await simulateMidnight({
        ...midnightByDefault(10_000),
        leaving: leaving === 'all' ? 1 : 0,
      });
      const of = { part: 'sizes', people: 10_000, leaving };
      const saved = ['99 of 100 decided', 'all decided', 'refused for one taken'].map((metric) =>
        facts.value('scale', metric, of),
      );

      expect(
        [p99, last, throttled].map((value) => Number(value.toPrecision(4))),
        'run the bench scale again',
      ).toEqual(saved);
    }
  });
});

describe('a simulated crowd', () => {
  it('grows the queue where its rows have too few shards', async () => {
    const by = async (rowShards: number) =>
      simulateCrowd({
        aSecond: 2_000,
        seconds: 3,
        changesInMessage: 250,
        seed: 3,
        workers: 64,
        cpuMs: 0.1,
        latencyMs: 10,
        dynamo: { ...plain.dynamo, rowShards },
      });

    const [few, many] = [await by(1), await by(64)];

    expect(few.last).toBeGreaterThan(6_000 / 1_000 - 1);
    expect(many.last).toBeLessThan(4.5);
  });
});

function oneShard(leaving: number, tableWrites: number): Midnight {
  return { ...plain, leaving, firstSweep: 0, workers: 16, dynamo: { ...plain.dynamo, dueShards: 1, tableWrites } };
}
