import { NEVER_GRANTED } from '../consent.ts';
import type { Milliseconds } from '../instant.ts';
import type { Json } from '../json.ts';
import { type Entry, markOf } from './entries.ts';
import { type Mode, prepare } from './fold.ts';
import type { PersonView } from './view.ts';

/**
 * The working memory of a program: what was already asked about the person at hand. Made at compile time, filled per
 * evaluation. Synchronous code uses it one evaluation at a time.
 */
export interface Machine {
  /** Registers a prepared trait value; the same question gets the same slot. */
  slot(trait: string, mode: Mode): number;
  /** Registers a leaf key; the same key gets the same feed. */
  feed(leafKey: string): number;
  /** Allocates; call once, after everything is registered. */
  seal(): void;
  /** Begins with another person. */
  load(view: PersonView): void;
  person(): PersonView;
  /** The prepared value; undefined = missing or of another type. */
  value(slot: number): unknown;
  /** Entries above the overflow mark, newest first. */
  list(feed: number): readonly Entry[];
  /** At and before this instant entries may be missing from `list`; -Infinity = none is. */
  floor(feed: number): Milliseconds;
  /** The very first entry that is kept, whatever the mark. */
  eldest(feed: number): Entry | undefined;
  /** Tells that a list is not enough. True: history was loaded in its place, ask again. */
  lacking(feed: number): boolean;
  fromHistory(feed: number): boolean;
  /** Leaf keys that were not enough and had no history. */
  overflowed(): readonly string[];
}

interface Slot {
  readonly trait: string;
  readonly mode: Mode;
  readonly raw: number;
}

const nothing: readonly Entry[] = [];

/** Whom a machine knows before the first person. */
const nobody: PersonView = {
  id: '',
  trait: () => undefined,
  entries: () => nothing,
  consent: () => NEVER_GRANTED,
  subscribed: () => NEVER_GRANTED,
};

export function makeMachine(): Machine {
  const slots: Slot[] = [];
  const slotIndex = new Map<string, number>();
  const feeds: string[] = [];
  const feedIndex = new Map<string, number>();
  let epoch = 0;
  let view: PersonView = nobody;
  let stamps = new Uint32Array(0);
  let values: unknown[] = [];
  let feedStamps = new Uint32Array(0);
  let lists: (readonly Entry[])[] = [];
  let held: (readonly Entry[])[] = [];
  let floors = new Float64Array(0);
  let historic = new Uint8Array(0);
  let lacked: string[] = [];

  function slot(trait: string, mode: Mode): number {
    const key = `${mode}\n${trait}`;
    const known = slotIndex.get(key);
    if (known !== undefined) return known;
    const raw = mode === 'raw' ? -1 : slot(trait, 'raw');
    const index = slots.length;
    slots.push({ trait, mode, raw });
    slotIndex.set(key, index);
    return index;
  }

  function feed(leafKey: string): number {
    const known = feedIndex.get(leafKey);
    if (known !== undefined) return known;
    const index = feeds.length;
    feeds.push(leafKey);
    feedIndex.set(leafKey, index);
    return index;
  }

  function seal(): void {
    stamps = new Uint32Array(slots.length);
    values = new Array(slots.length).fill(undefined);
    feedStamps = new Uint32Array(feeds.length);
    lists = new Array(feeds.length).fill(nothing);
    held = new Array(feeds.length).fill(nothing);
    floors = new Float64Array(feeds.length);
    historic = new Uint8Array(feeds.length);
  }

  function load(person: PersonView): void {
    view = person;
    epoch = (epoch + 1) >>> 0;
    if (epoch === 0) {
      stamps.fill(0);
      feedStamps.fill(0);
      epoch = 1;
    }
    if (lacked.length > 0) lacked = [];
  }

  function fillValue(index: number): unknown {
    const { trait, mode, raw } = slots[index] as Slot;
    const found: unknown = raw < 0 ? (view.trait(trait) ?? undefined) : prepare(mode, value(raw) as Json | undefined);
    stamps[index] = epoch;
    values[index] = found;
    return found;
  }

  function value(index: number): unknown {
    return stamps[index] === epoch ? values[index] : fillValue(index);
  }

  function fillList(index: number): readonly Entry[] {
    historic[index] = 0;
    return take(index, view.entries(feeds[index] as string));
  }

  function take(index: number, entries: readonly Entry[]): readonly Entry[] {
    const mark = markOf(entries);
    held[index] = entries;
    floors[index] = mark < 0 ? Number.NEGATIVE_INFINITY : (entries[mark] as Entry)[0];
    const list = mark < 0 ? entries : entries.slice(0, mark);
    lists[index] = list;
    feedStamps[index] = epoch;
    return list;
  }

  function list(index: number): readonly Entry[] {
    return feedStamps[index] === epoch ? (lists[index] as readonly Entry[]) : fillList(index);
  }

  function lacking(index: number): boolean {
    const key = feeds[index] as string;
    const history = historic[index] === 1 ? undefined : view.history?.(key);
    if (history === undefined) {
      if (!lacked.includes(key)) lacked.push(key);
      return false;
    }
    historic[index] = 1;
    take(index, history);
    return true;
  }

  return {
    slot,
    feed,
    seal,
    load,
    person: () => view,
    value,
    list,
    floor(index) {
      list(index);
      return floors[index] as number;
    },
    eldest(index) {
      list(index);
      const entries = held[index] as readonly Entry[];
      return entries[entries.length - (markOf(entries) === entries.length - 1 ? 2 : 1)];
    },
    lacking,
    fromHistory: (index) => feedStamps[index] === epoch && historic[index] === 1,
    overflowed: () => lacked,
  };
}
