import { canonicalText } from '../canonical.ts';
import { type Milliseconds, parseInstant } from '../instant.ts';
import type { Json } from '../json.ts';
import type { Zone } from './calendar.ts';
import { DAY, type Duration, daysOf } from './duration.ts';
import { isInstant, type Matcher } from './matcher.ts';
import { NEVER, type Signed, signed } from './signed.ts';

type Answer = (value: Milliseconds, at: Milliseconds) => Signed;

/** An instant in (now − W, now]; with a calendar, on one of the last N days, today included. */
export function withinLast(length: Duration, zone: Zone | undefined): Matcher {
  const leaves = leaving(length, zone);
  return relative('within_last', length, zone, function withinLastAt(value, at) {
    if (value > at) return -value;
    const end = leaves(value);
    return at < end ? end : NEVER;
  });
}

/** An instant at or before now − W; with a calendar, on a day before the last N. */
export function moreThanAgo(length: Duration, zone: Zone | undefined): Matcher {
  const leaves = leaving(length, zone);
  return relative('more_than_ago', length, zone, function moreThanAgoAt(value, at) {
    const end = leaves(value);
    return at < end ? -end : Number.POSITIVE_INFINITY;
  });
}

/** An instant in (now, now + W]; with a calendar, still to come on one of N days, today included. */
export function withinNext(length: Duration, zone: Zone | undefined): Matcher {
  const enters = entering(length, zone);
  return relative('within_next', length, zone, function withinNextAt(value, at) {
    if (value <= at) return NEVER;
    const start = enters(value);
    return at < start ? -start : value;
  });
}

/**
 * A day of the year that comes round in (now, now + W]; with a calendar, on one of N days, today included. Also reads
 * dates without a time (`1990-05-17`). 29 February is kept on the 28th in other years. Counts from the value's own year.
 */
export function anniversaryWithin(length: Duration, zone: Zone | undefined): Matcher {
  const days = daysOf(length) ?? 0;
  const answer = zone === undefined ? rolling : civil(zone);

  function rolling(value: unknown, at: Milliseconds): Signed {
    const anchor = anchorOf(value);
    if (anchor === undefined) return NEVER;
    const occurrence = nextOccurrence(anchor, at + 1);
    return at >= occurrence - length.ms ? occurrence : -(occurrence - length.ms);
  }

  function civil(calendar: Zone): (value: unknown, at: Milliseconds) => Signed {
    return function anniversaryOn(value, at) {
      const anchor = anchorOf(value);
      if (anchor === undefined) return NEVER;
      const day = isDateOnly(value) ? anchor / DAY : calendar.dayOf(anchor);
      const today = calendar.dayOf(at);
      const occurrence = nextOccurrence(day * DAY, today * DAY) / DAY;
      if (today > occurrence - days) return signed(true, calendar.startOf(occurrence + 1));
      return signed(false, calendar.startOf(occurrence - days + 1));
    };
  }

  return {
    ...relative('anniversary_within', length, zone, () => NEVER),
    mode: 'raw',
    cost: 8,
    answer,
    fits: (value) => anchorOf(value) !== undefined,
  };
}

/** When an instant drops out of a window that looks back. */
export function leaving(length: Duration, zone: Zone | undefined): (at: Milliseconds) => Milliseconds {
  if (zone === undefined) return (at) => at + length.ms;
  const days = daysOf(length) ?? 0;
  return (at) => zone.startOf(zone.dayOf(at) + days);
}

function entering(length: Duration, zone: Zone | undefined): (at: Milliseconds) => Milliseconds {
  if (zone === undefined) return (at) => at - length.ms;
  const days = daysOf(length) ?? 0;
  return (at) => zone.startOf(zone.dayOf(at) - days + 1);
}

function relative(name: string, length: Duration, zone: Zone | undefined, answer: Answer): Matcher {
  return {
    key: canonicalText(zone === undefined ? [name, length.ms] : [name, daysOf(length), zone.name]),
    negate: false,
    mode: 'instant',
    cost: 4,
    timed: true,
    answer: (value, at) => (typeof value === 'number' ? answer(value, at) : NEVER),
    fits: isInstant,
  };
}

function isDateOnly(value: unknown): value is string {
  return typeof value === 'string' && value.length === 10;
}

/** The value as an instant; a date is its midnight in UTC. */
function anchorOf(value: unknown): Milliseconds | undefined {
  return parseInstant(isDateOnly(value) ? `${value}T00:00:00Z` : (value as Json));
}

/** The first time at or after `from` that the anchor's day of the year comes round, at the anchor's time of day, in UTC. */
function nextOccurrence(anchor: Milliseconds, from: Milliseconds): Milliseconds {
  const first = new Date(anchor);
  const [month, day] = [first.getUTCMonth(), first.getUTCDate()];
  const time = anchor - Date.UTC(first.getUTCFullYear(), month, day);
  for (let year = Math.max(first.getUTCFullYear(), new Date(from).getUTCFullYear() - 1); ; year += 1) {
    const kept = month === 1 && day === 29 && !isLeap(year) ? 28 : day;
    const occurrence = Date.UTC(year, month, kept) + time;
    if (occurrence >= from) return occurrence;
  }
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}
