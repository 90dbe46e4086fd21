/** A point in time as text: RFC 3339 in UTC with milliseconds, e.g. `2026-11-21T00:00:00.000Z`. */
export type Instant = string & { readonly __instant: unique symbol };

/** Milliseconds since 1970-01-01T00:00:00Z. Inside the fold and the evaluator every instant is such a number. */
export type Milliseconds = number;

const RFC_3339 = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?([Zz]|[+-]\d{2}:?\d{2})$/;

/**
 * Reads an RFC 3339 instant (an offset without a colon, as Salesforce writes it, is accepted too).
 * Returns undefined when the text is no instant, including impossible dates such as 30 February.
 */
export function parseInstant(text: unknown): Milliseconds | undefined {
  if (typeof text !== 'string') return undefined;
  return readInstant(text) ?? parseAny(text);
}

/** Whether a text is an instant since 1970 as `formatInstant` writes it. */
export function isInstant(text: string): text is Instant {
  return text.length === 24 && text[10] === 'T' && text[23] === 'Z' && readInstant(text) !== undefined;
}

const DAYS_BEFORE = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
const DAYS_IN = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const DAY_MS = 86_400_000;

/**
 * Reads what nearly every instant looks like, digit by digit: a change is asked for its times again and again on its way,
 * and a regular expression costs ten times as much. Undefined for what looks otherwise, which may be an instant all the
 * same.
 */
function readInstant(text: string): Milliseconds | undefined {
  if (text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45 || text.charCodeAt(10) !== 84) return undefined;
  if (text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58) return undefined;
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 2);
  const day = digits(text, 8, 2);
  const hour = digits(text, 11, 2);
  const minute = digits(text, 14, 2);
  const second = digits(text, 17, 2);
  const hasThousandths = text.charCodeAt(19) === 46;
  const thousandths = hasThousandths ? digits(text, 20, 3) : 0;
  const offset = readOffset(text, hasThousandths ? 23 : 19);
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = (DAYS_IN[month - 1] ?? 0) + (month === 2 && isLeap ? 1 : 0);
  // What is no digit makes the number none, and no comparison with that is true.
  const isDate = year >= 1970 && day >= 1 && day <= days;
  if (!isDate || !(hour <= 23 && minute <= 59 && second <= 59 && thousandths >= 0)) return undefined;
  if (offset === undefined) return undefined;
  const before = year - 1;
  const leapDays = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400) - 477;
  const past = (DAYS_BEFORE[month - 1] ?? 0) + (month > 2 && isLeap ? 1 : 0) + day - 1;
  const whole = ((year - 1970) * 365 + leapDays + past) * DAY_MS;
  return whole + hour * 3_600_000 + minute * 60_000 + second * 1_000 + thousandths - offset;
}

/** `Z`, `+02:00` or `+0200` at the end of a text. */
function readOffset(text: string, at: number): Milliseconds | undefined {
  const sign = text.charCodeAt(at);
  if (sign === 90) return text.length === at + 1 ? 0 : undefined;
  if (sign !== 43 && sign !== 45) return undefined;
  const minutesAt = text.charCodeAt(at + 3) === 58 ? at + 4 : at + 3;
  const hours = digits(text, at + 1, 2);
  const minutes = digits(text, minutesAt, 2);
  if (text.length !== minutesAt + 2 || !(hours <= 23 && minutes <= 59)) return undefined;
  return (sign === 45 ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

/** The number that so many digits make; none where there is another sign. */
function digits(text: string, from: number, count: number): number {
  let number = 0;
  for (let at = from; at < from + count; at += 1) {
    const digit = text.charCodeAt(at) - 48;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    number = number * 10 + digit;
  }
  return number;
}

function parseAny(text: string): Milliseconds | undefined {
  const [, date, time, fraction = '', zone = ''] = RFC_3339.exec(text) ?? [];
  if (date === undefined) return undefined;
  const whole = `${date}T${time}.000Z`;
  const local = Date.parse(whole);
  const offset = readOffset(zone.toUpperCase(), 0);
  // JavaScript carries 30 February and 24:00 over.
  if (offset === undefined || Number.isNaN(local) || formatInstant(local) !== whole) return undefined;
  return local + Number(fraction.slice(0, 3).padEnd(3, '0')) - offset;
}

/** Writes an instant as RFC 3339 in UTC with milliseconds. Throws RangeError outside the years JavaScript can hold. */
export function formatInstant(at: Milliseconds): Instant {
  return new Date(at).toISOString() as Instant;
}
