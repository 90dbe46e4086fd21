import { randomUUID } from 'node:crypto';
import { SendMessageBatchCommand, type SendMessageBatchRequestEntry, type SQSClient } from '@aws-sdk/client-sqs';
import { TributaryError } from '../../domain/errors.ts';
import { queueableText } from '../../domain/json.ts';
import type { Queue, QueueMessage } from '../../pipeline/ports.ts';

/** SQS takes ten messages and 256 KiB in one request. */
const MOST_ENTRIES = 10;
const MOST_BYTES = 256 * 1024;
const ROUNDS = 5;

/** A queue that sends in as few requests as SQS allows and tries again what SQS refused. */
export function openQueue(client: SQSClient, url: string): Queue {
  return {
    async send(messages) {
      for (const entries of packEntries(messages)) await sendAll(client, url, entries);
    },
  };
}

async function sendAll(client: SQSClient, url: string, entries: SendMessageBatchRequestEntry[]): Promise<void> {
  let pending = entries;
  for (let round = 0; pending.length > 0; round += 1) {
    if (round === ROUNDS) {
      throw new TributaryError(
        'transient',
        'queue/not-accepted',
        `the queue refused ${pending.length} messages ${ROUNDS} times`,
      );
    }
    const answer = await client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries: pending }));
    const failed = new Set((answer.Failed ?? []).map(({ Id }) => Id));
    pending = pending.filter(({ Id }) => failed.has(Id));
  }
}

function packEntries(messages: readonly QueueMessage[]): SendMessageBatchRequestEntry[][] {
  const batches: SendMessageBatchRequestEntry[][] = [];
  let batch: SendMessageBatchRequestEntry[] = [];
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
    batch.push({ Id: randomUUID(), MessageBody: text, ...delay });
    bytes += size;
  }
  return batch.length === 0 ? batches : [...batches, batch];
}
