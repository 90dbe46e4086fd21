import type { Json } from '../../lib/domain/json.ts';
import type { Queue } from '../../lib/pipeline/ports.ts';
import type { openHandClock } from './memory-state.ts';

/** A queue in memory that keeps delays: whoever takes the next message lets the clock pass until it is there. */
export function openTimedQueue(clock: Pick<ReturnType<typeof openHandClock>, 'now' | 'pass'>) {
  let waiting: { readonly at: number; readonly body: Json }[] = [];
  const queue: Queue = {
    send: async (messages) => {
      const now = clock.now().getTime();
      waiting.push(...messages.map(({ body, delaySeconds = 0 }) => ({ at: now + delaySeconds * 1_000, body })));
    },
  };
  return {
    ...queue,
    /** What a queue may do at any time: brings a message once more. */
    repeat: (body: Json, seconds = 0) => queue.send([{ body, delaySeconds: seconds }]),
    waiting: () => waiting.map(({ body }) => body),
    /** The message that comes next, at its time. Undefined = none is left. */
    next(): Json | undefined {
      const first = waiting.reduce<(typeof waiting)[number] | undefined>(
        (least, one) => (least === undefined || one.at < least.at ? one : least),
        undefined,
      );
      if (first === undefined) return undefined;
      waiting = waiting.filter((one) => one !== first);
      clock.pass(Math.max(0, first.at - clock.now().getTime()));
      return first.body;
    },
  };
}
