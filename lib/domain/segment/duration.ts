import type { Milliseconds } from '../instant.ts';

const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
const units = { minute: MINUTE, hour: HOUR, day: DAY, week: 7 * DAY } as const;

/** A length of time as written. A day is 24 hours; with a calendar it is a day of that calendar. */
export interface Duration {
  readonly ms: Milliseconds;
  readonly unit: keyof typeof units;
  readonly amount: number;
}

export const DURATION_PATTERN = '^[1-9]\\d{0,3} (minute|hour|day|week)s?$';
const DURATION = new RegExp(DURATION_PATTERN);
const LOOSE = /^\s*(\d{1,4})\s*([a-z]+?)s?\s*$/i;
const shorthands: Readonly<Record<string, Duration['unit']>> = {
  m: 'minute',
  min: 'minute',
  h: 'hour',
  hr: 'hour',
  d: 'day',
  w: 'week',
};

/** Reads `30 days`, `1 week`, `90 minutes`; undefined when the text is no such duration. */
export function parseDuration(text: unknown): Duration | undefined {
  const match = typeof text === 'string' ? DURATION.exec(text) : null;
  if (match === null || typeof text !== 'string') return undefined;
  const unit = match[1] as Duration['unit'];
  const amount = Number.parseInt(text, 10);
  return { ms: amount * units[unit], unit, amount };
}

/** Whole days of a duration in days or weeks; undefined for other units. */
export function daysOf(duration: Duration): number | undefined {
  if (duration.unit === 'day') return duration.amount;
  return duration.unit === 'week' ? duration.amount * 7 : undefined;
}

/** What was probably meant by `30d`, `30 dayz`, `1month`; undefined when there is nothing to go by. */
export function suggestDuration(text: unknown): string | undefined {
  const match = typeof text === 'string' ? LOOSE.exec(text) : null;
  const amount = Number(match?.[1]);
  const word = match?.[2]?.toLowerCase();
  if (word === undefined || !(amount > 0)) return undefined;
  if (word.startsWith('mo')) return written(amount * 30, 'day');
  if (word.startsWith('y')) return written(amount * 365, 'day');
  const unit =
    shorthands[word] ?? (Object.keys(units) as Duration['unit'][]).find((name) => word.startsWith(name.slice(0, 2)));
  return unit === undefined ? undefined : written(amount, unit);
}

function written(amount: number, unit: Duration['unit']): string {
  return `${amount} ${unit}${amount === 1 ? '' : 's'}`;
}
