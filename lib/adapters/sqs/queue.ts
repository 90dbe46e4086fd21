import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Queue } from '../../pipeline/ports.ts';
import { queueInBatches } from './batches.ts';

/** A queue by the SDK's client. What is sent bears the trace of the invocation that `env` tells of. */
export function openQueue(
  client: SQSClient,
  url: string,
  env: Readonly<Record<string, string | undefined>> = {},
): Queue {
  return queueInBatches(async (entries) => {
    const answer = await client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries: entries }));
    return (answer.Failed ?? []).flatMap(({ Id }) => Id ?? []);
  }, env);
}
