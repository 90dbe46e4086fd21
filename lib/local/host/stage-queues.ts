import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import { openExchange } from '../engines/exchange.ts';

/** A message as `ReceiveMessage` answers it. */
export interface ReceivedMessage {
  readonly MessageId: string;
  readonly ReceiptHandle: string;
  readonly Body: string;
  readonly MD5OfBody: string;
  readonly Attributes?: Readonly<Record<string, string>>;
  readonly MessageAttributes?: Readonly<Record<string, MessageAttribute>>;
}

interface MessageAttribute {
  readonly StringValue?: string;
  readonly BinaryValue?: string;
  readonly DataType: string;
}

/** How many messages a queue holds: ready, received or hidden, and delayed. */
export interface QueueDepth {
  readonly ready: number;
  readonly hidden: number;
  readonly delayed: number;
}

/** What the stage itself does with a queue, in the place of Lambda's pollers and of the scheduler. */
export interface StageQueues {
  receive(queueUrl: string, options: ReceiveOptions): Promise<readonly ReceivedMessage[]>;
  remove(queueUrl: string, messages: readonly ReceivedMessage[]): Promise<void>;
  /** Makes a hidden message ready again. One that is gone or ready already is left alone. */
  reveal(queueUrl: string, message: ReceivedMessage): Promise<void>;
  send(queueUrl: string, body: string): Promise<void>;
  depth(queueUrl: string): Promise<QueueDepth>;
  /** Ends every call under way; those that wait for messages fail. */
  close(): void;
}

export interface ReceiveOptions {
  /** At most 10. */
  readonly most: number;
  /** At most 20. */
  readonly waitSeconds: number;
  readonly hideSeconds: number;
}

/** Opens the queues behind an SQS endpoint (no path). Calls throw what the exchange throws. The caller closes it. */
export function openStageQueues(endpoint: string): StageQueues {
  const exchange = openExchange(endpoint);
  const call = (operation: string, input: JsonObject): Promise<JsonObject> =>
    exchange.call(`AmazonSQS.${operation}`, input);
  return {
    async receive(queueUrl, options) {
      const answer = await call('ReceiveMessage', {
        QueueUrl: queueUrl,
        MaxNumberOfMessages: options.most,
        WaitTimeSeconds: options.waitSeconds,
        VisibilityTimeout: options.hideSeconds,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      });
      return (answer.Messages ?? []) as unknown as readonly ReceivedMessage[];
    },
    async remove(queueUrl, messages) {
      for (let from = 0; from < messages.length; from += 10) {
        const entries = messages
          .slice(from, from + 10)
          .map((message, index) => ({ Id: String(index), ReceiptHandle: message.ReceiptHandle }));
        await call('DeleteMessageBatch', { QueueUrl: queueUrl, Entries: entries });
      }
    },
    async reveal(queueUrl, message) {
      // The batch form reports a message that is gone as a failed entry instead of failing the call.
      const entry = { Id: '0', ReceiptHandle: message.ReceiptHandle, VisibilityTimeout: 0 };
      await call('ChangeMessageVisibilityBatch', { QueueUrl: queueUrl, Entries: [entry] });
    },
    async send(queueUrl, body) {
      await call('SendMessage', { QueueUrl: queueUrl, MessageBody: body });
    },
    async depth(queueUrl) {
      const answer = await call('GetQueueAttributes', { QueueUrl: queueUrl, AttributeNames: ['All'] });
      const attributes = isJsonObject(answer.Attributes) ? answer.Attributes : {};
      return {
        ready: Number(attributes.ApproximateNumberOfMessages ?? 0),
        hidden: Number(attributes.ApproximateNumberOfMessagesNotVisible ?? 0),
        delayed: Number(attributes.ApproximateNumberOfMessagesDelayed ?? 0),
      };
    },
    close: exchange.close,
  };
}
