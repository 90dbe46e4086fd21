import type { ReadOptions } from '../contract.ts';
import type { Records } from './answers.ts';
import type { Cursor, Position } from './cursor.ts';
import { listingMoved, unreadableAnswer } from './errors.ts';
import { PAGE } from './manifest.ts';

/** So often a listing may be begun anew in one run. */
const MOST_RESTARTS = 2;

/** A part of a listing: `count` records of [from, until) behind the first `start`. */
export interface Listed {
  readonly from: number;
  readonly until: number;
  readonly start: number;
  readonly count: number;
}

export interface WalkOptions extends ReadOptions {
  /** How much before the end of the last run is read again. */
  readonly lookbackMs: number;
  /** How far back a backfill goes: for so long LinkedIn keeps the records. */
  readonly keptMs: number;
  readonly idOf: (record: unknown) => string | undefined;
  readonly instantOf: (record: unknown) => number | undefined;
}

/**
 * Everything that happened in the run's window, in whatever order LinkedIn lists it. Listings are paged by number, so each
 * page asks for the last record of the one before as well: where another stands there, some have gone meanwhile, and the
 * window is begun anew rather than some be passed over.
 */
export async function* walk(
  list: (part: Listed) => Promise<Records>,
  last: Cursor | undefined,
  options: WalkOptions,
): AsyncIterable<{ readonly records: readonly unknown[]; readonly checkpoint: Cursor }> {
  const step = Math.max(1, Math.min(options.pageSize ?? PAGE - 1, PAGE - 1));
  let at: Cursor = last ?? { v: 1, phase: 'done', until: 0 };
  let restarts = 0;
  while (!options.signal.aborted) {
    const here: Position = at.phase === 'done' ? openWindow(at.until, options) : at;
    const again = here.start === 0 ? 0 : 1;
    const count = step + again;
    const { elements, served } = await list({ from: here.from, until: here.until, start: here.start - again, count });
    if (elements.length > count) throw unreadableAnswer('a listing');
    if (again === 1 && here.last !== null && options.idOf(elements[0]) !== here.last) {
      if (restarts === MOST_RESTARTS) throw listingMoved();
      restarts += 1;
      at = { ...here, start: 0, last: null };
      continue;
    }
    const records = elements.slice(again);
    // A short page is the last only where LinkedIn was willing to put as many on it as it was asked for.
    const isLast = records.length === 0 || (served === count && elements.length < count);
    const next: Cursor = isLast
      ? { v: 1, phase: 'done', until: here.until }
      : { ...here, start: here.start + records.length, last: options.idOf(records.at(-1)) ?? null };
    yield { records: records.filter((one) => isInside(options.instantOf(one), here)), checkpoint: next };
    if (next.phase === 'done' && next.until >= options.now.getTime()) return;
    // A run that finished what an older one began goes on to its own end.
    at = next;
  }
}

function openWindow(last: number, { now, lookbackMs, keptMs }: WalkOptions): Position {
  const until = Math.max(last, now.getTime());
  const from = last === 0 ? until - keptMs : last - lookbackMs;
  return { v: 1, phase: 'window', from: Math.max(0, from), until, start: 0, last: null };
}

/** Whether the end of a range counts is not documented; what came at it belongs to the next run. */
function isInside(at: number | undefined, { from, until }: Position): boolean {
  return at === undefined || (at >= from && at < until);
}
