import { TributaryError } from '../../domain/errors.ts';
import type { Milliseconds } from '../../domain/instant.ts';
import type { StageClock, StageTimer } from '../clock.ts';
import type { DueProfiles } from './due-profiles.ts';
import type { EventSource } from './event-sources.ts';
import type { LocalFunction } from './function-pool.ts';
import type { HttpApi } from './http-api.ts';
import type { Schedules } from './schedules.ts';
import type { StageQueues } from './stage-queues.ts';

/** Everything of a stage that can have work in hand, or know when there will be some. */
export interface SteppingParts {
  readonly clock: StageClock;
  readonly schedules: Schedules;
  readonly queues: StageQueues;
  readonly sources: readonly EventSource[];
  readonly functions: readonly LocalFunction[];
  readonly http: HttpApi;
  readonly due: DueProfiles;
}

/** Moves a stage from event to event. */
export interface Stepping {
  /** Resolves when every queue that drives a function is empty and nothing is in flight. */
  idle(): Promise<void>;
  /**
   * Runs the stage until its clock shows `target`, jumping over the time in which nothing would happen. The clock goes
   * to the next schedule, timer, delayed or hidden message or due profile, and only from a stage that is idle. A
   * schedule that fires every minute counts only when a profile is due, and fires once per step.
   * Throws TributaryError `stage/already-stepping` and `stage/closed`, and what a timer of `addTimer` threw.
   */
  runUntil(target: Milliseconds): Promise<void>;
  /** Runs `run` when the clock reaches the instant. What it throws fails the `runUntil` under way, or the next. */
  addTimer(instant: Milliseconds, run: () => void | Promise<void>): StageTimer;
  /** Holds the sweeps while `work` is done, also when it steps: nobody's membership changes by the passing of time alone. */
  withoutSweeps<T>(work: () => Promise<T>): Promise<T>;
  /** Makes those who wait give up with `stage/closed`. */
  close(): void;
}

const pauseMs = 4;
/** A profile can be written with a due instant that has just passed. */
const lookBackMs = 3_600_000;
/** The first look also finds what became due while the stage was not running. */
const firstLookBackMs = 24 * lookBackMs;

/** Opens the stepping of a stage. Nothing moves before `runUntil`. */
export function openStepping(parts: SteppingParts): Stepping {
  const { clock, schedules, queues, sources } = parts;
  let stepping = false;
  let sweepless = false;
  let closed = false;
  let lookedBack = false;

  const thrown: unknown[] = [];

  const inHand = (): boolean =>
    clock.running > 0 ||
    parts.http.inFlight > 0 ||
    parts.functions.some((each) => each.inFlight > 0) ||
    sources.some((source) => source.inFlight > 0);

  /** Grows whenever a function has done something, so an equal count means that nothing has changed. */
  const workDone = (): number => sources.reduce((sum, source) => sum + source.settled, parts.http.answered);

  const isDrained = async (source: EventSource): Promise<boolean> => {
    const depth = await queues.depth(source.definition.queueUrl);
    return depth.ready === 0 && depth.hidden <= source.parked;
  };

  const isIdle = async (): Promise<boolean> => {
    if (inHand()) return false;
    const before = workDone();
    const drained = await Promise.all(sources.map(isDrained));
    return drained.every(Boolean) && !inHand() && workDone() === before;
  };

  const idle = async (): Promise<void> => {
    for (;;) {
      if (closed) throw new TributaryError('config', 'stage/closed', 'the stage was closed while it was waited for');
      if (await isIdle()) return;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  };

  /** When the sweep must fire for the earliest profile due by `until`; a firing that has passed is not repeated. */
  const nextSweep = async (until: Milliseconds): Promise<Milliseconds | undefined> => {
    const from = clock.now() - (lookedBack ? lookBackMs : firstLookBackMs);
    lookedBack = true;
    const earliest = await parts.due.earliest(from, until);
    return earliest === undefined ? undefined : schedules.sweepAtOrAfter(Math.max(earliest, clock.now() + 1));
  };

  const step = async (target: Milliseconds): Promise<boolean> => {
    await idle();
    if (thrown.length > 0) throw thrown.shift();
    if (clock.now() >= target) return false;
    const other = Math.min(clock.next() ?? target, target);
    const sweepAt = sweepless ? undefined : await nextSweep(other);
    const next = Math.min(other, sweepAt ?? other);
    await clock.jumpTo(next);
    if (sweepAt !== undefined && sweepAt <= clock.now()) await schedules.sweep();
    return true;
  };

  return {
    idle,
    async runUntil(target) {
      if (stepping) throw new TributaryError('config', 'stage/already-stepping', 'the stage is being run already');
      stepping = true;
      schedules.holdSweeps();
      try {
        while (await step(target));
      } finally {
        if (!sweepless) schedules.releaseSweeps();
        stepping = false;
      }
    },
    async withoutSweeps(work) {
      sweepless = true;
      schedules.holdSweeps();
      try {
        return await work();
      } finally {
        sweepless = false;
        schedules.releaseSweeps();
      }
    },
    addTimer: (instant, run) =>
      clock.at(instant, async () => {
        try {
          await run();
        } catch (failure) {
          thrown.push(failure);
        }
      }),
    close() {
      closed = true;
    },
  };
}
