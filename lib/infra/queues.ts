/** A work queue. Its dead-letter queue, encryption and redrive are the same for all and live in the construct. */
export interface QueueSpec {
  /** Alarm when the oldest message has waited longer than this, in seconds. */
  readonly lateAfterSeconds: number;
}

export const queues = {
  changes: { lateAfterSeconds: 900 },
  recompute: { lateAfterSeconds: 3600 },
  sync: { lateAfterSeconds: 3600 },
  timers: { lateAfterSeconds: 600 },
  push: { lateAfterSeconds: 3600 },
  jobs: { lateAfterSeconds: 3600 },
  imports: { lateAfterSeconds: 3600 },
} as const satisfies Readonly<Record<string, QueueSpec>>;

export type QueueName = keyof typeof queues;

export const queueNames = Object.keys(queues) as readonly QueueName[];

/** Deliveries of one message before it moves to the dead-letter queue. */
export const maxReceiveCount = 5;

/** Days that a message is kept, counted from its first sending, in its queue and in the dead letters together. */
export const daysKept = 14;

/** How long a received message stays hidden. Lambda's documentation asks for six times the function's timeout, so that throttled batches find time to retry. */
export function visibilitySeconds(timeoutSeconds: number): number {
  return 6 * timeoutSeconds;
}
