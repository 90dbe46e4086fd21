import type { Json, JsonObject } from '../json.ts';
import { valueAt } from '../mapping.ts';

/** The value at a path of an object that may hold `a.b` as one key or nested; one key wins. Own properties only. */
export function lookUp(object: JsonObject | undefined, path: string): Json | undefined {
  if (object === undefined) return undefined;
  if (Object.hasOwn(object, path)) return object[path];
  return path.includes('.') ? valueAt(object, path) : undefined;
}
