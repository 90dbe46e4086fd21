import { randomUUID } from 'node:crypto';
import { TributaryError } from '../../domain/errors.ts';
import { queueableText } from '../../domain/json.ts';
import type { Queue, QueueMessage } from '../../pipeline/ports.ts';
import { traceAttributes } from '../trace.ts';

/** SQS takes ten messages and 256 KiB in one request. */
const MOST_ENTRIES = 10;
const MOST_BYTES = 256 * 1024;
const ROUNDS = 5;

/** One message of a SendMessageBatch request. */
export interface BatchEntry {
  readonly Id: string;
  readonly MessageBody: string;
  readonly DelaySeconds?: number;
}

/** Sends one batch; returns the ids of the entries that SQS refused. */
export type SendBatch = (entries: BatchEntry[]) => Promise<readonly string[]>;

/** A queue that sends in as few requests as SQS allows and tries again what SQS refused. */
export function queueInBatches(sendBatch: SendBatch, env: Readonly<Record<string, string | undefined>>): Queue {
  return {
    async send(messages) {
      const trace = traceAttributes(env);
      for (const entries of packEntries(messages, trace)) await sendAll(sendBatch, entries);
    },
  };
}

async function sendAll(sendBatch: SendBatch, entries: BatchEntry[]): Promise<void> {
  let pending = entries;
  for (let round = 0; pending.length > 0; round += 1) {
    if (round === ROUNDS) {
      throw new TributaryError(
        'transient',
        'queue/not-accepted',
        `the queue refused ${pending.length} messages ${ROUNDS} times`,
      );
    }
    const failed = new Set(await sendBatch(pending));
    pending = pending.filter(({ Id }) => failed.has(Id));
  }
}

function packEntries(messages: readonly QueueMessage[], trace: object): BatchEntry[][] {
  const batches: BatchEntry[][] = [];
  let batch: BatchEntry[] = [];
  let bytes = 0;
  for (const { body, delaySeconds } of messages) {
    const text = queueableText(body);
    const size = Buffer.byteLength(text);
    if (batch.length === MOST_ENTRIES || (batch.length > 0 && bytes + size > MOST_BYTES)) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    const delay = delaySeconds === undefined ? {} : { DelaySeconds: Math.min(900, Math.ceil(delaySeconds)) };
    batch.push({ Id: randomUUID(), MessageBody: text, ...delay, ...trace });
    bytes += size;
  }
  return batch.length === 0 ? batches : [...batches, batch];
}
