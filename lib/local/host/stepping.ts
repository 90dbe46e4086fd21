import { TributaryError } from '../../domain/errors.ts';
import type { Milliseconds } from '../../domain/instant.ts';
import type { StageClock } from '../clock.ts';
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
   * Throws TributaryError `stage/already-stepping` and `stage/closed`.
   */
  runUntil(target: Milliseconds): Promise<void>;
  /** Makes those who wait give up with `stage/closed`. */
  close(): void;
}

const pauseMs = 4;

/** Opens the stepping of a stage. Nothing moves before `runUntil`. */
export function openStepping(parts: SteppingParts): Stepping {
  const { clock, schedules, queues, sources } = parts;
  let stepping = false;
  let closed = false;
  let known: { readonly at: number; readonly earliest: Milliseconds | undefined } | undefined;

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
    for (const source of sources) if (!(await isDrained(source))) return false;
    return !inHand() && workDone() === before;
  };

  const idle = async (): Promise<void> => {
    for (;;) {
      if (closed) throw new TributaryError('config', 'stage/closed', 'the stage was closed while it was waited for');
      if (await isIdle()) return;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  };

  /** When the sweep must fire for the earliest due profile; a firing that has passed already is not repeated. */
  const nextSweep = async (): Promise<Milliseconds | undefined> => {
    const at = workDone();
    if (known?.at !== at) known = { at, earliest: await parts.due.earliest() };
    if (known.earliest === undefined) return undefined;
    return schedules.sweepAtOrAfter(Math.max(known.earliest, clock.now() + 1));
  };

  const step = async (target: Milliseconds): Promise<boolean> => {
    await idle();
    if (clock.now() >= target) return false;
    const sweepAt = await nextSweep();
    const next = Math.min(clock.next() ?? target, sweepAt ?? target, target);
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
        schedules.releaseSweeps();
        stepping = false;
      }
    },
    close() {
      closed = true;
    },
  };
}
