import { TributaryError } from '../../domain/errors.ts';
import type { Milliseconds } from '../../domain/instant.ts';
import { nextFiring, parseCron } from './cron.ts';
import { instantOf, wallTimeAt } from './time-zone.ts';

/** When a schedule fires, as EventBridge Scheduler would. */
export interface Firings {
  /** The first firing strictly after an instant; undefined when there is none any more. */
  after(instant: Milliseconds): Milliseconds | undefined;
}

const unitMs: Readonly<Record<string, Milliseconds>> = {
  minute: 60_000,
  minutes: 60_000,
  hour: 3_600_000,
  hours: 3_600_000,
  day: 86_400_000,
  days: 86_400_000,
};

/**
 * Reads `rate(…)`, `cron(…)` or `at(…)`. A rate counts from `start` and fires there first, as Scheduler does with a
 * schedule that has no start date; its days are always 24 hours. Throws TributaryError `stage/bad-schedule`.
 */
export function parseScheduleExpression(expression: string, zone: string, start: Milliseconds): Firings {
  const parsed = /^(rate|cron|at)\((.*)\)$/.exec(expression.trim());
  const [, kind, text = ''] = parsed ?? [];
  try {
    wallTimeAt(start, zone);
    if (kind === 'rate') return rateFirings(text, start);
    if (kind === 'at') return singleFiring(text, zone);
    if (kind === 'cron') {
      const cron = parseCron(text);
      return { after: (instant) => nextFiring(cron, zone, instant) };
    }
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw badSchedule(expression, zone, cause.message, cause);
  }
  throw badSchedule(expression, zone, 'expected rate(value unit), cron(six fields) or at(yyyy-mm-ddThh:mm:ss)');
}

function rateFirings(text: string, start: Milliseconds): Firings {
  const [value = '', unit = '', ...rest] = text.trim().split(/\s+/);
  const period = Number(value) * (unitMs[unit] ?? Number.NaN);
  if (rest.length > 0 || !/^[1-9]\d*$/.test(value) || Number.isNaN(period)) {
    throw new RangeError('a rate is a positive whole number and minutes, hours or days');
  }
  return {
    after: (instant) => (instant < start ? start : start + (Math.floor((instant - start) / period) + 1) * period),
  };
}

function singleFiring(text: string, zone: string): Firings {
  const parts = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})$/.exec(text.trim())?.slice(1).map(Number);
  if (parts === undefined) throw new RangeError('a single time is written yyyy-mm-ddThh:mm:ss');
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  const firing = instantOf({ year, month, day, hour, minute, second }, zone);
  if (firing === undefined || wallTimeAt(firing, zone).day !== day) throw new RangeError('there is no such time');
  return { after: (instant) => (instant < firing ? firing : undefined) };
}

function badSchedule(expression: string, zone: string, reason: string, cause?: unknown): TributaryError {
  return new TributaryError('config', 'stage/bad-schedule', `schedule ${expression} in ${zone}: ${reason}`, { cause });
}
