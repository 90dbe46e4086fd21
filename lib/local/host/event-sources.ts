import type { Milliseconds } from '../../domain/instant.ts';
import type { StageClock } from '../clock.ts';
import { readBatchOutcome } from './batch-outcome.ts';
import type { LocalFunction } from './function-pool.ts';
import { mostPayloadBytes } from './function-process.ts';
import type { ReceivedMessage, StageQueues } from './stage-queues.ts';

/** An event-source mapping of the template, every reference resolved. */
export interface EventSourceDefinition {
  /** Logical id in the template. */
  readonly id: string;
  readonly queueUrl: string;
  readonly queueArn: string;
  /** How long a received message stays hidden: the queue's visibility timeout. */
  readonly visibilityMs: Milliseconds;
  readonly batchSize: number;
  /** How long a batch may wait to fill. */
  readonly windowMs: Milliseconds;
  readonly partialResponses: boolean;
  /** Batches at the same time that the template allows; absent = as many as the function has processes. */
  readonly maxConcurrency?: number;
}

/** A queue being polled for a function, as Lambda does it. */
export interface EventSource {
  readonly definition: EventSourceDefinition;
  /** Messages that wait, hidden, for an instant of the stage's clock: failed ones, and a batch that is filling. */
  readonly parked: number;
  /** Batches handed to the function and not settled yet. */
  readonly inFlight: number;
  /** Batches settled since the start. */
  readonly settled: number;
  /** Stops polling; ends once the calls and batches under way have. Messages in hand stay in the queue, hidden. */
  close(): Promise<void>;
}

export interface EventSourceOptions {
  readonly queues: StageQueues;
  readonly clock: StageClock;
  readonly target: LocalFunction;
  readonly processes: number;
  /** Whether a message that is done comes again all the same. @default never */
  readonly comesAgain?: () => boolean;
  /** Whether a message goes to a second worker at the same moment. @default never */
  readonly comesAtOnce?: () => boolean;
  readonly onFailure: (failure: unknown) => void;
}

interface Batch {
  readonly messages: readonly ReceivedMessage[];
  /** Stage time from which the visibility timeout of the batch counts: before it was received, so never too late. */
  readonly receivedAt: Milliseconds;
}

const mostPerReceive = 10;
const longestPollSeconds = 20;
const pauseAfterFailureMs = 200;
/** The stage's clock decides when a failed message shows itself again; the engine's own timeout only has to be later. */
const slackSeconds = 60;

