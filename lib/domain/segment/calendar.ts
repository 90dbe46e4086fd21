import type { Milliseconds } from '../instant.ts';
import { DAY, HOUR } from './duration.ts';

/** A civil day, counted from 1970-01-01 = 0. */
export type CivilDay = number;

/** The calendar of one time zone. A day begins at its first instant, which need not be midnight. */
export interface Zone {
  readonly name: string;
  /** The last day that has begun at `at`. */
  dayOf(at: Milliseconds): CivilDay;
  /** First instant of the day; of a day that the zone skipped, the first instant of the next one. */
  startOf(day: CivilDay): Milliseconds;
}

const DAYS_CACHED = 20_000;
const zones = new Map<string, Zone>();

/** True for a name of the IANA time zone database that this runtime knows. */
export function isZone(name: unknown): name is string {
  if (typeof name !== 'string' || name === '' || /^[+-]/.test(name)) return false;
  if (zones.has(name)) return true;
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    // RangeError is the only way in which Intl says that it does not know a zone.
    return false;
  }
}

/** The calendar of a zone. Throws RangeError for a name that `isZone` refuses. Cached: the same name, the same object. */
export function openZone(name: string): Zone {
  const known = zones.get(name);
  if (known !== undefined) return known;
  const zone = makeZone(name);
  zones.set(name, zone);
  return zone;
}

function makeZone(name: string): Zone {
  const offsetAt = makeOffset(name);
  const starts = new Map<CivilDay, Milliseconds>();
  let lastAt = Number.NaN;
  let lastDay = 0;

  function startOf(day: CivilDay): Milliseconds {
    const cached = starts.get(day);
    if (cached !== undefined) return cached;
    const start = findStart(day, offsetAt);
    if (starts.size >= DAYS_CACHED) starts.clear();
    starts.set(day, start);
    return start;
  }

  function dayOf(at: Milliseconds): CivilDay {
    if (at === lastAt) return lastDay;
    let day = Math.floor(at / DAY);
    while (startOf(day + 1) <= at) day += 1;
    while (startOf(day) > at) day -= 1;
    lastAt = at;
    lastDay = day;
    return day;
  }

  return { name, dayOf, startOf };
}

/** First instant whose local date is `day` or later. Local time moves in pieces of constant offset; the first piece decides. */
function findStart(day: CivilDay, offsetAt: (at: Milliseconds) => Milliseconds): Milliseconds {
  const midnight = day * DAY;
  let from = midnight - 16 * HOUR;
  const end = midnight + 16 * HOUR;
  while (from < end) {
    const offset = offsetAt(from);
    const to = nextTransition(from, end, offset, offsetAt);
    const start = Math.max(from, midnight - offset);
    if (start < to) return start;
    from = to;
  }
  return midnight - offsetAt(end);
}

/** First instant in (from, end] with another offset, or `end + 1`. Looks every hour, then halves. */
function nextTransition(
  from: Milliseconds,
  end: Milliseconds,
  offset: Milliseconds,
  offsetAt: (at: Milliseconds) => Milliseconds,
): Milliseconds {
  if (offsetAt(end) === offset && offsetAt((from + end) / 2) === offset) return end + 1;
  for (let probe = from + HOUR; probe < end + HOUR; probe += HOUR) {
    if (offsetAt(Math.min(probe, end)) === offset) continue;
    let same = Math.min(probe, end) - HOUR;
    let other = Math.min(probe, end);
    while (other - same > 1) {
      const middle = Math.floor((same + other) / 2);
      if (offsetAt(middle) === offset) same = middle;
      else other = middle;
    }
    return other;
  }
  return end + 1;
}

/** How far the wall clock of a zone is before UTC at an instant. Throws RangeError when there is no such zone. */
export function makeOffset(name: string): (at: Milliseconds) => Milliseconds {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: name,
    hourCycle: 'h23',
    era: 'short',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return function offsetAt(at) {
    const second = Math.floor(at / 1000) * 1000;
    const field: Record<string, string> = {};
    for (const { type, value } of format.formatToParts(second)) field[type] = value;
    const year = field.era === 'BC' ? 1 - Number(field.year) : Number(field.year);
    const local = new Date(0);
    local.setUTCFullYear(year, Number(field.month) - 1, Number(field.day));
    local.setUTCHours(Number(field.hour), Number(field.minute), Number(field.second));
    return local.getTime() - second;
  };
}
