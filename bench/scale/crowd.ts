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
  readonly throttled: number;
  readonly failed: number;
  /** By the second: how many had come and were not in yet, rows and all. */
  readonly backlog: readonly (readonly [second: number, people: number])[];
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
  let came = 0;
  const arrive = async (): Promise<void> => {
    for (const body of bodies) {
      // Many senders: none waits for another one's answer.
      void workers.queue.send([body]);
      came += crowd.changesInMessage;
      await time.wait((crowd.seconds * 1_000) / messages);
    }
  };
  const backlog: [number, number][] = [];
  const watch = async (): Promise<void> => {
    while (!workers.isOver()) {
      backlog.push([time.elapsed() / 1_000, came - workers.counts().settled]);
      await time.wait(1_000);
    }
  };
  void arrive();
  void watch();
  await time.run(MOST_MS, workers.isOver);
  const { taken, throttled, failed } = workers.counts();
  return { last: time.elapsed() / 1_000, throttled: throttled / taken, failed, backlog };
}

/** Batches of the recompute queue at once, as the product is deployed. */
export const recomputeWorkers = functions['resolve-profile'].sources[1].maxConcurrency;
