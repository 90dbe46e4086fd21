import type { Identifier } from './change.ts';
import type { Wanted } from './profile.ts';

/** What the tool is to be told about one row. A changed key is a removal of the old and an addition of the new. */
export interface Operation {
  readonly op: 'add' | 'remove';
  readonly keys: readonly Identifier[];
}

interface Sides {
  readonly wanted: Wanted;
  readonly told?: { readonly in: boolean; readonly keys: readonly Identifier[]; readonly outcome: string };
}

/**
 * The difference between what we want and what the tool was last told, in the order in which it must be told: a new key
 * is added only when the old one is off the list. Nothing when the sides agree, or
 * when the tool has answered that it cannot and nothing about the row has changed since.
 */
export function differenceOf(row: Sides, mode: 'mirror' | 'add-only'): readonly Operation[] {
  const { wanted, told } = row;
  const operations: Operation[] = [];
  const held = told?.in === true ? told.keys : [];
  if (held.length > 0 && mode === 'mirror' && !(wanted.in && sameKeys(wanted.keys, held))) {
    operations.push({ op: 'remove', keys: held });
  }
  // After `retry` nobody knows whether the tool took it: it counts as on the list for a removal, as not yet for an addition.
  const landed = told?.in === true && told.outcome !== 'retry';
  if (wanted.in && !(landed && sameKeys(wanted.keys, held))) {
    operations.push({ op: 'add', keys: wanted.keys });
  }
  return operations;
}

/** Counts of one run or of a whole audience, by named outcome. */
export interface PushTally {
  added: number;
  removed: number;
  unchanged: number;
  unmatched: number;
  refused: number;
  rejected: number;
  retry: number;
  calls: number;
}

export function emptyTally(): PushTally {
  return { added: 0, removed: 0, unchanged: 0, unmatched: 0, refused: 0, rejected: 0, retry: 0, calls: 0 };
}

function sameKeys(a: readonly Identifier[], b: readonly Identifier[]): boolean {
  return a.length === b.length && a.every((key, at) => key.type === b[at]?.type && key.value === b[at]?.value);
}
