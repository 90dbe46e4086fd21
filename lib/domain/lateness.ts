import type { Milliseconds } from './instant.ts';

/** How late answers turned: how many by the least bound that held them, and the worst of all. */
export interface Lateness {
  /** Bound in seconds → how many turned later than the bound before it and no later than this one. */
  readonly counts: Readonly<Record<string, number>>;
  readonly worstMs: Milliseconds;
}

/** What is promised: 99 of 100 answers have turned so long after their instant. */
export const PROMISED_SECONDS = 90;

/** Finest around what is promised. */
const bounds = [1, 2, 5, 10, 20, 30, 45, 60, 75, PROMISED_SECONDS, 120, 180, 300, 600, 1_800, 3_600, 86_400] as const;

export const nobodyLate: Lateness = { counts: {}, worstMs: 0 };

/** Adds answers that turned so much after their instant. */
export function addLate(held: Lateness, late: readonly Milliseconds[]): Lateness {
  const counts: Record<string, number> = { ...held.counts };
  let { worstMs } = held;
  for (const ms of late) {
    const bound = bounds.find((seconds) => ms <= seconds * 1_000);
    const key = bound === undefined ? 'more' : String(bound);
    counts[key] = (counts[key] ?? 0) + 1;
    worstMs = Math.max(worstMs, ms);
  }
  return { counts, worstMs };
}

/** What two kept separately are together. */
export function mergeLate(a: Lateness, b: Lateness): Lateness {
  const counts: Record<string, number> = { ...a.counts };
  for (const [bound, count] of Object.entries(b.counts)) counts[bound] = (counts[bound] ?? 0) + count;
  return { counts, worstMs: Math.max(a.worstMs, b.worstMs) };
}

/** How many answers turned. */
export function countLate({ counts }: Lateness): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** Within how many seconds a share of the answers had turned: a bound, or the worst where that is less. Null of none. */
export function lateWithin(lateness: Lateness, share: number): number | null {
  const wanted = countLate(lateness) * share;
  if (wanted === 0) return null;
  let seen = 0;
  for (const seconds of bounds) {
    seen += lateness.counts[seconds] ?? 0;
    if (seen >= wanted) return Math.min(seconds, lateness.worstMs / 1_000);
  }
  return lateness.worstMs / 1_000;
}
