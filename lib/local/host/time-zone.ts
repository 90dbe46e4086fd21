import type { Milliseconds } from '../../domain/instant.ts';

/** A date and time of day as a wall clock in some zone shows it. Months count from 1. */
export interface WallTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

const dayMs = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/** What a wall clock in `zone` (IANA) shows at an instant. Throws RangeError when there is no such zone. */
export function wallTimeAt(instant: Milliseconds, zone: string): WallTime {
  const found = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 };
  for (const part of formatFor(zone).formatToParts(instant)) {
    if (part.type in found) found[part.type as keyof WallTime] = Number(part.value);
  }
  return found;
}

/**
 * The instant at which a wall clock in `zone` shows `wall`. Undefined when it never does (the hour that spring skips);
 * the first of the two when it does twice (the hour that autumn repeats).
 */
export function instantOf(wall: WallTime, zone: string): Milliseconds | undefined {
  const asUtc = Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute, wall.second);
  // Clocks never change twice within two days, so one of the two neighbouring offsets is the right one.
  const candidates = [asUtc - offsetAt(asUtc - dayMs, zone), asUtc - offsetAt(asUtc + dayMs, zone)];
  const valid = candidates.filter((instant) => instant + offsetAt(instant, zone) === asUtc);
  return valid.length === 0 ? undefined : Math.min(...valid);
}

function offsetAt(instant: Milliseconds, zone: string): Milliseconds {
  const wall = wallTimeAt(instant, zone);
  const asUtc = Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute, wall.second);
  return asUtc - Math.floor(instant / 1000) * 1000;
}

function formatFor(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formats.set(zone, format);
  return format;
}
