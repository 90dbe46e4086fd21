import type { ReadOptions } from '../contract.ts';
import type { Cursor, Position } from './cursor.ts';
import { isParameterRefused, unreadableAnswer } from './errors.ts';

/** Where records hang: a form has leads, a post and a medium have comments. */
export interface Place {
  /** Its own for ever: places are gone through in the order of their keys. */
  readonly key: string;
  page(after: string | undefined): Promise<PlacePage>;
}

export interface PlacePage {
  readonly records: readonly unknown[];
  readonly after: string | undefined;
}

export interface WalkOptions extends ReadOptions {
  /** How much before the end of the last run is read again. */
  readonly lookbackMs: number;
  readonly instantOf: (record: unknown) => number | undefined;
}

/**
 * Everything of all places that happened in the run's window, in whatever order Meta lists it: a place is always read to
 * its end. Ends without a word when the signal fires; the checkpoint of the last page is where to go on.
 */
export async function* walk(
  placesOf: (window: Position) => Promise<readonly Place[]>,
  last: Cursor | undefined,
  options: WalkOptions,
): AsyncIterable<{ readonly records: readonly unknown[]; readonly checkpoint: Cursor }> {
  let at: Cursor = last ?? { v: 1, phase: 'done', until: 0 };
  const begunAnew = new Set<string>();
  let places: readonly Place[] | undefined;
  while (!options.signal.aborted) {
    const here: Position = at.phase === 'done' ? openWindow(at.until, options) : at;
    places ??= [...(await placesOf(here))].sort((a, b) => (a.key < b.key ? -1 : 1));
    const { records, next } = await readStep(places, here, begunAnew);
    const inside = records.filter((one) => isInside(options.instantOf(one), here));
    const ends = next.phase === 'done' && next.until >= options.now.getTime();
    // In the middle of a place also an empty page is progress: all of it may be older than the window.
    if (inside.length > 0 || ends || (next.phase === 'window' && next.after !== null)) {
      yield { records: inside, checkpoint: next };
    }
    if (ends) return;
    // A run that finished what an older one began goes on to its own end, with places of its own.
    if (next.phase === 'done') places = undefined;
    at = next;
  }
}

function openWindow(last: number, { now, lookbackMs }: WalkOptions): Position {
  const from = last === 0 ? null : Math.max(0, last - lookbackMs);
  return { v: 1, phase: 'window', from, until: Math.max(last, now.getTime()), place: null, after: null };
}

/** What came after the run began belongs to the next; what has no time is for quarantine. */
function isInside(at: number | undefined, { from, until }: Position): boolean {
  return at === undefined || ((from === null || at >= from) && at < until);
}

async function readStep(
  places: readonly Place[],
  at: Position,
  begunAnew: Set<string>,
): Promise<{ readonly records: readonly unknown[]; readonly next: Cursor }> {
  // A place that is gone since is passed over; one that came since has nothing of this window.
  const place = places.find(({ key }) => at.place === null || key >= at.place);
  if (place === undefined) return { records: [], next: { v: 1, phase: 'done', until: at.until } };
  const after = place.key === at.place ? (at.after ?? undefined) : undefined;
  const page = await pageOrNothing(place, after, begunAnew);
  if (page === undefined) return { records: [], next: { ...at, place: place.key, after: null } };
  if (page.after !== undefined && page.after === after) throw unreadableAnswer('a listing');
  if (page.after !== undefined) return { records: page.records, next: { ...at, place: place.key, after: page.after } };
  const following = places[places.indexOf(place) + 1];
  if (following === undefined) return { records: page.records, next: { v: 1, phase: 'done', until: at.until } };
  return { records: page.records, next: { ...at, place: following.key, after: null } };
}

/** Undefined when Meta does not take a page token any more, the first time at a place: it is then begun anew. */
async function pageOrNothing(
  place: Place,
  after: string | undefined,
  begunAnew: Set<string>,
): Promise<PlacePage | undefined> {
  try {
    return await place.page(after);
  } catch (thrown) {
    if (after === undefined || !isParameterRefused(thrown) || begunAnew.has(place.key)) throw thrown;
    begunAnew.add(place.key);
    return undefined;
  }
}
