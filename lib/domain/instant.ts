/** A point in time as text: RFC 3339 in UTC with milliseconds, e.g. `2026-11-21T00:00:00.000Z`. */
export type Instant = string & { readonly __instant: unique symbol };

/** Milliseconds since 1970-01-01T00:00:00Z. Inside the fold and the evaluator every instant is such a number. */
export type Milliseconds = number;

const RFC_3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?([Zz]|[+-]\d{2}:?\d{2})$/;

/**
 * Reads an RFC 3339 instant (an offset without a colon, as Salesforce writes it, is accepted too).
 * Returns undefined when the text is no instant, including impossible dates such as 30 February.
 */
export function parseInstant(text: unknown): Milliseconds | undefined {
  if (typeof text !== 'string') return undefined;
  const match = RFC_3339.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction, zone] = match;
  const milliseconds = fraction === undefined ? 0 : Math.floor(Number(`0.${fraction}`) * 1000);
  const local = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
    milliseconds,
  );
  const back = new Date(local);
  if (back.getUTCMonth() !== Number(month) - 1 || back.getUTCDate() !== Number(day)) return undefined;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  return local - offsetOf(zone ?? 'Z');
}

/** Writes an instant as RFC 3339 in UTC with milliseconds. Throws RangeError outside the years JavaScript can hold. */
export function formatInstant(at: Milliseconds): Instant {
  return new Date(at).toISOString() as Instant;
}

function offsetOf(zone: string): Milliseconds {
  if (zone === 'Z' || zone === 'z') return 0;
  const sign = zone.startsWith('-') ? -1 : 1;
  const digits = zone.slice(1).replace(':', '');
  return sign * (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2))) * 60_000;
}
