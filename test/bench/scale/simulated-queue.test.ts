import { describe, expect, it } from 'vitest';
import { openSimulatedQueue, type QueueShape } from '../../../bench/scale/simulated-queue.ts';
import { openVirtualTime, type VirtualTime } from '../../../bench/scale/virtual-time.ts';

const shape: Omit<QueueShape, 'work'> = {
  batchSize: 1,
  maxConcurrency: 3,
  visibilityMs: 30_000,
  maxReceiveCount: 5,
  order: 'as-sent',
  latencyMs: 0,
};

describe('the simulated queue', () => {
  it('lets messages wait as long as Erlang’s formula says', async () => {
    const [arrivalsMs, serviceMs, servers] = [600, 1_000, 3];
    const time = openVirtualTime(0, 9);
    const waits: number[] = [];
    const { queue } = openSimulatedQueue(time, {
      ...shape,
      async work([sentAt]) {
        waits.push(time.elapsed() - Number(sentAt));
        await time.wait(exponential(time, serviceMs));
        return true;
      },
    });
    const arrive = async (): Promise<void> => {
      for (let message = 0; message < 20_000; message += 1) {
        await time.wait(exponential(time, arrivalsMs));
        void queue.send([{ body: time.elapsed() }]);
      }
    };

    void arrive();
    await time.run(Number.POSITIVE_INFINITY);

    const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
    expect(mean / meanWait(servers, serviceMs / arrivalsMs, serviceMs)).toBeGreaterThan(0.9);
    expect(mean / meanWait(servers, serviceMs / arrivalsMs, serviceMs)).toBeLessThan(1.1);
  });

  it('begins with five batches and takes three hundred more a minute', async () => {
    const time = openVirtualTime(0, 1);
    const { queue, counts } = openSimulatedQueue(time, {
      ...shape,
      maxConcurrency: 1_000,
      async work() {
        await time.wait(1_000);
        return true;
      },
    });
    const running: number[] = [];
    const watch = async (): Promise<void> => {
      for (const second of [1, 11]) {
        await time.wait(second * 1_000 - 500 - time.elapsed());
        running.push(counts().running);
      }
    };

    void queue.send(Array.from({ length: 2_000 }, () => ({ body: 0 })));
    void watch();
    await time.run(20_000);

    expect(running).toEqual([5, 55]);
  });

  it('brings a failed batch again when its visibility ends, and lets it go after the fifth time', async () => {
    const time = openVirtualTime(0, 1);
    const tries: number[] = [];
    const { queue, counts } = openSimulatedQueue(time, {
      ...shape,
      async work() {
        tries.push(time.elapsed() / 1_000);
        return false;
      },
    });

    void queue.send([{ body: 0 }]);
    await time.run(600_000);

    expect(tries).toEqual([0, 30, 60, 90, 120]);
    expect(counts()).toMatchObject({ failed: 5, dead: 1, waiting: 0 });
  });
});

function exponential(time: VirtualTime, mean: number): number {
  return -mean * Math.log(1 - time.random());
}

/** M/M/c: Erlang C, the mean wait of all. `load` is the arrivals during one service. */
function meanWait(servers: number, load: number, serviceMs: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; k < servers; k += 1) {
    term *= load / k;
    sum += term;
  }
  const last = ((term * load) / servers) * (servers / (servers - load));
  return (last / (sum + last)) * (serviceMs / (servers - load));
}
