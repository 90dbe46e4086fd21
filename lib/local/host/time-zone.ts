import type { Milliseconds } from '../../domain/instant.ts';
import { makeOffset } from '../../domain/segment/calendar.ts';

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
const offsets = new Map<string, (at: Milliseconds) => Milliseconds>();

/** What a wall clock in `zone` (IANA) shows at an instant. Throws RangeError when there is no such zone. */
export function wallTimeAt(instant: Milliseconds, zone: string): WallTime {
  const shown = new Date(instant + offsetAt(instant, zone));
  return {
    year: shown.getUTCFullYear(),
    month: shown.getUTCMonth() + 1,
    day: shown.getUTCDate(),
    hour: shown.getUTCHours(),
    minute: shown.getUTCMinutes(),
    second: shown.getUTCSeconds(),
  };
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
  const known = offsets.get(zone);
  if (known !== undefined) return known(instant);
  const offset = makeOffset(zone);
  offsets.set(zone, offset);
  return offset(instant);
}
