import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openExchange } from '../../lib/local/engines/exchange.ts';
import { type QueuesAndBuckets, startQueuesAndBuckets } from '../../lib/local/engines/queues-and-buckets.ts';
import {
  type EventSource,
  type EventSourceDefinition,
  type EventSourceOptions,
  startEventSource,
} from '../../lib/local/host/event-sources.ts';
import type { LocalFunction } from '../../lib/local/host/function-pool.ts';
import { openStageQueues, type StageQueues } from '../../lib/local/host/stage-queues.ts';
import { type HostBench, openHostBench } from './host-bench.ts';

const start = '2031-05-01T12:00:00Z';
let bench: HostBench;
let engine: QueuesAndBuckets;
let queues: StageQueues;
let work = '';
let dead = '';

beforeEach(async () => {
  bench = openHostBench(start);
  engine = await startQueuesAndBuckets();
  bench.owns({ close: engine.stop });
  queues = bench.owns(openStageQueues(engine.url));
  const exchange = openExchange(engine.url);
  const create = async (name: string, attributes: Record<string, string>): Promise<string> =>
    String((await exchange.call('AmazonSQS.CreateQueue', { QueueName: name, Attributes: attributes })).QueueUrl);
  dead = await create('dead', {});
  const redrive = { deadLetterTargetArn: 'arn:aws:sqs:eu-central-1:000000000000:dead', maxReceiveCount: 2 };
  work = await create('work', { RedrivePolicy: JSON.stringify(redrive) });
  exchange.close();
});

afterEach(async () => {
  await bench.close();
});

function aSource(
  target: LocalFunction,
  settings: Partial<EventSourceDefinition> = {},
  faults: Pick<EventSourceOptions, 'comesAgain' | 'comesAtOnce'> = {},
): EventSource {
  const definition: EventSourceDefinition = {
    id: 'ProbeFromWork',
    queueUrl: work,
    queueArn: 'arn:aws:sqs:eu-central-1:000000000000:work',
    visibilityMs: 3_600_000,
    batchSize: 10,
    windowMs: 0,
    partialResponses: true,
    ...settings,
  };
  const onFailure = (failure: unknown): void => void bench.failures.push(failure);
  const source = startEventSource(definition, {
    queues,
    clock: bench.clock,
    target,
    processes: 2,
    ...faults,
    onFailure,
  });
  // Closing ends only when the waiting call has; the queues close first at the end of a test.
  bench.owns({ close: () => queues.close() });
  return source;
}

/** A function that prints the bodies of each batch and answers with the failures that the bodies ask for. */
const printing = `export const handler = async (event) => {
  const bodies = event.Records.map((record) => record.body);
  console.log(JSON.stringify(bodies));
  if (bodies.includes('throw')) throw new Error('asked to');
  if (bodies.includes('crash')) process.exit(1);
  const failed = event.Records.filter((record) => record.body === 'fail');
  return { batchItemFailures: failed.map((record) => ({ itemIdentifier: record.messageId })) };
};`;

function batches(target: LocalFunction): string[][] {
  return target.logs().flatMap((line) => (line.startsWith('[') ? [JSON.parse(line) as string[]] : []));
}

const empty = { ready: 0, hidden: 0, delayed: 0 };

