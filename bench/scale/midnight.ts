import { dueKey } from '../../lib/adapters/dynamodb/profile-items.ts';
import { MARGIN_MS } from '../../lib/adapters/sqs/handler.ts';
import { functions } from '../../lib/infra/functions.ts';
import { sweepDue } from '../../lib/pipeline/resolve/sweep-due.ts';
import { openMemoryState } from '../../test/pipeline/memory-state.ts';
import { openSimulatedWorkers, type WorkerShape } from './simulated-worker.ts';
import { openVirtualTime } from './virtual-time.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const MIDNIGHT = Date.parse('2026-11-27T00:00:00Z');
/** Nobody waits longer for an answer of the simulation than for one of the product. */
const MOST_MS = 6 * 60 * MINUTE;

export interface Midnight extends Omit<WorkerShape, 'nextFlip'> {
  /** Whose answers can flip at the same midnight. */
  readonly people: number;
  /** The share of them who leave a segment and its audience. */
  readonly leaving: number;
  /** Into how many segments those who leave are spread. */
  readonly segments: number;
  /** Seconds after midnight at which the minute schedule fires first. */
  readonly firstSweep: number;
  readonly seed: number;
}

export interface Morning {
  /** Seconds after midnight until half, 99 of 100 and all were decided; of whoever was at all. */
  readonly half: number;
  readonly p99: number;
  readonly last: number;
  /** Seconds after midnight until the last row of an audience was written: a push that starts then sees everybody. */
  readonly rows: number;
  /** People who were never decided. */
  readonly missed: number;
  /** Statements that were refused, of each that was taken. */
  readonly throttled: number;
  /** Invocations that gave up, and messages that came to be dead letters. */
  readonly failed: number;
  readonly dead: number;
  /** People whom sweeps sent, of each who was due: 1 is nobody twice. */
  readonly sent: number;
  /** By the second: how many were not decided yet. */
  readonly backlog: readonly (readonly [second: number, people: number])[];
}

/** A midnight at which everybody is due at once: the minute sweep, the queue, the workers, the tables. */
export async function simulateMidnight(midnight: Midnight): Promise<Morning> {
  const time = openVirtualTime(MIDNIGHT, midnight.seed);
  const workers = openSimulatedWorkers(time, { ...midnight, nextFlip: MIDNIGHT + DAY });
  for (let number = 0; number < midnight.people; number += 1) {
    const id = `${Math.floor(time.random() * 2 ** 48).toString(36)}${number.toString(36)}`;
    const place = Math.floor(number * midnight.leaving);
    const leaves = place !== Math.floor((number - 1) * midnight.leaving);
    const of = place % midnight.segments;
    const moves = leaves ? { moves: { segment: `segment-${of}`, audience: `audience-${of}`, member: false } } : {};
    const { dueHour: hour, dueAt: at } = dueKey(id, MIDNIGHT);
    workers.add({ id, ...moves }, { hour, at });
  }

  let sent = 0;
  const state = openMemoryState();
  // The minute before found nobody: the cursor stands, as on any night.
  await state.put('sweep', 'cursor', { until: MIDNIGHT - MINUTE, wide: MIDNIGHT - MINUTE }, 0);
  const sweep = sweepDue({ profiles: workers.profiles, state, recompute: workers.queue, clock: time, log: () => {} });
  const sweepOnce = async (): Promise<void> => {
    const stop = new AbortController();
    const { timeoutSeconds } = functions['sweep-due'];
    void time.wait(timeoutSeconds * 1_000 - MARGIN_MS).then(() => stop.abort());
    sent += (await sweep(stop.signal)).sent;
  };
  const sweepEveryMinute = async (): Promise<void> => {
    await time.wait(midnight.firstSweep * 1_000);
    while (!workers.isOver()) {
      void sweepOnce();
      await time.wait(MINUTE);
    }
  };
  const backlog: [number, number][] = [];
  const watch = async (): Promise<void> => {
    while (!workers.isOver()) {
      backlog.push([time.elapsed() / 1_000, midnight.people - workers.counts().decided]);
      await time.wait(1_000);
    }
  };
  void sweepEveryMinute();
  void watch();
  await time.run(MOST_MS, workers.isOver);

  const { taken, throttled, failed, dead, rowsAt } = workers.counts();
  const times = workers.times();
  const within = (share: number): number => (times[Math.ceil(times.length * share) - 1] ?? Number.NaN) / 1_000;
  return {
    half: within(0.5),
    p99: within(0.99),
    last: within(1),
    rows: rowsAt / 1_000,
    missed: midnight.people - times.length,
    throttled: throttled / taken,
    failed,
    dead,
    sent: sent / midnight.people,
    backlog,
  };
}
