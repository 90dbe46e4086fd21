import { type Milliseconds, parseInstant } from '../instant.ts';

const SHAPE = '0000-00-00T00:00:00.000Z';
const separators = [...SHAPE].flatMap((sign, at) => (sign === '0' ? [] : [{ at, code: sign.charCodeAt(0) }]));
const daysBefore = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];

/**
 * As `parseInstant`, and some eight times as fast for instants as they are stored (`2026-11-21T00:00:00.000Z`): every
 * evaluation reads the instants of a profile again.
 */
export function readInstant(value: unknown): Milliseconds | undefined {
  if (typeof value !== 'string') return undefined;
  return readStored(value) ?? parseInstant(value);
}

/** Undefined for every other form, and for impossible dates. */
function readStored(text: string): Milliseconds | undefined {
  if (text.length !== SHAPE.length) return undefined;
  for (const { at, code } of separators) if (text.charCodeAt(at) !== code) return undefined;
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  const hour = twoDigits(text, 11);
  const minute = twoDigits(text, 14);
  const second = twoDigits(text, 17);
  const milliseconds = twoDigits(text, 20) * 10 + oneDigit(text, 22);
  // A character that is no digit made its number not a number, and every comparison with it false.
  if (!(year >= 1 && month >= 1 && month <= 12 && day >= 1 && milliseconds >= 0)) return undefined;
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return undefined;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 1 : 0;
  const yearDay = (daysBefore[month - 1] ?? 0) + (month > 2 ? leap : 0);
  if (day > (daysBefore[month] ?? 0) - (daysBefore[month - 1] ?? 0) + (month === 2 ? leap : 0)) return undefined;
  const before = year - 1;
  const days =
    before * 365 +
    Math.floor(before / 4) -
    Math.floor(before / 100) +
    Math.floor(before / 400) +
    yearDay +
    day -
    719_163;
  return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + milliseconds;
}

function twoDigits(text: string, at: number): number {
  return oneDigit(text, at) * 10 + oneDigit(text, at + 1);
}

function oneDigit(text: string, at: number): number {
  const digit = text.charCodeAt(at) - 48;
  return digit >= 0 && digit <= 9 ? digit : Number.NaN;
}
