import type { Milliseconds } from '../../domain/instant.ts';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import {
  addLate,
  countLate,
  type Lateness,
  lateWithin,
  mergeLate,
  nobodyLate,
  PROMISED_SECONDS,
} from '../../domain/lateness.ts';
import { metricLines } from '../../domain/metrics.ts';
import type { Clock, Log, StateStore } from '../ports.ts';

/** Workers that finish at one time write different documents. */
const SHARDS = 16;
/** How often a worker that was overtaken tries again before its numbers are left out. */
const TRIES = 8;
const KEPT_MS = 40 * 86_400_000;
const DAYS_TOLD = 30;

/** A day's answers that time alone turned, and how long after their instant. */
export interface LateDay {
  readonly day: string;
  readonly flips: number;
  /** Seconds within which half, and 99 of 100, had turned: upper bounds. */
  readonly p50: number | null;
  readonly p99: number | null;
  readonly worst: number;
  /** What is promised of p99. */
  readonly promised: number;
}

/**
 * Counts answers that turned so much after their instant, by day, and tells a metric of each. A measure, not a ledger: whoever dies before it is
 * written leaves his numbers out.
 */
export function countLateFlips(deps: {
  readonly state: StateStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly workspace?: string;
}) {
  return async function count(late: readonly Milliseconds[]): Promise<void> {
    const now = deps.clock.now();
    const { workspace = '' } = deps;
    for (const line of metricLines('Pipeline/resolve/lateness', late, { workspace }, now.getTime()))
      deps.log('turned late', line);
    const options = { expiresAt: now.getTime() + KEPT_MS };
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const id = `${now.toISOString().slice(0, 10)}#${Math.floor(deps.clock.random() * SHARDS).toString(SHARDS)}`;
      const held = await deps.state.get('lateness', id);
      const body: JsonObject = { ...addLate(readBody(held?.body), late) };
      if (await deps.state.put('lateness', id, body, held?.version ?? 0, options)) return;
    }
  };
}

/** The latest days on which anything turned, newest first. */
export async function readLateness(deps: { readonly state: StateStore }): Promise<readonly LateDay[]> {
  const days = new Map<string, Lateness>();
  for (const { id, body } of await deps.state.list('lateness', { most: DAYS_TOLD * SHARDS })) {
    const day = id.slice(0, 10);
    days.set(day, mergeLate(days.get(day) ?? nobodyLate, readBody(body)));
  }
  return [...days].slice(0, DAYS_TOLD).map(([day, lateness]) => ({
    day,
    flips: countLate(lateness),
    p50: lateWithin(lateness, 0.5),
    p99: lateWithin(lateness, 0.99),
    worst: lateness.worstMs / 1_000,
    promised: PROMISED_SECONDS,
  }));
}

function readBody(body: JsonObject | undefined): Lateness {
  if (body === undefined || !isJsonObject(body.counts)) return nobodyLate;
  const counts = Object.entries(body.counts).map(([bound, count]) => [bound, Number(count)]);
  return { counts: Object.fromEntries(counts) as Record<string, number>, worstMs: Number(body.worstMs ?? 0) };
}
