import type { Milliseconds } from '../instant.ts';
import type { Json } from '../json.ts';
import type { Entry } from '../segment/entries.ts';
import { buildFeed, type Feed } from '../segment/feed.ts';
import type { Keep } from '../segment/need.ts';
import { SIGNALS_KEPT } from './rules.ts';

/** What must be kept of the activities behind computed traits. */
export const SIGNAL_KEEP: Omit<Keep, 'cap'> = { latest: SIGNALS_KEPT, oldest: false, window: 0 };

/** Where the signals of one activity are found in a profile. A feed that a segment asks for too is kept once. */
export interface Source<Rule> {
  readonly rule: Rule;
  readonly feed: Feed;
}

/** One thing that counts. */
export interface Heard<Rule> {
  readonly rule: Rule;
  readonly at: Milliseconds;
  readonly value: Json | undefined;
}

/** Entries of a leaf key, newest first. */
export type EntriesOf = (leafKey: string) => readonly Entry[];

export function sourceOf<Rule extends { readonly did: string }>(
  rule: Rule,
  by?: string,
  as: 'text' | 'number' = 'text',
) {
  // No test has a window, so the zone decides nothing.
  return { rule, feed: buildFeed(rule.did, [], undefined, by === undefined ? undefined : { property: by, as }, 'UTC') };
}

/** The latest of each source that is past, whatever more is kept for others. */
export function hear<Rule>(sources: readonly Source<Rule>[], entriesOf: EntriesOf, now: Milliseconds): Heard<Rule>[] {
  return sources.flatMap(({ rule, feed }) => {
    const past = entriesOf(feed.key).filter(([at, id]) => id !== '' && at <= now);
    return past.slice(0, SIGNALS_KEPT).map(([at, , value]) => ({ rule, at, value }));
  });
}

/** The next instant at which something that is kept, and has yet to happen, will count. */
export function nextHeard(sources: readonly Source<unknown>[], entriesOf: EntriesOf, now: Milliseconds): Milliseconds {
  const coming = sources.flatMap(({ feed }) => entriesOf(feed.key).flatMap(([at]) => (at > now ? [at] : [])));
  return Math.min(Number.POSITIVE_INFINITY, ...coming);
}

/**
 * How much each counts beside the newest: half as much after each half-life. Only ratios of such sums are ever told, and
 * these do not move as time passes: all sums shrink alike. So a computed trait changes by what is told and by nothing else.
 */
export function weigh<Rule extends { readonly weight: number }>(
  heard: readonly Heard<Rule>[],
  halfLifeMs: Milliseconds,
): (one: Heard<Rule>) => number {
  const newest = newestOf(heard);
  return ({ rule, at }) => rule.weight * 2 ** ((at - newest) / halfLifeMs);
}

export function newestOf(heard: readonly Heard<unknown>[]): Milliseconds {
  return heard.reduce((latest, { at }) => Math.max(latest, at), Number.NEGATIVE_INFINITY);
}
