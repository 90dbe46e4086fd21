import * as z from 'zod';

/** Years of four digits are the last that RFC 3339 can write. */
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/** An instant as tools tell it: whole milliseconds since 1970. */
export const epochMs = z.int().min(0).max(LAST_MS);

/** The same in whole seconds. */
export const epochSeconds = z
  .int()
  .min(0)
  .max(Math.floor(LAST_MS / 1_000));
