import { canonicalText } from './canonical.ts';
import type { Milliseconds } from './instant.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { isWhole, keepsEarliest } from './whole-traits.ts';

/** The value of a trait as one source told it: the value, the source time in ms, the version of the mapping. */
export type TraitValue = readonly [value: Json, at: Milliseconds, mapping: number];

/** Paths and values of nested traits; lists are values. Keys that would touch a prototype are left out. */
export function flattenTraits(traits: JsonObject): Map<string, Json> {
  const values = new Map<string, Json>();
  const walk = (prefix: string, value: Json): void => {
    if (!isJsonObject(value) || isWhole(prefix)) {
      values.set(prefix, value);
      return;
    }
    for (const key of Object.keys(value)) {
      if (key === '' || (key.includes('__proto__') && key.split('.').includes('__proto__'))) continue;
      walk(prefix === '' ? key : `${prefix}.${key}`, value[key] ?? null);
    }
  };
  walk('', traits);
  values.delete('');
  return values;
}

/** Writes values by last-write-wins (a few by first-write-wins); the same object comes back when nothing wins. */
export function writeTraits(
  traits: Readonly<Record<string, TraitValue>>,
  values: ReadonlyMap<string, Json>,
  at: Milliseconds,
  mapping: number,
): Readonly<Record<string, TraitValue>> {
  let written: Record<string, TraitValue> | undefined;
  for (const [path, value] of values) {
    const before = traits[path];
    const told = [value, at, mapping] as const;
    const after = keepsEarliest(path) ? older(before, told) : newer(before, told);
    if (after === before) continue;
    written ??= { ...traits };
    written[path] = after;
  }
  return written ?? traits;
}

/** The value that wins by (source time, mapping version, value order); `a` itself when they are equal. */
export function newer<T extends TraitValue>(a: T | undefined, b: T): T {
  if (a === undefined) return b;
  if (a[1] !== b[1]) return a[1] > b[1] ? a : b;
  if (a[2] !== b[2]) return a[2] > b[2] ? a : b;
  if (a[0] === b[0]) return a;
  return canonicalText(a[0]) >= canonicalText(b[0]) ? a : b;
}

/** The value that was told first; of one instant the one that `newer` prefers. `a` itself when they are equal. */
export function older(a: TraitValue | undefined, b: TraitValue): TraitValue {
  return a === undefined || a[1] === b[1] ? newer(a, b) : a[1] < b[1] ? a : b;
}
