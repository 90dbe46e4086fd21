import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../pipeline/ports.ts';

/** The machine's own clock. */
export const machineClock: Clock = {
  now: () => new Date(),
  wait: async (milliseconds) => {
    await sleep(milliseconds);
  },
  random: Math.random,
};
