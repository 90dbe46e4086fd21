import { isJsonObject } from '../json.ts';
import type { SegmentDefinition } from '../segment.ts';

export type Ordered =
  | { readonly ok: true; readonly order: readonly SegmentDefinition[] }
  /** The cycle by name, beginning and ending with the same segment. */
  | { readonly ok: false; readonly cycle: readonly string[] };

/** Segments so that each comes after those it refers to, or a cycle. References to unknown segments are left alone. */
export function orderSegments(definitions: readonly SegmentDefinition[]): Ordered {
  const byId = new Map(definitions.map((definition) => [definition.segment, definition]));
  const order: SegmentDefinition[] = [];
  const done = new Set<string>();
  const open: string[] = [];

  function visit(definition: SegmentDefinition): readonly string[] | undefined {
    const id = definition.segment;
    if (done.has(id)) return undefined;
    if (open.includes(id)) return [...open.slice(open.indexOf(id)), id];
    open.push(id);
    for (const reference of referencesOf(definition.when)) {
      const next = byId.get(reference);
      const cycle = next === undefined ? undefined : visit(next);
      if (cycle !== undefined) return cycle;
    }
    open.pop();
    done.add(id);
    order.push(definition);
    return undefined;
  }

  for (const definition of definitions) {
    const cycle = visit(definition);
    if (cycle !== undefined) return { ok: false, cycle };
  }
  return { ok: true, order };
}

/** Ids of the segments that a condition names, in the order of writing, each once. Total over anything. */
export function referencesOf(condition: unknown): string[] {
  const found = new Set<string>();
  const todo: unknown[] = [condition];
  while (todo.length > 0) {
    const node = todo.shift();
    if (!isJsonObject(node)) continue;
    if (typeof node.segment === 'string') found.add(node.segment);
    for (const list of [node.all, node.any]) if (Array.isArray(list)) todo.push(...list);
    if (node.not !== undefined) todo.push(node.not);
  }
  return [...found];
}

/** A segment with everything that it refers to, over any number of steps, in the order of the definitions. */
export function withReferences(definitions: readonly SegmentDefinition[], segment: string): SegmentDefinition[] {
  const byId = new Map(definitions.map((definition) => [definition.segment, definition]));
  const found = new Set<string>();
  const todo = [segment];
  for (let id = todo.pop(); id !== undefined; id = todo.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    todo.push(...referencesOf(byId.get(id)?.when));
  }
  return definitions.filter((definition) => found.has(definition.segment));
}
