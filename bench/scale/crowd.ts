import { functions } from '../../lib/infra/functions.ts';
import { openSimulatedWorkers, type WorkerShape } from './simulated-worker.ts';
import { openVirtualTime } from './virtual-time.ts';

const START = Date.parse('2026-11-27T12:00:00Z');
const DAY = 24 * 3_600_000;
const MOST_MS = 2 * 3_600_000;

export interface Crowd extends Omit<WorkerShape, 'nextFlip' | 'order'> {
  /** People a second who enter one segment and its audience, each by one change, and for how many seconds. */
  readonly aSecond: number;
  readonly seconds: number;
  /** Changes in one message of the queue. */
  readonly changesInMessage: number;
  readonly seed: number;
}

export interface CrowdEnd {
  /** Seconds from the first change until everybody's rows were written. */
  readonly last: number;
  /** The longest that a message waited in the queue, in seconds. */
  readonly oldest: number;
  readonly throttled: number;
  readonly failed: number;
  /** By the second: how long the oldest message of the queue had waited, in seconds. */
  readonly age: readonly (readonly [second: number, seconds: number])[];
}

/** Something that everybody does at once: all of them come into one segment, whose rows lie in a few shards. */
export async function simulateCrowd(crowd: Crowd): Promise<CrowdEnd> {
  const time = openVirtualTime(START, crowd.seed);
  const workers = openSimulatedWorkers(time, { ...crowd, order: 'as-sent', nextFlip: START + 30 * DAY });
  const moves = { segment: 'everybody', audience: 'everybody', member: true };
  const messages = Math.ceil((crowd.aSecond * crowd.seconds) / crowd.changesInMessage);
  const bodies = Array.from({ length: messages }, (_, message) => {
    const profiles = Array.from({ length: crowd.changesInMessage }, (_, place) => {
      const id = `${Math.floor(time.random() * 2 ** 48).toString(36)}${(message * crowd.changesInMessage + place).toString(36)}`;
      workers.add({ id, moves }, undefined);
      return id;
    });
    return { body: { profiles } };
  });
  const arrive = async (): Promise<void> => {
    for (const body of bodies) {
      // Many senders: none waits for another one's answer.
      void workers.queue.send([body]);
      await time.wait((crowd.seconds * 1_000) / messages);
    }
  };
  const age: [number, number][] = [];
  const watch = async (): Promise<void> => {
    while (!workers.isOver()) {
      age.push([time.elapsed() / 1_000, workers.age() / 1_000]);
      await time.wait(1_000);
    }
  };
  void arrive();
  void watch();
  await time.run(MOST_MS, workers.isOver);
  const { taken, throttled, failed } = workers.counts();
  const oldest = age.reduce((most, [, seconds]) => Math.max(most, seconds), 0);
  return { last: time.elapsed() / 1_000, oldest, throttled: throttled / taken, failed, age };
}

/** Batches of the recompute queue at once, as the product is deployed. */
export const recomputeWorkers = functions['resolve-profile'].sources[1].maxConcurrency;