/** Starts polling. The caller closes it. */
export function startEventSource(definition: EventSourceDefinition, options: EventSourceOptions): EventSource {
  const { queues, clock, target } = options;
  const stop = new AbortController();
  const most = Math.min(definition.maxConcurrency ?? options.processes, options.processes);
  const settling = new Set<Promise<void>>();
  let parked = 0;
  let settled = 0;

  const receive = (count: number, waitSeconds: number): Promise<readonly ReceivedMessage[]> =>
    queues.receive(definition.queueUrl, {
      most: Math.min(count, mostPerReceive),
      waitSeconds,
      hideSeconds: Math.ceil(definition.visibilityMs / 1000) + slackSeconds,
    });

  /** Waits for messages, then for the batch to fill or the window to close. */
  const gather = async (): Promise<Batch> => {
    let receivedAt = clock.now();
    const messages: ReceivedMessage[] = [];
    while (messages.length === 0 && !stop.signal.aborted) {
      receivedAt = clock.now();
      messages.push(...(await receive(definition.batchSize, longestPollSeconds)));
    }
    const windowEnd = clock.now() + definition.windowMs;
    while (definition.windowMs > 0 && messages.length < definition.batchSize && !stop.signal.aborted) {
      const more = await receive(definition.batchSize - messages.length, 0);
      messages.push(...more);
      if (more.length > 0) continue;
      if (clock.now() >= windowEnd) break;
      parked += messages.length;
      await nextLook(windowEnd);
      parked -= messages.length;
    }
    return { messages, receivedAt };
  };

  /** Resolves soon, or when the stage's clock reaches the end of the window, whichever comes first. */
  const nextLook = (windowEnd: Milliseconds): Promise<void> =>
    new Promise((resolve) => {
      const soon = setTimeout(done, 50);
      const timer = clock.at(windowEnd, done);
      function done(): void {
        clearTimeout(soon);
        timer.cancel();
        resolve();
      }
    });

  const settle = async ({ messages, receivedAt }: Batch): Promise<void> => {
    const doneOf = async (some: readonly ReceivedMessage[]): Promise<readonly string[]> => {
      const Records = some.map((message) => recordOf(message, definition.queueArn, clock));
      const invocation = await target.invoke({ Records });
      const ids = some.map((message) => message.MessageId);
      return readBatchOutcome(ids, invocation, definition.partialResponses).done;
    };
    const atOnce = messages.filter(() => options.comesAtOnce?.() === true);
    // Of two workers that have a message, either deletes it for both.
    const both = await Promise.all([messages, atOnce].filter((some) => some.length > 0).map(doneOf));
    if (stop.signal.aborted) return;
    const ended = new Set(both.flat());
    const done = messages.filter((message) => ended.has(message.MessageId));
    const kept = messages.filter((message) => !ended.has(message.MessageId));
    const again = done.filter(() => options.comesAgain?.() === true);
    for (const message of [...kept, ...again]) park(message, receivedAt + definition.visibilityMs);
    await queues.remove(
      definition.queueUrl,
      done.filter((message) => !again.includes(message)),
    );
  };

  const park = (message: ReceivedMessage, until: Milliseconds): void => {
    parked += 1;
    clock.at(until, async () => {
      try {
        await queues.reveal(definition.queueUrl, message);
      } finally {
        parked -= 1;
      }
    });
  };

  const hand = (batch: Batch): void => {
    const work = settle(batch)
      .catch(options.onFailure)
      .finally(() => {
        settled += 1;
        settling.delete(work);
      });
    settling.add(work);
  };

  const poll = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      while (settling.size >= most) await Promise.race(settling);
      if (stop.signal.aborted) break;
      try {
        const batch = await gather();
        for (const part of fitting(batch.messages)) hand({ ...batch, messages: part });
      } catch (failure) {
        if (stop.signal.aborted) break;
        options.onFailure(failure);
        await new Promise((resolve) => setTimeout(resolve, pauseAfterFailureMs));
      }
    }
    await Promise.all(settling);
  };

  const polling = poll();
  return {
    definition,
    get parked() {
      return parked;
    },
    get inFlight() {
      return settling.size;
    },
    get settled() {
      return settled;
    },
    async close() {
      stop.abort();
      await polling;
    },
  };
}

/** Splits a batch where it would exceed what one invocation may carry. */
function fitting(messages: readonly ReceivedMessage[]): readonly (readonly ReceivedMessage[])[] {
  const parts: ReceivedMessage[][] = [];
  let room = 0;
  for (const message of messages) {
    // Attributes and quotes around a body are far below a kilobyte; escaping at most doubles a JSON body.
    const size = Buffer.byteLength(JSON.stringify(message.Body)) + 1024;
    if (parts.length === 0 || size > room) {
      parts.push([]);
      room = mostPayloadBytes;
    }
    parts.at(-1)?.push(message);
    room -= size;
  }
  return parts;
}

function recordOf(message: ReceivedMessage, queueArn: string, clock: StageClock): object {
  const { SentTimestamp, ApproximateFirstReceiveTimestamp, ...attributes } = message.Attributes ?? {};
  return {
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body,
    attributes: {
      ...attributes,
      ...inStageTime('SentTimestamp', SentTimestamp, clock),
      ...inStageTime('ApproximateFirstReceiveTimestamp', ApproximateFirstReceiveTimestamp, clock),
    },
    messageAttributes: Object.fromEntries(
      Object.entries(message.MessageAttributes ?? {}).map(([name, attribute]) => [
        name,
        {
          ...(attribute.StringValue === undefined ? {} : { stringValue: attribute.StringValue }),
          ...(attribute.BinaryValue === undefined ? {} : { binaryValue: attribute.BinaryValue }),
          stringListValues: [],
          binaryListValues: [],
          dataType: attribute.DataType,
        },
      ]),
    ),
    md5OfBody: message.MD5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: queueArn.split(':')[3] ?? '',
  };
}

/** The engine stamps messages with the machine's time; the function must see the stage's. */
function inStageTime(name: string, machineTime: string | undefined, clock: StageClock): object {
  return machineTime === undefined ? {} : { [name]: String(clock.stageTimeOf(Number(machineTime))) };
}
