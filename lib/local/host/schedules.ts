import { randomUUID } from 'node:crypto';
import type { Milliseconds } from '../../domain/instant.ts';
import type { StageClock, StageTimer } from '../clock.ts';
import { type Firings, parseScheduleExpression } from './schedule-expression.ts';
import type { StageQueues } from './stage-queues.ts';

/** A schedule of the template that is switched on, every reference resolved. */
export interface ScheduleDefinition {
  /** Logical id in the template. */
  readonly id: string;
  readonly arn: string;
  readonly expression: string;
  /** IANA zone in which the expression is read. */
  readonly zone: string;
  readonly queueUrl: string;
  /** The message, with the scheduler's own placeholders still in it. */
  readonly input: string;
}

/**
 * The schedules of a stage. Those that fire every minute or oftener are *sweeps*: they look whether something is due.
 * While the clock steps from event to event they are held, and fire once per step instead of 1,440 times a day.
 */
export interface Schedules {
  /** Stops the sweeps from firing by the clock. */
  holdSweeps(): void;
  /** Lets the sweeps fire by the clock again, from now on. */
  releaseSweeps(): void;
  /** The first firing of a sweep at or after an instant; undefined when there is no sweep. */
  sweepAtOrAfter(instant: Milliseconds): Milliseconds | undefined;
  /** Fires every held sweep once, as its latest firing up to now. */
  sweep(): Promise<void>;
  close(): void;
}

export interface ScheduleOptions {
  readonly clock: StageClock;
  /** From when rates count: the stage's time when it was asked to start, so that equal starts fire at equal times. */
  readonly start: Milliseconds;
  readonly queues: StageQueues;
}

interface Running {
  readonly definition: ScheduleDefinition;
  readonly firings: Firings;
  readonly isSweep: boolean;
  timer: StageTimer | undefined;
}

const minuteMs = 60_000;

/** Starts every schedule. Throws TributaryError `stage/bad-schedule`. The caller closes it. */
export function startSchedules(definitions: readonly ScheduleDefinition[], options: ScheduleOptions): Schedules {
  const { clock, queues, start } = options;
  let closed = false;

  const fire = (definition: ScheduleDefinition, scheduledAt: Milliseconds): Promise<void> =>
    queues.send(definition.queueUrl, filled(definition, scheduledAt));

  /** Firings that passed while the machine slept are not made up for: one fires late, the next when it is its time. */
  const arm = (schedule: Running, after: Milliseconds): void => {
    const next = schedule.firings.after(after);
    if (next === undefined || closed) return;
    schedule.timer = clock.at(next, async () => {
      arm(schedule, Math.max(next, clock.now()));
      await fire(schedule.definition, next);
    });
  };

  const schedules = definitions.map((definition): Running => {
    const firings = parseScheduleExpression(definition.expression, definition.zone, start);
    return { definition, firings, isSweep: isEveryMinute(firings, start), timer: undefined };
  });
  // A rate fires first at the very start, hence the instant before.
  for (const schedule of schedules) arm(schedule, start - 1);
  const sweeps = schedules.filter((schedule) => schedule.isSweep);

  return {
    holdSweeps() {
      for (const sweep of sweeps) sweep.timer?.cancel();
    },
    releaseSweeps() {
      for (const sweep of sweeps) {
        sweep.timer?.cancel();
        arm(sweep, clock.now());
      }
    },
    sweepAtOrAfter(instant) {
      const nexts = sweeps.map((sweep) => sweep.firings.after(instant - 1)).filter((next) => next !== undefined);
      return nexts.length === 0 ? undefined : Math.min(...nexts);
    },
    async sweep() {
      await Promise.all(sweeps.map((sweep) => fire(sweep.definition, latestFiring(sweep.firings, clock.now()))));
    },
    close() {
      closed = true;
      for (const schedule of schedules) schedule.timer?.cancel();
    },
  };
}

function isEveryMinute(firings: Firings, from: Milliseconds): boolean {
  const first = firings.after(from);
  const second = first === undefined ? undefined : firings.after(first);
  return first !== undefined && second !== undefined && second - first <= minuteMs;
}

function latestFiring(firings: Firings, now: Milliseconds): Milliseconds {
  let latest = now;
  for (let next = firings.after(now - minuteMs - 1); next !== undefined && next <= now; next = firings.after(next)) {
    latest = next;
  }
  return latest;
}

/** "Adding context attributes" in the EventBridge Scheduler user guide: the placeholders, and times to the second. */
function filled(definition: ScheduleDefinition, scheduledAt: Milliseconds): string {
  return definition.input
    .replaceAll('<aws.scheduler.scheduled-time>', `${new Date(scheduledAt).toISOString().slice(0, 19)}Z`)
    .replaceAll('<aws.scheduler.schedule-arn>', definition.arn)
    .replaceAll('<aws.scheduler.execution-id>', randomUUID())
    .replaceAll('<aws.scheduler.attempt-number>', '1');
}
