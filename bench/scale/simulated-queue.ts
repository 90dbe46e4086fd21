import { type BatchEntry, queueInBatches } from '../../lib/adapters/sqs/batches.ts';
import type { Json } from '../../lib/domain/json.ts';
import type { Queue } from '../../lib/pipeline/ports.ts';
import { limits } from './aws-limits.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface QueueShape {
  readonly batchSize: number;
  readonly maxConcurrency: number;
  readonly visibilityMs: number;
  /** A message that came so often without being done is a dead letter. */
  readonly maxReceiveCount: number;
  /** `as-sent`: first in, first out. `mixed`: any of those that wait. A standard queue promises neither. */
  readonly order: 'as-sent' | 'mixed';
  readonly latencyMs: number;
  /** Does a batch; false when it must come again as a whole. */
  readonly work: (bodies: readonly Json[]) => Promise<boolean>;
}

interface Message {
  readonly body: Json;
  receives: number;
}

/**
 * A standard queue with Lambda behind it: five batches at once when messages come, as many more as Lambda adds in a
 * minute, up to the mapping's own limit. What fails shows itself again when its visibility ends.
 */
export function openSimulatedQueue(time: VirtualTime, shape: QueueShape) {
  const visible: Message[] = [];
  let first = 0;
  let busySince: number | undefined;
  let running = 0;
  let failed = 0;
  let dead = 0;
  let hidden = 0;

  function put(message: Message): void {
    visible.push(message);
    dispatch();
  }

  function waiting(): number {
    return visible.length - first;
  }

  function next(): Message | undefined {
    const message = visible[first];
    if (message === undefined) return undefined;
    if (shape.order === 'mixed') {
      const at = first + Math.floor(time.random() * waiting());
      const picked = visible[at] ?? message;
      visible[at] = message;
      first += 1;
      return picked;
    }
    first += 1;
    return message;
  }

  function mostNow(): number {
    const busyMs = time.elapsed() - (busySince ?? time.elapsed());
    const allowed = limits.firstBatches.value + Math.floor((busyMs / 60_000) * limits.moreBatchesAMinute.value);
    return Math.min(shape.maxConcurrency, allowed);
  }

  function dispatch(): void {
    if (waiting() > 0) busySince ??= time.elapsed();
    while (running < mostNow() && waiting() > 0) {
      const batch = Array.from({ length: Math.min(shape.batchSize, waiting()) }, next).filter(
        (one) => one !== undefined,
      );
      running += 1;
      void take(batch);
    }
  }

  async function take(batch: readonly Message[]): Promise<void> {
    await time.wait(shape.latencyMs);
    for (const message of batch) message.receives += 1;
    const done = await shape.work(batch.map(({ body }) => body));
    running -= 1;
    if (!done) {
      failed += 1;
      void bringAgain(batch);
    }
    if (waiting() === 0 && running === 0) busySince = undefined;
    dispatch();
  }

  async function bringAgain(batch: readonly Message[]): Promise<void> {
    const left = batch.filter(({ receives }) => receives < shape.maxReceiveCount);
    dead += batch.length - left.length;
    hidden += left.length;
    await time.wait(shape.visibilityMs);
    hidden -= left.length;
    for (const message of left) put(message);
  }

  async function sendBatch(entries: readonly BatchEntry[]): Promise<readonly string[]> {
    await time.wait(shape.latencyMs);
    for (const { MessageBody } of entries) {
      put({ body: JSON.parse(MessageBody) as Json, receives: 0 });
    }
    return [];
  }

  const queue: Queue = queueInBatches(sendBatch, {});
  return {
    queue,
    counts: () => ({ waiting: waiting(), hidden, running, failed, dead }),
  };
}
