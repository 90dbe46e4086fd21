import type { Identifier } from './change.ts';
import type { Wanted } from './profile.ts';
import { differenceOf } from './push.ts';

/** What `verify` does about a difference: says it, makes the list as wanted again, or takes the list as it is. */
export type Heal = 'report' | 'restore' | 'adopt';

/** One row of an audience, as far as the truth check looks at it. */
export interface CheckedRow {
  readonly wanted: Wanted;
  readonly told?: {
    readonly in: boolean;
    readonly keys: readonly Identifier[];
    readonly outcome: string;
    readonly code?: string;
    readonly at: number;
  };
  readonly pending: boolean;
}

/**
 * What comparing a row with the list says. `differs`: news, with the name of the difference. `known`: the list is not
 * as wanted, and the row says why already. `waits`: the next push changes it anyway. `moved`: it was sent while the list
 * was read, so nobody can say. `absent`: somebody whom we believe on the list is not; how they stand decides the name.
 */
export type Finding =
  | { readonly is: 'agrees' | 'waits' | 'moved' | 'absent' }
  | { readonly is: 'differs' | 'known'; readonly as: string };

/** What to write on a row so that a difference is healed; undefined = nothing. */
export interface Cure {
  readonly told: {
    readonly in: boolean;
    readonly keys: readonly Identifier[];
    readonly outcome: string;
    readonly code: string;
  };
  /** The next push has to do something. */
  readonly pending: boolean;
}

export const ADDED_BY_HAND = 'added-by-hand';
const REMOVED_BY_HAND = 'removed-by-hand';
/** On the list, not wanted, and no push is about to change that. */
const NOT_REMOVED = 'not-removed';
/** On rows of people whom somebody put on the list, and whom a check took note of. */
const FOUND_THERE = 'verify/added-by-hand';

/** The identifiers under which the list could hold the person of a row: who is listed under one is no stranger. */
export function claimedKeys({ wanted, told }: CheckedRow): readonly Identifier[] {
  return [...(told?.keys ?? []), ...(wanted.in ? wanted.keys : [])];
}

/** Where on the list the row should be looked for: under the keys that it was told, else those that it will be. */
export function sought({ wanted, told }: CheckedRow): readonly Identifier[] {
  if (told?.in === true) return told.keys;
  return wanted.in ? wanted.keys : (told?.keys ?? []);
}

/**
 * Judges a row by how its person stands on the list (undefined = not on it), when the list was read from `since` on.
 */
export function judgeRow(
  row: CheckedRow,
  listed: string | undefined,
  mode: 'mirror' | 'add-only',
  since: number,
): Finding {
  const { wanted, told, pending } = row;
  if (told !== undefined && told.at >= since) return { is: 'moved' };
  if (told?.outcome === 'retry') {
    return listed === undefined && wanted.in ? { is: 'differs', as: 'lost-in-failed-batch' } : { is: 'waits' };
  }
  if (pending && differenceOf(row, mode).length > 0) return { is: 'waits' };
  if (told?.in === true) {
    if (listed === undefined) return wanted.in ? { is: 'absent' } : { is: 'agrees' };
    const leaves = !wanted.in && differenceOf(row, mode).length > 0;
    if (leaves && told.code !== FOUND_THERE) return { is: 'differs', as: NOT_REMOVED };
    return listed === 'reachable' ? { is: 'agrees' } : named(row, listed);
  }
  if (listed === 'reachable') return { is: 'differs', as: ADDED_BY_HAND };
  if (!wanted.in) return { is: 'agrees' };
  if (told === undefined) return { is: 'waits' };
  return { is: 'known', as: told.outcome === 'unmatched' ? 'never-matched' : (told.code ?? told.outcome) };
}

/** The name of an absence, by how the tool says that the person stands. */
export function nameAbsence(row: CheckedRow, standing: string): Finding {
  if (standing === 'reachable') return { is: 'differs', as: REMOVED_BY_HAND };
  return named(row, standing === 'unknown' ? 'forgotten' : standing);
}

/**
 * How a difference is healed. A word of the person or of the tool (unsubscribed, cleaned, forgotten) is learned under
 * both policies: no push may undo it.
 */
export function cureOf(row: CheckedRow, as: string, heal: Heal, mode: 'mirror' | 'add-only'): Cure | undefined {
  // The row is pending as it is.
  if (heal === 'report' || as === 'lost-in-failed-batch') return undefined;
  const { wanted, told } = row;
  if (as === ADDED_BY_HAND) {
    const keys = wanted.in ? wanted.keys : sought(row);
    const leaves = heal === 'restore' && mode === 'mirror' && !wanted.in;
    return { told: { in: true, keys, outcome: 'unchanged', code: FOUND_THERE }, pending: leaves };
  }
  const keys = told?.keys ?? [];
  // Nobody stays on a list because a removal went wrong: under both policies the next push tries again.
  if (as === NOT_REMOVED) {
    return { told: { in: true, keys, outcome: told?.outcome ?? 'retry', code: 'verify/not-removed' }, pending: true };
  }
  if (as === REMOVED_BY_HAND) {
    const again = heal === 'restore';
    const outcome = again ? 'unmatched' : 'refused';
    return { told: { in: false, keys, outcome, code: 'verify/removed-by-hand' }, pending: again };
  }
  // Whoever still carries the mark of the list has to be taken off it when they leave the segment.
  return { told: { in: as !== 'forgotten', keys, outcome: 'refused', code: as }, pending: false };
}

/**
 * Whether so many people would be touched that somebody should look first. Up to ten never are; beyond that the share of
 * the list decides.
 */
export function healsTooMany(
  counts: Readonly<Record<string, number>>,
  heal: Heal,
  believed: number,
  { maxAdd, maxRemove }: { readonly maxAdd: number; readonly maxRemove: number },
): boolean {
  const over = (people: number, share: number): boolean => people > Math.max(10, share * believed);
  const added = counts[ADDED_BY_HAND] ?? 0;
  const removed = counts[REMOVED_BY_HAND] ?? 0;
  const learned = Object.entries(counts)
    .filter(([as]) => as !== ADDED_BY_HAND && as !== REMOVED_BY_HAND && as !== 'lost-in-failed-batch')
    .reduce((sum, [, count]) => sum + count, 0);
  // What is taken off, by the next push or by giving somebody up, counts as removed; what is put on as added.
  const leaving = learned + (heal === 'restore' ? added : removed);
  return over(leaving, maxRemove) || over(heal === 'restore' ? removed : added, maxAdd);
}

function named({ told }: CheckedRow, standing: string): Finding {
  const known = told?.outcome === 'refused' && told.code === standing;
  return { is: known ? 'known' : 'differs', as: standing };
}