describe('startEventSource', () => {
  it('hands messages over as Lambda does and removes what is done', async () => {
    const target = bench.aFunction('export const handler = async (event) => { console.log(JSON.stringify(event)); };');
    aSource(target);

    await queues.send(work, 'hello');

    await expect.poll(() => queues.depth(work)).toEqual(empty);
    await expect.poll(() => target.logs().length).toBe(1);
    const { Records } = JSON.parse(target.logs()[0] ?? '{}') as { Records: { attributes: Record<string, string> }[] };
    expect(Records).toEqual([
      {
        messageId: expect.any(String),
        receiptHandle: expect.any(String),
        body: 'hello',
        attributes: {
          ApproximateReceiveCount: '1',
          SenderId: expect.any(String),
          SentTimestamp: expect.any(String),
          ApproximateFirstReceiveTimestamp: expect.any(String),
        },
        messageAttributes: {},
        md5OfBody: '5d41402abc4b2a76b9719d911017c592',
        eventSource: 'aws:sqs',
        eventSourceARN: 'arn:aws:sqs:eu-central-1:000000000000:work',
        awsRegion: 'eu-central-1',
      },
    ]);
    expect(Math.abs(Number(Records[0]?.attributes.SentTimestamp) - Date.parse(start))).toBeLessThan(30_000);
  });

  it('hands over again what was done, where a fault forgets that it was', async () => {
    const target = bench.aFunction(printing);
    let faults = 1;
    const source = aSource(target, {}, { comesAgain: () => faults-- > 0 });
    await queues.send(work, 'fine');

    await expect.poll(() => source.parked).toBe(1);
    await bench.clock.jumpTo(bench.clock.now() + 3_600_000);

    await expect.poll(() => batches(target).flat()).toEqual(['fine', 'fine']);
    await expect.poll(() => queues.depth(work)).toEqual(empty);
  });

  it('removes a message for both workers that a fault gave it to, though one of them died', async () => {
    const first = bench.aFolder();
    const target = bench.aFunction(
      `import { mkdirSync } from 'node:fs';
      export const handler = async (event) => {
        console.log(JSON.stringify(event.Records.map((record) => record.body)));
        try { mkdirSync(${JSON.stringify(join('FOLDER', 'first'))}); } catch { return; }
        process.exit(1);
      };`.replace('FOLDER', first),
    );
    const source = aSource(target, {}, { comesAtOnce: () => true });
    await queues.send(work, 'twice');

    await expect.poll(() => batches(target)).toEqual([['twice'], ['twice']]);
    await expect.poll(() => queues.depth(work)).toEqual(empty);
    expect(source.parked).toBe(0);
  });

  it('keeps only the named failures, hidden until the visibility timeout has passed on the clock', async () => {
    const target = bench.aFunction(printing);
    const source = aSource(target);
    for (const body of ['fine', 'fail']) await queues.send(work, body);

    await expect.poll(() => source.parked).toBe(1);
    // The failed message is parked before the done one is removed.
    await expect.poll(() => queues.depth(work)).toEqual({ ready: 0, hidden: 1, delayed: 0 });
    await bench.clock.jumpTo(bench.clock.now() + 3_600_000);

    // A standard queue promises no order.
    await expect.poll(() => batches(target).flat().sort()).toEqual(['fail', 'fail', 'fine']);
  });

  it.each(['throw', 'crash'])('keeps the whole batch when the function should %s', async (body) => {
    const target = bench.aFunction(printing);
    // Sent before anybody polls: all three are in one batch however slow the machine is.
    for (const each of ['fine', body, 'fine too']) await queues.send(work, each);
    const source = aSource(target, { batchSize: 3 });

    await expect.poll(() => source.settled).toBe(1);
    expect(source.parked).toBe(3);
    expect(await queues.depth(work)).toEqual({ ready: 0, hidden: 3, delayed: 0 });
  });

  it('lets a message that fails too often go to the dead letters', async () => {
    const target = bench.aFunction(printing);
    const source = aSource(target);
    await queues.send(work, 'fail');

    for (let round = 1; round <= 2; round += 1) {
      await expect.poll(() => source.settled).toBe(round);
      await bench.clock.jumpTo(bench.clock.now() + 3_600_000);
    }

    await expect.poll(() => queues.depth(dead)).toEqual({ ready: 1, hidden: 0, delayed: 0 });
    expect(await queues.depth(work)).toEqual(empty);
    expect(batches(target)).toEqual([['fail'], ['fail']]);
  });

  it('fills a batch until its window closes on the clock', async () => {
    const target = bench.aFunction(printing);
    const source = aSource(target, { batchSize: 100, windowMs: 300_000 });
    for (const body of ['a', 'b']) await queues.send(work, body);
    await expect.poll(() => source.parked).toBe(2);
    await queues.send(work, 'c');
    await expect.poll(() => source.parked).toBe(3);

    await bench.clock.jumpTo(bench.clock.next() ?? 0);

    await expect.poll(() => batches(target)).toEqual([['a', 'b', 'c']]);
    await expect.poll(() => source.parked).toBe(0);
  });

  it('hands over a full batch without waiting for the window', async () => {
    const target = bench.aFunction(printing);
    aSource(target, { batchSize: 2, windowMs: 300_000 });

    for (const body of ['a', 'b', 'c']) await queues.send(work, body);

    await expect.poll(() => batches(target)).toEqual([['a', 'b']]);
  });

  it('runs as many batches at once as the template and the processes allow', async () => {
    const source = `export const handler = async () => {
      console.log('in');
      await new Promise((resolve) => setTimeout(resolve, 60));
      console.log('out');
    };`;
    const most = async (maxConcurrency: number | undefined): Promise<number> => {
      const target = bench.aFunction(source);
      await target.warm();
      for (let each = 0; each < 6; each += 1) await queues.send(work, String(each));
      const polled = aSource(target, { batchSize: 1, ...(maxConcurrency === undefined ? {} : { maxConcurrency }) });
      let highest = 0;
      while (polled.settled < 6) {
        highest = Math.max(highest, polled.inFlight);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      await stopped(polled);
      return highest;
    };

    expect([await most(1), await most(undefined)]).toEqual([1, 2]);
  });

  it('stops polling although every process was busy when it was told to', async () => {
    const target = bench.aFunction('export const handler = () => new Promise((end) => setTimeout(end, 60_000));');
    const source = aSource(target, { batchSize: 1 });
    for (const body of ['a', 'b']) await queues.send(work, body);
    await expect.poll(() => source.inFlight).toBe(2);

    const closing = source.close();
    queues.close();
    await target.close();
    await closing;

    expect(source.inFlight).toBe(0);
  });

  it('splits a batch that one invocation cannot carry', async () => {
    const target = bench.aFunction('export const handler = async (event) => console.log(event.Records.length);');
    const large = '"'.repeat(500_000);
    for (let each = 0; each < 8; each += 1) await queues.send(work, large);
    aSource(target);

    await expect.poll(() => [...target.logs()].sort()).toEqual(['2', '6']);
  });
});

/** Ends a source whose long poll would go on: a message wakes it. */
async function stopped(source: EventSource): Promise<void> {
  const closing = source.close();
  await queues.send(work, 'wake up');
  await closing;
}
