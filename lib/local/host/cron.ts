import type { Milliseconds } from '../../domain/instant.ts';
import { instantOf, type WallTime, wallTimeAt } from './time-zone.ts';

/**
 * The six fields of an EventBridge Scheduler cron expression, read: minutes, hours, day of month, month, day of week
 * (1 = Sunday) and year. "Schedule types" in the EventBridge Scheduler user guide is the source of every rule here.
 */
export interface Cron {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly months: ReadonlySet<number>;
  readonly years: ReadonlySet<number>;
  /** True for the days that the two day fields name. */
  readonly isDay: (day: CalendarDay) => boolean;
}

interface CalendarDay {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

interface Field {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly words?: readonly string[];
}

const fields = {
  minutes: { name: 'minutes', least: 0, most: 59 },
  hours: { name: 'hours', least: 0, most: 23 },
  dayOfMonth: { name: 'day of month', least: 1, most: 31 },
  month: {
    name: 'month',
    least: 1,
    most: 12,
    words: ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'],
  },
  dayOfWeek: { name: 'day of week', least: 1, most: 7, words: ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'] },
  year: { name: 'year', least: 1970, most: 2199 },
} satisfies Record<string, Field>;

/** Reads the text between the parentheses of `cron(…)`. Throws RangeError, lower case, saying which field is wrong. */
export function parseCron(text: string): Cron {
  const parts = text.trim().split(/\s+/);
  const [minutes, hours, dayOfMonth, month, dayOfWeek, year] = parts;
  if (
    parts.length !== 6 ||
    minutes === undefined ||
    hours === undefined ||
    dayOfMonth === undefined ||
    month === undefined ||
    dayOfWeek === undefined ||
    year === undefined
  ) {
    throw new RangeError(`a cron expression has six fields, found ${parts.length}`);
  }
  if ((dayOfMonth === '?') === (dayOfWeek === '?')) {
    throw new RangeError('exactly one of day of month and day of week must be ?');
  }
  return {
    minutes: [...numbersOf(minutes, fields.minutes)].sort(ascending),
    hours: [...numbersOf(hours, fields.hours)].sort(ascending),
    months: numbersOf(month, fields.month),
    years: numbersOf(year, fields.year),
    isDay: dayOfMonth === '?' ? weekdays(dayOfWeek) : monthdays(dayOfMonth),
  };
}

/**
 * The first firing after `after` in `zone`, or undefined when there is none. A time of day that spring skips does not
 * fire on that day; one that autumn repeats fires once, the first time (which of the two is not documented).
 */
export function nextFiring(cron: Cron, zone: string, after: Milliseconds): Milliseconds | undefined {
  const from = wallTimeAt(after, zone);
  // The wall clock may have been set back since, so earlier times of the first day are looked at too.
  const skippedMinutes = from.hour * 60 + from.minute - 180;
  const lastYear = Math.max(...cron.years);
  for (let year = from.year; year <= lastYear; year += 1) {
    if (!cron.years.has(year)) continue;
    for (let month = year === from.year ? from.month : 1; month <= 12; month += 1) {
      if (!cron.months.has(month)) continue;
      const isFirst = year === from.year && month === from.month;
      for (let day = isFirst ? from.day : 1; day <= daysIn(year, month); day += 1) {
        if (!cron.isDay({ year, month, day })) continue;
        const least = isFirst && day === from.day ? skippedMinutes : 0;
        const found = firingOn({ year, month, day }, cron, zone, after, least);
        if (found !== undefined) return found;
      }
    }
  }
  return undefined;
}

function firingOn(
  day: CalendarDay,
  cron: Cron,
  zone: string,
  after: Milliseconds,
  leastMinute: number,
): Milliseconds | undefined {
  for (const hour of cron.hours) {
    for (const minute of cron.minutes) {
      if (hour * 60 + minute < leastMinute) continue;
      const wall: WallTime = { ...day, hour, minute, second: 0 };
      const instant = instantOf(wall, zone);
      if (instant !== undefined && instant > after) return instant;
    }
  }
  return undefined;
}

function monthdays(text: string): (day: CalendarDay) => boolean {
  if (text === 'L') return (day) => day.day === daysIn(day.year, day.month);
  const nearest = /^(\d{1,2})W$/.exec(text);
  if (nearest !== null) {
    const wanted = single(nearest[1] ?? '', fields.dayOfMonth);
    return (day) => day.day === nearestWeekday(day.year, day.month, wanted);
  }
  const days = numbersOf(text, fields.dayOfMonth);
  return (day) => days.has(day.day);
}

function weekdays(text: string): (day: CalendarDay) => boolean {
  if (text === 'L') return (day) => weekdayOf(day) === 7;
  const last = /^(\w+)L$/.exec(text);
  if (last !== null) {
    const wanted = single(last[1] ?? '', fields.dayOfWeek);
    return (day) => weekdayOf(day) === wanted && day.day + 7 > daysIn(day.year, day.month);
  }
  const nth = /^(\w+)#([1-5])$/.exec(text);
  if (nth !== null) {
    const wanted = single(nth[1] ?? '', fields.dayOfWeek);
    const week = Number(nth[2]);
    return (day) => weekdayOf(day) === wanted && Math.ceil(day.day / 7) === week;
  }
  const days = numbersOf(text, fields.dayOfWeek);
  return (day) => days.has(weekdayOf(day));
}

function numbersOf(text: string, field: Field): ReadonlySet<number> {
  const found = new Set<number>();
  for (const item of text.split(',')) {
    const [range = '', step, ...rest] = item.split('/');
    const every = step === undefined ? 1 : Number(step);
    if (rest.length > 0 || !Number.isInteger(every) || every < 1) throw wrong(text, field);
    const [least, most] = boundsOf(range, field, step !== undefined);
    if (least > most) throw wrong(text, field);
    for (let value = least; value <= most; value += every) found.add(value);
  }
  return found;
}

function boundsOf(range: string, field: Field, open: boolean): [number, number] {
  if (range === '*') return [field.least, field.most];
  const [from = '', to, ...rest] = range.split('-');
  if (rest.length > 0) throw wrong(range, field);
  const least = single(from, field);
  if (to !== undefined) return [least, single(to, field)];
  return [least, open ? field.most : least];
}

function single(text: string, field: Field): number {
  const word = field.words?.indexOf(text.toUpperCase()) ?? -1;
  if (word >= 0) return word + field.least;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < field.least || value > field.most) throw wrong(text, field);
  return value;
}

function wrong(text: string, field: Field): RangeError {
  return new RangeError(`the ${field.name} field of a cron expression cannot be ${text}`);
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

function weekdayOf({ year, month, day }: CalendarDay): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 1;
}

/** The weekday closest to a day without leaving its month: `15W`. */
function nearestWeekday(year: number, month: number, wanted: number): number | undefined {
  const last = daysIn(year, month);
  if (wanted > last) return undefined;
  const weekday = weekdayOf({ year, month, day: wanted });
  if (weekday === 7) return wanted === 1 ? 3 : wanted - 1;
  if (weekday === 1) return wanted === last ? wanted - 2 : wanted + 1;
  return wanted;
}

function ascending(left: number, right: number): number {
  return left - right;
}
