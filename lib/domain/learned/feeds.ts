import type { Milliseconds } from '../instant.ts';
import { type Entry, markOf } from '../segment/entries.ts';
import { buildFeed, type Feed } from '../segment/feed.ts';
import { type Keep, widerKeep } from '../segment/need.ts';

/** Entries of a leaf key, newest first. */
export type EntriesOf = (leafKey: string) => readonly Entry[];

export type Window = Milliseconds | 'ever';

/** Something that was done, and its number: what was paid. */
export interface Done {
  readonly at: Milliseconds;
  readonly value: number;
}

/** Activities of one name, read as of an instant. */
export interface Reading {
  readonly feed: Feed;
  /** What was done in (asOf − window, asOf], newest first. */
  doneIn(entriesOf: EntriesOf, asOf: Milliseconds, window: Window): readonly Done[];
}

/** A feed and what is kept of it. */
export interface KeptFeed {
  readonly feed: Feed;
  readonly keep: Omit<Keep, 'cap'>;
}

/**
 * Longer than a night's training takes from the instant that it is as of until people are decided by it: meanwhile profiles
 * are written, and what they cut must not be what the training still reads.
 */
const SLACK_MS = 2 * 86_400_000;

/**
 * The activities that learned traits ask for. Where one rule adds up a property of an activity and another counts it, both
 * read one feed: each entry is kept once.
 */
export function openReadings(asked: readonly { readonly did: string; readonly property?: string }[]) {
  const properties = new Map<string, string>();
  for (const { did, property } of asked) {
    if (property !== undefined && !properties.has(did)) properties.set(did, property);
  }
  const kept = new Map<string, KeptFeed>();

  function read(did: string, property: string | undefined, window: Window): Reading {
    const valued = property ?? properties.get(did);
    const value = valued === undefined ? undefined : ({ property: valued, as: 'number' } as const);
    const feed = buildFeed(did, [], undefined, value, 'UTC');
    const keep = { latest: 0, oldest: window === 'ever', window: window === 'ever' ? window : window + SLACK_MS };
    const before = kept.get(feed.key);
    kept.set(feed.key, { feed, keep: before === undefined ? keep : widerKeep(capped(before.keep), capped(keep)) });
    return {
      feed,
      doneIn(entriesOf, asOf, within) {
        const after = within === 'ever' ? Number.NEGATIVE_INFINITY : asOf - within;
        const done: Done[] = [];
        for (const [at, id, number] of entriesOf(feed.key)) {
          if (id === '' || at > asOf || at <= after) continue;
          done.push({ at, value: typeof number === 'number' ? number : 0 });
        }
        return done;
      },
    };
  }

  return { read, kept: (): readonly KeptFeed[] => [...kept.values()] };
}

function capped(keep: Omit<Keep, 'cap'>): Keep {
  return { ...keep, cap: 0 };
}

/** Whether entries are missing of what is asked for: more was done than a record keeps. */
export function isIncomplete({ feed, keep }: KeptFeed, entriesOf: EntriesOf, asOf: Milliseconds): boolean {
  const entries = entriesOf(feed.key);
  const mark = entries[markOf(entries)];
  if (mark === undefined) return false;
  return keep.window === 'ever' || mark[0] > asOf - keep.window;
}
