import type { Json } from '../domain/json.ts';

/** Deliveries lie a few levels deep. */
const MOST_LEVELS = 32;
/**
 * Names that mean something to JavaScript itself: whoever copies an object by hand could be given a prototype by them, and
 * whoever makes text of one would call what the sender wrote.
 */
export const unsafeNames: ReadonlySet<string> = new Set([
  ...['__proto__', 'constructor', 'prototype'],
  ...['toString', 'valueOf'],
]);

export type DeliveredJson = { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly why: string };

/** The JSON in the body of a delivery, without keys that name prototypes. Total; `why` repeats nothing of the body. */
export function deliveredJson(body: Uint8Array): DeliveredJson {
  let parsed: Json;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as Json;
  } catch {
    return { ok: false, why: 'it is no JSON text' }; // The parser's own message quotes the text.
  }
  const value = withoutUnsafe(parsed, MOST_LEVELS);
  return value === undefined
    ? { ok: false, why: `it is nested deeper than ${MOST_LEVELS} levels` }
    : { ok: true, value };
}

/** The value of a delivery's JSON, undefined where it is none that can be read. */
export function jsonOf(body: Uint8Array): Json | undefined {
  const delivered = deliveredJson(body);
  return delivered.ok ? delivered.value : undefined;
}

/** A value without unsafe names; undefined where it goes deeper than that. */
function withoutUnsafe(value: Json, levels: number): Json | undefined {
  if (typeof value !== 'object' || value === null) return value;
  if (levels === 0) return undefined;
  const inner = Object.entries(value).filter(([key]) => !unsafeNames.has(key));
  const safe = inner.map(([key, one]) => [key, withoutUnsafe(one as Json, levels - 1)] as const);
  if (safe.some(([, one]) => one === undefined)) return undefined;
  const known = safe as readonly (readonly [string, Json])[];
  return Array.isArray(value) ? known.map(([, one]) => one) : Object.fromEntries(known);
}
