import { asTributaryError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import type { Log } from '../../pipeline/ports.ts';

/** The part of Lambda's SQS event that is used. */
export interface SqsEvent {
  readonly Records: readonly {
    readonly messageId: string;
    readonly body: string;
    /** `SentTimestamp`: when it was queued, in ms, as text. */
    readonly attributes?: Readonly<Record<string, string>>;
  }[];
}

/** The part of Lambda's context that is used. */
export interface LambdaContext {
  getRemainingTimeInMillis(): number;
}

export interface SqsAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/** Time kept back for storing a checkpoint and queueing the rest before Lambda ends the invocation. */
export const MARGIN_MS = 8_000;

/** Does one message; throws when it must come again. `signal` fires when time is short. */
export type MessageStep = (body: Json, signal: AbortSignal) => Promise<void>;

/** Does all messages of an invocation, each queued at an instant in ms; returns the positions that must come again. */
export type BatchStep = (
  bodies: readonly Json[],
  signal: AbortSignal,
  queuedAt: readonly number[],
) => Promise<ReadonlySet<number>>;

/** A Lambda handler for a queue whose messages are done one by one. Fails closed: what is not known done comes again. */
export function sqsHandler(step: MessageStep, log: Log) {
  return sqsBatchHandler(async (bodies, signal) => {
    const failed = new Set<number>();
    for (const [at, body] of bodies.entries()) {
      try {
        await step(body, signal);
      } catch (thrown) {
        // One message's failure is not its neighbours': it comes back alone, and the queue counts how often.
        const { kind, code, message } = asTributaryError(thrown);
        log('message failed', { kind, code, reason: message });
        failed.add(at);
      }
    }
    return failed;
  }, log);
}

/** A Lambda handler for a queue whose messages are done together. A thrown error fails the whole batch. */
export function sqsBatchHandler(step: BatchStep, log: Log) {
  return async function handler(event: SqsEvent, context: LambdaContext): Promise<SqsAnswer> {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), Math.max(0, context.getRemainingTimeInMillis() - MARGIN_MS));
    const readable: { readonly messageId: string; readonly body: Json; readonly queuedAt: number }[] = [];
    const unreadable: string[] = [];
    for (const { messageId, body, attributes } of event.Records) {
      try {
        readable.push({ messageId, body: JSON.parse(body) as Json, queuedAt: Number(attributes?.SentTimestamp) });
      } catch {
        // Not ours to repair: after its last try the message lies in the dead-letter queue for a person to look at.
        unreadable.push(messageId);
        log('message is no JSON', { code: 'queue/unreadable' });
      }
    }
    try {
      const failed = await step(
        readable.map(({ body }) => body),
        stop.signal,
        readable.map(({ queuedAt }) => queuedAt),
      );
      const again = readable.filter((_, at) => failed.has(at)).map(({ messageId }) => messageId);
      return { batchItemFailures: [...again, ...unreadable].map((itemIdentifier) => ({ itemIdentifier })) };
    } finally {
      clearTimeout(timer);
    }
  };
}
