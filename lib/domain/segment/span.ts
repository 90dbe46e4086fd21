import { canonicalText } from '../canonical.ts';
import type { Milliseconds } from '../instant.ts';
import { openZone, type Zone } from './calendar.ts';
import { DAY, type Duration, daysOf } from './duration.ts';
import type { Range } from './operand.ts';
import { type Calendar, zoneName } from './value-test.ts';

/** The window of a `did` leaf as written. */
export type Window =
  | { readonly kind: 'ever' }
  | { readonly kind: 'fixed'; readonly range: Range }
  | { readonly kind: 'rolling'; readonly from: Duration; readonly to?: Duration; readonly calendar: Calendar | false };

/**
 * A compiled window. At `t` it holds instants in (lower(t), upper(t)]; an instant is in it from `enter(at)` until
 * `leave(at)`. A fixed window looks like `ever`: its entries are chosen when they are observed.
 */
export interface Span {
  readonly key: string;
  /** How far back it looks, in ms; Infinity = ever. */
  readonly reach: Milliseconds;
  /** True when the window ends now: an activity is in it as soon as it has happened. */
  readonly current: boolean;
  lower(t: Milliseconds): Milliseconds;
  upper(t: Milliseconds): Milliseconds;
  enter(at: Milliseconds): Milliseconds;
  leave(at: Milliseconds): Milliseconds;
}

const same = (t: Milliseconds): Milliseconds => t;

const ever: Span = {
  key: 'ever',
  reach: Number.POSITIVE_INFINITY,
  current: true,
  lower: () => Number.NEGATIVE_INFINITY,
  upper: same,
  enter: same,
  leave: () => Number.POSITIVE_INFINITY,
};

/** Compiles a window; the time zone is the workspace's, for `calendar: true`. */
export function buildSpan(window: Window, timezone: string): Span {
  if (window.kind !== 'rolling') return ever;
  const { from, to, calendar } = window;
  if (calendar === false) return rollingSpan(from.ms, to?.ms ?? 0);
  return civilSpan(daysOf(from) ?? 0, to === undefined ? 0 : (daysOf(to) ?? 0), openZone(zoneName(calendar, timezone)));
}

function rollingSpan(from: Milliseconds, to: Milliseconds): Span {
  return {
    key: canonicalText([from, to]),
    reach: from,
    current: to === 0,
    lower: (t) => t - from,
    upper: to === 0 ? same : (t) => t - to,
    enter: to === 0 ? same : (at) => at + to,
    leave: (at) => at + from,
  };
}

/** Days (today − from, today − to]; `to` 0 ends now. */
function civilSpan(from: number, to: number, zone: Zone): Span {
  return {
    key: canonicalText([from, to, zone.name]),
    // A day that a zone lengthens, and the part of today that has passed, need room beyond 24 hours each.
    reach: (from + 2) * DAY,
    current: to === 0,
    lower: (t) => zone.startOf(zone.dayOf(t) - from + 1) - 1,
    upper: to === 0 ? same : (t) => zone.startOf(zone.dayOf(t) - to + 1) - 1,
    enter: to === 0 ? same : (at) => zone.startOf(zone.dayOf(at) + to),
    leave: (at) => zone.startOf(zone.dayOf(at) + from),
  };
}
