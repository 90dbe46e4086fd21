/** A JSON value as received from a vendor or written to storage. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A JSON object. */
export type JsonObject = { readonly [key: string]: Json };

/** True for a plain JSON object: not null, not a list. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Levels of what is taken from outside: whoever walks through a value calls itself for each, and that has an end. */
export const mostLevels = 64;

/** Whether a value has no more levels than that. */
export function isShallow(value: Json, levels = mostLevels): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => isShallow(inner as Json, levels - 1));
}

/**
 * A value with U+FFFD for each half of a surrogate pair, in texts and in names of keys: JSON can spell such a half, UTF-8 and
 * with it DynamoDB cannot. Itself when there is none.
 */
export function wellFormed(value: Json): Json {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items = (value as readonly Json[]).map(wellFormed);
    return items.every((item, index) => item === value[index]) ? value : items;
  }
  const from = Object.entries(value as JsonObject);
  const to = from.map(([name, inner]) => [name.toWellFormed(), wellFormed(inner)] as const);
  const same = to.every(([name, inner], index) => name === from[index]?.[0] && inner === from[index]?.[1]);
  return same ? value : Object.fromEntries(to);
}

/**
 * A value as JSON text that every queue takes: letters beyond the basic plane and the two that XML does not know are
 * written as escapes. It reads as the same value.
 */
export function queueableText(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null';
  return text.replace(/[\uD800-\uDFFF\uFFFE\uFFFF]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16)}`);
}
