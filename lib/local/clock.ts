import type { Milliseconds } from '../domain/instant.ts';

/**
 * The stage's time. It runs at real speed from wherever it was set, and jumps forward only when told to.
 * So instants stay in order while work is done, and a day of waiting costs nothing.
 */
export interface StageClock {
  now(): Milliseconds;
  /** What must be added to the machine's time to get the stage's. Never falls. */
  offset(): Milliseconds;
  /** The stage time at which the machine's clock showed `machineTime`: for timestamps that engines wrote. */
  stageTimeOf(machineTime: Milliseconds): Milliseconds;
  /** Runs `run` once the stage's time reaches `instant`; at once (not before the next turn) when it has passed. */
  at(instant: Milliseconds, run: () => void | Promise<void>): StageTimer;
  /** The earliest timer. Undefined when nothing is waiting. */
  next(): Milliseconds | undefined;
  /** Goes forward to `instant` (never back) and runs what is due, in order. Resolves when those runs have ended. */
  jumpTo(instant: Milliseconds): Promise<void>;
  /** Timer runs that have started and not ended. */
  readonly running: number;
  /** Forgets every timer. */
  close(): void;
}

export interface StageTimer {
  cancel(): void;
}

export interface ClockOptions {
  /** Stage time now. Absent = the machine's. */
  readonly start?: Milliseconds;
  /** Receives what a timer's run throws. */
  readonly onFailure: (failure: unknown) => void;
}

interface Waiting {
  readonly instant: Milliseconds;
  readonly order: number;
  readonly run: () => void | Promise<void>;
}

/** Node fires a longer setTimeout at once (2^31 - 1 ms is its limit), so longer waits are split. */
const longestWait = 2_147_483_647;

/** Opens a stage clock. The caller closes it. */
export function openClock(options: ClockOptions): StageClock {
  const opened = Date.now();
  const jumps = [{ machineTime: Number.NEGATIVE_INFINITY, offset: (options.start ?? opened) - opened }];
  let offset = jumps[0]?.offset ?? 0;
  let waiting: Waiting[] = [];
  let order = 0;
  let running = 0;
  let alarm: NodeJS.Timeout | undefined;
  let closed = false;

  const now = (): Milliseconds => Date.now() + offset;

  const start = async (timer: Waiting): Promise<void> => {
    running += 1;
    try {
      await timer.run();
    } catch (failure) {
      options.onFailure(failure);
    } finally {
      running -= 1;
    }
  };

  const runDue = (): Promise<void>[] => {
    const due = waiting.filter((timer) => timer.instant <= now());
    waiting = waiting.filter((timer) => !due.includes(timer));
    due.sort((left, right) => left.instant - right.instant || left.order - right.order);
    const runs = due.map(start);
    arm();
    return runs;
  };

  const arm = (): void => {
    clearTimeout(alarm);
    const first = next();
    if (first === undefined || closed) return;
    alarm = setTimeout(runDue, Math.min(Math.max(first - now(), 0), longestWait));
  };

  const next = (): Milliseconds | undefined => {
    let first: Milliseconds | undefined;
    for (const timer of waiting) if (first === undefined || timer.instant < first) first = timer.instant;
    return first;
  };

  return {
    now,
    offset: () => offset,
    stageTimeOf(machineTime) {
      let found = jumps[0]?.offset ?? 0;
      for (const jump of jumps) if (jump.machineTime <= machineTime) found = jump.offset;
      return machineTime + found;
    },
    at(instant, run) {
      const timer = { instant, order: order++, run };
      if (!closed) waiting.push(timer);
      arm();
      return {
        cancel() {
          waiting = waiting.filter((other) => other !== timer);
          arm();
        },
      };
    },
    next,
    async jumpTo(instant) {
      const ahead = instant - now();
      if (ahead > 0) {
        offset += ahead;
        jumps.push({ machineTime: Date.now(), offset });
      }
      await Promise.all(runDue());
    },
    get running() {
      return running;
    },
    close() {
      closed = true;
      waiting = [];
      clearTimeout(alarm);
    },
  };
}
