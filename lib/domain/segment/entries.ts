import type { Milliseconds } from '../instant.ts';
import type { Json, JsonObject } from '../json.ts';
import type { LeafNeed } from './need.ts';

/**
 * What one activity left for one leaf: its instant, its id, and the value that the leaf adds up, if any.
 * An entry with an empty id is the *overflow mark*: at and before its instant entries are missing.
 */
export type Entry = readonly [at: Milliseconds, id: string, value?: Json];

/** An activity as the evaluator reads it; `at` is RFC 3339. */
export interface ObservedActivity {
  readonly id: string;
  readonly name: string;
  readonly at: string;
  readonly properties?: JsonObject;
}

/** The part of a program that `observe` needs. */
export interface Observing {
  readonly observers: ReadonlyMap<string, readonly Observer[]>;
}

/** Turns an activity of one name into an entry of one leaf, or undefined when the leaf does not want it. */
export interface Observer {
  readonly key: string;
  entryOf(activity: ObservedActivity): Entry | undefined;
}

/** The entries that an activity leaves, by leaf key. Empty when no leaf asks for it or its time is unreadable. */
export function observe(
  program: Observing,
  activity: ObservedActivity,
): readonly (readonly [leafKey: string, entry: Entry])[] {
  const observers = program.observers.get(activity.name);
  if (observers === undefined) return [];
  const left: (readonly [string, Entry])[] = [];
  for (const observer of observers) {
    const entry = observer.entryOf(activity);
    if (entry !== undefined) left.push([observer.key, entry]);
  }
  return left;
}

/**
 * Union by id, newest first; of one id with two instants the smallest is kept. Commutative, associative, idempotent: of lists
 * that were cut, only where each id has one instant, because what was cut away is not there to be smaller (docs/adr/0046).
 * Below an overflow mark only the very oldest entry is kept. Returns `a` itself when `b` adds nothing.
 */
export function mergeEntries(a: readonly Entry[], b: readonly Entry[]): readonly Entry[] {
  const [only] = b;
  if (b.length === 1 && only !== undefined && addsOne(a, only)) return insert(a, only);
  if (b.length === 0 && isSorted(a)) return a;
  const byId = new Map<string, Entry>();
  for (const entry of a) byId.set(entry[1], better(byId.get(entry[1]), entry));
  for (const entry of b) byId.set(entry[1], better(byId.get(entry[1]), entry));
  const merged = dropBelowMark([...byId.values()].sort(newestFirst));
  return sameEntries(a, merged) ? a : merged;
}

/**
 * Drops past entries that no leaf can need any more, at `now` or later. Future entries stay. Past `need.keep.cap` the
 * oldest go and an overflow mark tells from where on the list is complete. Cutting a union of cut lists equals cutting
 * the union. Returns the same list when nothing is dropped.
 */
export function cutEntries(need: LeafNeed, entries: readonly Entry[], now: Milliseconds): readonly Entry[] {
  const { latest, oldest, window, cap } = need.keep;
  const floor = window === 'ever' ? Number.NEGATIVE_INFINITY : now - window;
  const kept: Entry[] = [];
  let past = 0;
  let mark: Entry | undefined;
  let lost: Milliseconds | undefined;
  let last: Entry | undefined;
  for (const entry of entries) {
    if (entry[1] === '') {
      if (past < latest || entry[0] > floor) mark = entry;
      continue;
    }
    last = entry;
    if (lost !== undefined || mark !== undefined) continue;
    const future = entry[0] > now;
    if (!future && past >= latest && entry[0] <= floor) continue;
    if (kept.length >= cap) {
      lost = entry[0];
      continue;
    }
    if (!future) past += 1;
    kept.push(entry);
  }
  if (lost !== undefined && (mark === undefined || mark[0] < lost)) mark = [lost, ''];
  if (oldest && last !== undefined && last !== kept[kept.length - 1]) kept.push(last);
  if (mark !== undefined) {
    kept.push(mark);
    kept.sort(newestFirst);
  }
  return sameEntries(entries, kept) ? entries : kept;
}

/** Where the overflow mark stands in a list, or -1. After it comes at most one entry: the oldest. */
export function markOf(entries: readonly Entry[]): number {
  const end = entries.length - 1;
  if (end < 0) return -1;
  if ((entries[end] as Entry)[1] === '') return end;
  return end > 0 && (entries[end - 1] as Entry)[1] === '' ? end - 1 : -1;
}

/** The everyday case: one new entry of an unknown id, in a sorted list without a mark. */
function addsOne(list: readonly Entry[], entry: Entry): boolean {
  if (entry[1] === '') return false;
  let before: Entry | undefined;
  for (const held of list) {
    if (held[1] === entry[1] || held[1] === '' || (before !== undefined && newestFirst(before, held) > 0)) return false;
    before = held;
  }
  return true;
}

function insert(list: readonly Entry[], entry: Entry): readonly Entry[] {
  const at = list.findIndex((held) => newestFirst(entry, held) < 0);
  return at < 0 ? [...list, entry] : [...list.slice(0, at), entry, ...list.slice(at)];
}

function newestFirst(a: Entry, b: Entry): number {
  return b[0] - a[0] || (a[1] < b[1] ? 1 : -1);
}

function better(held: Entry | undefined, entry: Entry): Entry {
  if (held === undefined) return entry;
  if (entry[1] === '') return entry[0] > held[0] ? entry : held;
  if (entry[0] !== held[0]) return entry[0] < held[0] ? entry : held;
  return JSON.stringify(entry) < JSON.stringify(held) ? entry : held;
}

function dropBelowMark(entries: Entry[]): Entry[] {
  const mark = entries.findIndex((entry) => entry[1] === '');
  const oldest = entries[entries.length - 1];
  if (mark < 0 || mark >= entries.length - 2 || oldest === undefined) return entries;
  return [...entries.slice(0, mark + 1), oldest];
}

function sameEntries(a: readonly Entry[], b: readonly Entry[]): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index += 1) {
    const x = a[index];
    const y = b[index];
    if (x !== y && JSON.stringify(x) !== JSON.stringify(y)) return false;
  }
  return true;
}

function isSorted(entries: readonly Entry[]): boolean {
  for (let index = 1; index < entries.length; index += 1) {
    const [before, after] = [entries[index - 1], entries[index]];
    if (before !== undefined && after !== undefined && newestFirst(before, after) > 0) return false;
  }
  return true;
}
