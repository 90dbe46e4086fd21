import type { Learned } from '../../../lib/domain/learned/learned.ts';
import type { LearnedRules } from '../../../lib/domain/learned/rules.ts';
import { cutEntries, type Entry, mergeEntries, type ObservedActivity } from '../../../lib/domain/segment/entries.ts';

export const NOW = Date.parse('2026-11-21T03:30:00.000Z');
export const DAY = 86_400_000;

export const at = { expression: 'cron(30 3 * * ? *)', words: 'nightly at 03:30' };

/** Everything learned from orders and letters. */
export const rules: LearnedRules = {
  at,
  rfm: { did: 'Order Completed', value: 'revenue', withinMs: 365 * DAY },
  clusters: {
    features: [
      { name: 'orders', did: 'Order Completed', withinMs: 365 * DAY, take: 'count' },
      { name: 'revenue', did: 'Order Completed', withinMs: 365 * DAY, take: { sum: 'revenue' } },
    ],
    least: 2,
    most: 4,
  },
  propensity: {
    again: {
      did: 'Order Completed',
      withinMs: 30 * DAY,
      features: [
        { name: 'orders', did: 'Order Completed', withinMs: 90 * DAY, take: 'count' },
        { name: 'opened', did: 'Email Opened', withinMs: 60 * DAY, take: 'count' },
        { name: 'quiet', did: 'Order Completed', withinMs: 90 * DAY, take: 'days_since_last' },
      ],
    },
  },
  lifetime_value: { did: 'Order Completed', value: 'revenue', horizonMs: 365 * DAY },
};

let made = 0;

export function done(name: string, daysAgo: number, properties = {}): ObservedActivity {
  made += 1;
  return { id: `a${made}`, name, at: new Date(NOW - daysAgo * DAY).toISOString(), properties };
}

export const order = (daysAgo: number, revenue: number): ObservedActivity =>
  done('Order Completed', daysAgo, { revenue });

/** What activities leave in a profile's memory, told in this order and cut after each as a write of then cuts. */
export function remembered(learned: Learned, activities: readonly ObservedActivity[], now = NOW, cap = 256) {
  const held = new Map<string, readonly Entry[]>();
  for (const activity of activities) {
    for (const { feed, keep } of learned.feeds) {
      const entry = feed.activity === activity.name ? feed.entryOf(activity) : undefined;
      if (entry === undefined) continue;
      const merged = mergeEntries(held.get(feed.key) ?? [], [entry]);
      const need = { key: feed.key, activity: feed.activity, keep: { ...keep, cap } };
      held.set(feed.key, cutEntries(need, merged, learned.cutAt(feed.key, now)));
    }
  }
  return (key: string) => held.get(key) ?? [];
}

/** Numbers in [0, 1) that a seed decides. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A normal number of mean 0 and deviation 1. */
export function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
