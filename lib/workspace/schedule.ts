import type { Schedule } from '../domain/definitions.ts';
import { nearest } from './nearest.ts';

const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
const MOST_OF_UNIT: Readonly<Record<string, number>> = { minute: 1_440, hour: 168, day: 31 };
const VOCABULARY = [
  'every',
  'minute',
  'minutes',
  'hour',
  'hours',
  'day',
  'days',
  'hourly',
  'nightly',
  'weekly',
  'on',
  'at',
];

/** The forms of a schedule, in the words of an error message. */
export const SCHEDULE_FORMS = '"every 15 minutes", "hourly", "nightly at 01:00" or "weekly on monday at 06:00"';

/** What `parseSchedule` reads, for editors. A time zone may follow a time of day. */
export const SCHEDULE_PATTERN = [
  '^(every [1-9][0-9]{0,3} (minute|hour|day)s?|hourly',
  '|nightly at [0-9]{2}:[0-9]{2}( [A-Z][A-Za-z_/+-]+)?',
  `|weekly on (${WEEKDAYS.join('|')}) at [0-9]{2}:[0-9]{2}( [A-Z][A-Za-z_/+-]+)?)$`,
].join('');

/** A schedule as read, with the time zone it names, if it names one. */
export interface ReadSchedule extends Schedule {
  readonly zone: string | undefined;
}

/**
 * Reads a schedule as an EventBridge Scheduler expression: `every 15 minutes` → `rate(15 minutes)`,
 * `nightly at 01:00` → `cron(0 1 * * ? *)`. Undefined when the words are no schedule, or name another time zone than
 * `timezone`: all schedules of a workspace run in its one zone.
 */
export function parseSchedule(words: string, timezone: string): Schedule | undefined {
  const read = readSchedule(words);
  if (read === undefined || (read.zone !== undefined && read.zone !== timezone)) return undefined;
  return { expression: read.expression, words: read.words };
}

/** Reads the words of a schedule without knowing the workspace's time zone. Undefined when they are none. */
export function readSchedule(words: string): ReadSchedule | undefined {
  if (!new RegExp(SCHEDULE_PATTERN).test(words)) return undefined;
  if (words === 'hourly') return { expression: 'rate(1 hour)', words, zone: undefined };
  const parts = words.split(' ');
  if (parts[0] === 'every') return readRate(words, Number(parts[1]), parts[2] ?? '');
  const at = parts.indexOf('at');
  const [hour = '', minute = ''] = (parts[at + 1] ?? '').split(':');
  if (Number(hour) > 23 || Number(minute) > 59) return undefined;
  const day = parts[0] === 'weekly' ? `? * ${(parts[2] ?? '').slice(0, 3).toUpperCase()}` : '* * ?';
  return { expression: `cron(${Number(minute)} ${Number(hour)} ${day} *)`, words, zone: parts[at + 2] };
}

/** What mistyped words of a schedule probably mean: `evry 15 minuts` → `every 15 minutes`. */
export function suggestSchedule(words: string): string | undefined {
  const known = [...VOCABULARY, ...WEEKDAYS];
  const tokens = words.trim().toLowerCase().split(/\s+/).slice(0, 8);
  const corrected = tokens
    .map((token) => (/^\d/.test(token) ? clock(token) : (nearest(token, known) ?? token)))
    .join(' ');
  const read = readSchedule(corrected);
  // A rate is written from its expression, so that its unit is in the right number.
  const rate = /^rate\((.+)\)$/.exec(read?.expression ?? '')?.[1];
  const suggested = rate === undefined || corrected === 'hourly' ? corrected : `every ${rate}`;
  return read === undefined || suggested === words ? undefined : suggested;
}

function readRate(words: string, count: number, written: string): ReadSchedule | undefined {
  const unit = written.replace(/s$/, '');
  const most = MOST_OF_UNIT[unit];
  if (most === undefined || count > most) return undefined;
  return { expression: `rate(${count} ${count === 1 ? unit : `${unit}s`})`, words, zone: undefined };
}

/** `1:00` → `01:00`. */
function clock(token: string): string {
  return /^\d:\d\d$/.test(token) ? `0${token}` : token;
}
