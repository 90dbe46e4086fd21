import type { Clock } from '../../lib/pipeline/ports.ts';
import { makeRandom } from '../../test/vendors/world/random.ts';

/** A clock whose time only passes in `run`: hours of waiting take as long as what is done in them. */
export interface VirtualTime extends Clock {
  /** Milliseconds since the start. */
  readonly elapsed: () => number;
  /**
   * Lets time pass until nobody waits any more, `isOver` holds or so many milliseconds have passed. Whoever waits for
   * anything but this clock is not waited for.
   */
  run(mostMs: number, isOver?: () => boolean): Promise<void>;
}

/**
 * Opens a clock that stands at `start`, with chance from a seed. Waits end in the order of their instants, those of one
 * millisecond in the order in which they began: the same program is the same run, on every machine.
 */
export function openVirtualTime(start: number, seed: number): VirtualTime {
  const waiting = new Map<number, (() => void)[]>();
  const random = makeRandom(seed).next;
  let elapsed = 0;
  let sleepers = 0;
  return {
    elapsed: () => elapsed,
    now: () => new Date(start + elapsed),
    random,
    wait(milliseconds) {
      const until = elapsed + Math.max(0, Math.round(milliseconds));
      sleepers += 1;
      return new Promise((resolve) => {
        const others = waiting.get(until);
        if (others === undefined) waiting.set(until, [resolve]);
        else others.push(resolve);
      });
    },
    async run(mostMs, isOver = () => false) {
      await settled();
      for (; elapsed < mostMs && sleepers > 0 && !isOver(); elapsed += 1) {
        for (let due = waiting.get(elapsed); due !== undefined; due = waiting.get(elapsed)) {
          waiting.delete(elapsed);
          sleepers -= due.length;
          for (const resolve of due) resolve();
          await settled();
        }
      }
    },
  };
}

/** By then all that could go on has done so, down to its next wait. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
