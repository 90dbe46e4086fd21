import { formatInstant, type Milliseconds } from './instant.ts';
import type { Json } from './json.ts';

/** A pause longer than this ends a session. */
const PAUSE_MS = 30 * 60_000;
/** Half-hours that a record remembers; the latest. */
const SLOTS_KEPT = 64;

/** First instant of something done in one half-hour of the clock, and how long after it the last was done, in ms. */
export type Slot = readonly [first: Milliseconds, length: Milliseconds];

/**
 * When somebody was on a website or in an app. Two instants of one half-hour of the clock are always of one session, so
 * the first and the last of each half-hour give the sessions exactly; and half-hours never grow together, so keeping the
 * latest of a union is the same as keeping the latest of its parts. Merging is commutative, associative, idempotent.
 */
export interface Visits {
  readonly first: Milliseconds;
  /** Newest first. */
  readonly slots: readonly Slot[];
  /** Older half-hours were forgotten: sessions are counted from the oldest slot on. */
  readonly cut?: true;
}

/** What the sessions of a person say about them. */
export interface Sessions {
  readonly count: number;
  readonly first_at: string;
  /** When the latest session began. */
  readonly last_at: string;
  readonly last_seen_at: string;
  /** From when on sessions are counted, if older ones were forgotten. */
  readonly counted_from?: string;
}

/** Adds one instant; the same object comes back when it tells nothing new. */
export function addVisit(visits: Visits | undefined, at: Milliseconds): Visits {
  return mergeVisits(visits, { first: at, slots: [[at, 0]] });
}

/** The union of two memories; `a` itself when `b` adds nothing. */
export function mergeVisits(a: Visits | undefined, b: Visits): Visits {
  if (a === undefined) return b;
  const slots = new Map(a.slots.map((slot) => [slotOf(slot), slot]));
  let added = false;
  for (const slot of b.slots) {
    const held = slots.get(slotOf(slot));
    const next = held === undefined ? slot : joined(held, slot);
    if (next === held) continue;
    slots.set(slotOf(slot), next);
    added = true;
  }
  const first = Math.min(a.first, b.first);
  if (!added && first === a.first && (a.cut === true || b.cut === undefined)) return a;
  const sorted = [...slots.values()].sort((one, other) => other[0] - one[0]);
  const kept = sorted.slice(0, SLOTS_KEPT);
  const cut = a.cut === true || b.cut === true || sorted.length > kept.length;
  if (cut && first === a.first && a.cut === true && sameSlots(kept, a.slots)) return a;
  return { first, slots: kept, ...(cut ? { cut: true } : {}) };
}

/** The instant of the latest thing done. */
export function lastSeen(visits: Visits): Milliseconds {
  const [newest] = visits.slots;
  return newest === undefined ? visits.first : newest[0] + newest[1];
}

/** Sessions: as long as no pause is longer than half an hour, it is one. */
export function sessionsOf(visits: Visits): Sessions {
  const starts = sessionStarts(visits);
  const oldest = visits.slots.at(-1);
  return {
    count: starts.length,
    first_at: formatInstant(visits.first),
    last_at: formatInstant(starts.at(-1) ?? visits.first),
    last_seen_at: formatInstant(lastSeen(visits)),
    ...(visits.cut === true && oldest !== undefined ? { counted_from: formatInstant(oldest[0]) } : {}),
  };
}

/** How many sessions began on each UTC day, of those that began in [from, until). */
export function sessionsByDay(
  visits: Visits,
  from: Milliseconds,
  until: Milliseconds,
): Readonly<Record<string, number>> {
  const days: Record<string, number> = {};
  for (const began of sessionStarts(visits)) {
    if (began < from || began >= until) continue;
    const day = formatInstant(began).slice(0, 10);
    days[day] = (days[day] ?? 0) + 1;
  }
  return days;
}

/** When each session began, the oldest first. */
function sessionStarts({ slots }: Visits): readonly Milliseconds[] {
  const starts: Milliseconds[] = [];
  let end = Number.NEGATIVE_INFINITY;
  for (const [first, length] of slots.toReversed()) {
    if (first - end > PAUSE_MS) starts.push(first);
    end = first + length;
  }
  return starts;
}

/** The sessions as trait leaves: each value with the instant since when it is so. */
export function sessionValues(visits: Visits): readonly (readonly [path: string, value: Json, at: Milliseconds])[] {
  const sessions = sessionsOf(visits);
  const began = Date.parse(sessions.last_at);
  return Object.entries(sessions).map(([name, value]): readonly [string, Json, Milliseconds] => {
    const at = name === 'first_at' ? visits.first : name === 'last_seen_at' ? lastSeen(visits) : began;
    return [`sessions.${name}`, value as Json, at];
  });
}

function slotOf([first]: Slot): number {
  return Math.floor(first / PAUSE_MS);
}

function joined(a: Slot, b: Slot): Slot {
  const first = Math.min(a[0], b[0]);
  const length = Math.max(a[0] + a[1], b[0] + b[1]) - first;
  return first === a[0] && length === a[1] ? a : [first, length];
}

function sameSlots(a: readonly Slot[], b: readonly Slot[]): boolean {
  return a.length === b.length && a.every((slot, at) => slot[0] === b[at]?.[0] && slot[1] === b[at]?.[1]);
}
