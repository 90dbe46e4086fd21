import { isJsonObject, type Json, type JsonObject } from '../../../lib/domain/json.ts';

interface Tree {
  readonly [step: string]: Tree;
}

/** Keeps only the dotted paths of `fields`, walking into lists, as the query parameter of every read does. */
export function keepFields(value: JsonObject, fields: string): JsonObject {
  return keep(value, treeOf(fields)) as JsonObject;
}

/** Leaves out the dotted paths of `exclude_fields`. */
export function dropFields(value: JsonObject, fields: string): JsonObject {
  return drop(value, treeOf(fields)) as JsonObject;
}

function keep(value: Json, tree: Tree): Json {
  if (Object.keys(tree).length === 0) return value;
  if (Array.isArray(value)) return value.map((item: Json) => keep(item, tree));
  if (!isJsonObject(value)) return value;
  const kept: Record<string, Json> = {};
  for (const [step, below] of Object.entries(tree)) {
    const found = value[step];
    if (found !== undefined) kept[step] = keep(found, below);
  }
  return kept;
}

function drop(value: Json, tree: Tree): Json {
  if (Array.isArray(value)) return value.map((item: Json) => drop(item, tree));
  if (!isJsonObject(value)) return value;
  const kept: Record<string, Json> = {};
  for (const [key, found] of Object.entries(value)) {
    const below = tree[key];
    if (below === undefined) kept[key] = found;
    else if (Object.keys(below).length > 0) kept[key] = drop(found, below);
  }
  return kept;
}

function treeOf(fields: string): Tree {
  const root: Record<string, Tree> = {};
  for (const path of fields.split(',')) {
    let at = root;
    for (const step of path.split('.')) {
      const next: Record<string, Tree> = { ...at[step] };
      at[step] = next;
      at = next;
    }
  }
  return root;
}
