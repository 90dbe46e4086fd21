import { isJsonObject, type JsonObject } from '../json.ts';
import type { Condition } from '../segment.ts';
import { type Names, show, tellWanted, writtenNames } from './words.ts';

/** A condition in words: a line for every leaf and every branch, parts inside parts. */
export interface Told {
  /** Where it stands in the definition: `when.all[0].not`. Counts of a preview and receipts name parts in the same way. */
  readonly path: string;
  readonly text: string;
  readonly parts: readonly Told[];
}

const HEADS = { all: 'all of these:', any: 'at least one of these:', not: 'none of this:' } as const;
const JOINTS = { all: ', and ', any: ', or ' } as const;

/**
 * Tells a condition as lines. Total: what is no condition is told as it is written. Conditions that mean something else
 * are told in other words.
 */
export function tellCondition(condition: Condition, names: Names = writtenNames, path = 'when'): Told {
  const { key, of } = partsOf(condition);
  if (key === undefined) return { path, text: tellLeaf(condition, names), parts: [] };
  const parts = of.map((part, at) => tellCondition(part, names, `${path}.${key}${key === 'not' ? '' : `[${at}]`}`));
  return { path, text: HEADS[key], parts };
}

/**
 * Tells a condition as one sentence, for lists and tables: `lifecycle_stage is customer, and not (in segment win-back)`.
 * Branches inside a branch stand in parentheses.
 */
export function tellInLine(condition: Condition, names: Names = writtenNames): string {
  const { key, of } = partsOf(condition);
  if (key === undefined) return tellLeaf(condition, names);
  if (key === 'not') return `not (${of.map((part) => tellInLine(part, names)).join('')})`;
  const [only] = of;
  if (of.length === 1 && only !== undefined) return tellInLine(only, names);
  return of
    .map((part) => {
      const inner = tellInLine(part, names);
      return partsOf(part).of.length > 1 ? `(${inner})` : inner;
    })
    .join(JOINTS[key]);
}

/**
 * Names that say titles, for the traits and segments of one condition. Where two would be called the same, both keep the
 * name of the file: a sentence must not hide that they differ.
 */
export function titledNames(
  condition: Condition,
  titles: {
    readonly trait: (path: string) => string | undefined;
    readonly segment: (id: string) => string | undefined;
  },
): Names {
  const found = { trait: new Set<string>(), segment: new Set<string>() };
  collect(condition, found);
  return {
    trait: namer(found.trait, titles.trait, writtenNames.trait),
    segment: namer(found.segment, titles.segment, writtenNames.segment),
  };
}

function namer(ids: ReadonlySet<string>, titleOf: (id: string) => string | undefined, written: (id: string) => string) {
  const uses = new Map<string, number>();
  const called = (id: string): string => titleOf(id) ?? id;
  for (const id of ids) uses.set(called(id), (uses.get(called(id)) ?? 0) + 1);
  return (id: string): string => {
    const title = titleOf(id);
    return title === undefined || (uses.get(title) ?? 0) > 1 ? written(id) : title;
  };
}

function collect(condition: Condition, into: { readonly trait: Set<string>; readonly segment: Set<string> }): void {
  const { key, of } = partsOf(condition);
  if (key !== undefined) {
    for (const part of of) collect(part, into);
    return;
  }
  if (!isJsonObject(condition)) return;
  const { trait, segment, has_been: held } = condition as JsonObject;
  const path = isJsonObject(held) ? held.trait : trait;
  if (typeof path === 'string') into.trait.add(path);
  if (typeof segment === 'string') into.segment.add(segment);
}

function tellLeaf(leaf: Condition, names: Names): string {
  return isJsonObject(leaf) ? tellWanted(leaf, names) : show(leaf);
}

function partsOf(condition: Condition): { readonly key?: keyof typeof HEADS; readonly of: readonly Condition[] } {
  const { all, any, not } = (isJsonObject(condition) ? condition : {}) as {
    readonly all?: readonly Condition[];
    readonly any?: readonly Condition[];
    readonly not?: Condition;
  };
  if (Array.isArray(all)) return { key: 'all', of: all };
  if (Array.isArray(any)) return { key: 'any', of: any };
  return not === undefined ? { of: [] } : { key: 'not', of: [not] };
}
