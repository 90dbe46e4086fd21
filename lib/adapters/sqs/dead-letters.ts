import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { DeadLetters } from '../../pipeline/ports.ts';

/** SQS gives and takes ten messages in one request. */
const MOST_ENTRIES = 10;
/** A short poll asks some of SQS's servers only and may miss messages; one that waits asks all of them. */
const WAIT_SECONDS = 1;
/** Requests under way at the same time when all are shown again: thousands have to be before a function is ended. */
const AT_ONCE = 20;

/** A dead-letter queue by the SDK's client. */
export function openDeadLetters(client: SQSClient, url: string): DeadLetters {
  return {
    async receive(hideSeconds) {
      const answer = await client.send(
        new ReceiveMessageCommand({
          QueueUrl: url,
          MaxNumberOfMessages: MOST_ENTRIES,
          VisibilityTimeout: hideSeconds,
          WaitTimeSeconds: WAIT_SECONDS,
        }),
      );
      return (answer.Messages ?? []).map(({ ReceiptHandle = '', Body = '' }) => ({
        handle: ReceiptHandle,
        text: Body,
      }));
    },
    async put(text) {
      await client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: text }));
    },
    async remove({ handle }) {
      await client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: handle }));
    },
    async release(letters) {
      const batches: (readonly { readonly handle: string }[])[] = [];
      for (let at = 0; at < letters.length; at += MOST_ENTRIES) batches.push(letters.slice(at, at + MOST_ENTRIES));
      const giveBack = async (): Promise<void> => {
        for (let batch = batches.pop(); batch !== undefined; batch = batches.pop()) {
          const Entries = batch.map(({ handle }, n) => ({
            Id: String(n),
            ReceiptHandle: handle,
            VisibilityTimeout: 0,
          }));
          // One that is refused shows itself again by itself.
          await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: url, Entries }));
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, giveBack));
    },
    async count() {
      const answer = await client.send(
        new GetQueueAttributesCommand({
          QueueUrl: url,
          AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
        }),
      );
      const { ApproximateNumberOfMessages: seen = 0, ApproximateNumberOfMessagesNotVisible: hidden = 0 } =
        answer.Attributes ?? {};
      return { seen: Number(seen), hidden: Number(hidden) };
    },
  };
}
