import { createHash } from 'node:crypto';
import { canonicalText } from './canonical.ts';
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

/**
 * One line of a plan: whom, in which direction, under which version of what we want. Names no address: a digest of the
 * keys is enough to tell whether the row, read again before it is sent, still means the same.
 */
export interface PlanEntry {
  readonly profile: string;
  readonly op: Operation['op'];
  readonly version: number;
  readonly keys: string;
}

export function planEntry(profile: string, { op, keys }: Operation, version: number): PlanEntry {
  return { profile, op, version, keys: digestOf(keys) };
}

/** 64 bits of SHA-256: names the keys of one member, never decides who is who. */
export function digestOf(keys: readonly Identifier[]): string {
  return createHash('sha256')
    .update(canonicalText(keys.map(({ type, value }) => [type, value])))
    .digest('hex')
    .slice(0, 16);
}

/** The hash of a plan without entries: where the chain of `planHash` begins. */
export const EMPTY_PLAN = createHash('sha256').update('tributary plan 1').digest('hex');

/**
 * The hash of a plan with one more entry. Entries are chained in the one order in which rows are stored, so the hash
 * depends on what is in the plan and not on when it was found; and it is as hard to forge as SHA-256.
 */
export function planHash(before: string, { profile, op, version, keys }: PlanEntry): string {
  return createHash('sha256').update(`${before}\n${profile} ${op} ${version} ${keys}`).digest('hex');
}

/** What a run would do, counted before its first call. */
export interface PushPlan {
  /** Names exactly these members, operations and versions. */
  readonly hash: string;
  readonly add: number;
  readonly remove: number;
  /** On the list and staying there. */
  readonly unchanged: number;
  /** People of the segment who are not sent, by reason; as of `countedAt` when that is there. */
  readonly blocked: Readonly<Record<string, number>>;
  /** When `blocked` was counted, if not with this plan. RFC 3339. */
  readonly countedAt?: string;
  /** Why those who are removed are not wanted any more. */
  readonly removedBecause: Readonly<Record<string, number>>;
  /** Additions of people of whom the tool said that they opted out, and removals that the tool takes for an opt-out. */
  readonly optOuts: number;
  /** People on the list before, as far as we were told. */
  readonly size: number;
  /** The fewest calls that the tool's batch size allows. */
  readonly calls: number;
  /** Share of what the connection may call in a day, 0 to 1 and more; null when the day's allowance is not known. */
  readonly quota: number | null;
  readonly minutes: number;
}

function sameKeys(a: readonly Identifier[], b: readonly Identifier[]): boolean {
  return a.length === b.length && a.every((key, at) => key.type === b[at]?.type && key.value === b[at]?.value);
}
