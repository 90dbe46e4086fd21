import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openComputed } from '../../../lib/domain/computed/computed.ts';
import type { ComputedRules } from '../../../lib/domain/computed/rules.ts';
import type { JsonObject } from '../../../lib/domain/json.ts';
import { compile } from '../../../lib/domain/segment/compile.ts';
import { cutEntries, type Entry, mergeEntries, type ObservedActivity } from '../../../lib/domain/segment/entries.ts';

const DAY = 86_400_000;
const NOW = Date.parse('2026-11-21T12:00:00Z');
const weighing = { halfLifeMs: 30 * DAY, least: 1 };
const rules: ComputedRules = {
  interests: {
    ...weighing,
    from: [
      { did: 'Product Viewed', by: 'category', weight: 1 },
      { did: 'Order Completed', by: 'category', weight: 5 },
    ],
  },
  channel: {
    ...weighing,
    from: [
      { did: 'Email Opened', channel: 'email', weight: 1 },
      { did: 'Comment Posted', channel: 'social', weight: 3 },
    ],
  },
  best_hour: { ...weighing, from: [{ did: 'Email Opened', weight: 1 }], timezone: 'Europe/Berlin' },
  email_engagement: { ...weighing, sent: ['Email Delivered'], from: [{ did: 'Email Opened', weight: 0.5 }] },
  sentiment: { ...weighing, from: [{ did: 'Comment Posted', by: 'sentiment', weight: 1 }], trendMs: 7 * DAY },
};
const computed = openComputed(rules);

let made = 0;
const did = (name: string, daysAgo: number, properties: JsonObject = {}): ObservedActivity => {
  made += 1;
  return { id: `a${made}`, name, at: new Date(NOW - daysAgo * DAY).toISOString(), properties };
};

function entriesOf(activities: readonly ObservedActivity[], now = NOW) {
  const held = new Map<string, readonly Entry[]>();
  for (const activity of activities) {
    for (const { feed } of computed.feeds.filter(({ feed: { activity: name } }) => name === activity.name)) {
      const entry = feed.entryOf(activity);
      if (entry === undefined) continue;
      const keep = { latest: 64, oldest: false, window: 0, cap: 256 };
      const need = { key: feed.key, activity: feed.activity, keep };
      held.set(feed.key, cutEntries(need, mergeEntries(held.get(feed.key) ?? [], [entry]), now));
    }
  }
  return (key: string) => held.get(key) ?? [];
}

const told = (activities: readonly ObservedActivity[], now = NOW, timezone?: string) =>
  Object.fromEntries(
    [...computed.traitsOf(entriesOf(activities, now), timezone, now)].map(([path, { value }]) => [path, value]),
  );

describe('a computed trait', () => {
  it('names interests by weight and age, whatever case they are written in', () => {
    const activities = [
      ...[1, 2, 3, 4].map((days) => did('Product Viewed', days, { category: 'Shoes' })),
      did('Order Completed', 10, { category: 'shoes' }),
      did('Product Viewed', 2, { category: 'Hats' }),
      did('Order Completed', 300, { category: 'Gloves' }),
    ];

    expect(told(activities)).toMatchObject({
      'computed.interests': ['Shoes', 'Hats'],
      'computed.top_interest': 'Shoes',
    });
    const { because } = computed.traitsOf(entriesOf(activities), undefined, NOW).get('computed.top_interest') ?? {};
    expect(because).toBe('Shoes 89 %: 1 × Order Completed, 4 × Product Viewed, the latest 2026-11-20T12:00:00.000Z');
  });

  it('names the channel on which somebody answers most', () => {
    const activities = [did('Email Opened', 1), did('Email Opened', 2), did('Comment Posted', 1)];

    expect(told(activities)).toMatchObject({ 'computed.channel': 'social' });
  });

  it('tells the hour on the person’s own clock, or the workspace’s', () => {
    const activities = [did('Email Opened', 1), did('Email Opened', 2)];

    expect(told(activities)).toMatchObject({ 'computed.best_hour': 13 });
    expect(told(activities, NOW, 'America/New_York')).toMatchObject({ 'computed.best_hour': 7 });
    expect(told(activities, NOW, 'nowhere')).toMatchObject({ 'computed.best_hour': 13 });
  });

  it('tells which part of the letters was answered, and nothing of somebody who had none', () => {
    const letters = [1, 2, 3, 4].map((days) => did('Email Delivered', days));

    expect(told(letters)).toMatchObject({ 'computed.email_engagement': 0 });
    expect(told([...letters, did('Email Opened', 1), did('Email Opened', 2)])).toMatchObject({
      'computed.email_engagement': 0.26,
    });
    expect(told([did('Email Opened', 1)])).not.toHaveProperty('computed.email_engagement');
  });

  it('tells how somebody feels, and where it is going', () => {
    const comments = [90, 60, 30].map((days) => did('Comment Posted', days, { sentiment: 0.8 }));
    const angry = [2, 1].map((days) => did('Comment Posted', days, { sentiment: -0.9 }));

    expect(told(comments)).toMatchObject({ 'computed.sentiment': 0.8, 'computed.sentiment_trend': 'steady' });
    expect(told([...comments, ...angry])).toMatchObject({ 'computed.sentiment_trend': 'falling' });
  });

  it('says nothing of less than the rule asks for', () => {
    const strict = openComputed({ channel: { ...weighing, least: 3, from: rules.channel?.from ?? [] } });
    const activities = [did('Email Opened', 1), did('Email Opened', 2)];

    expect(strict.traitsOf(entriesOf(activities), undefined, NOW).size).toBe(0);
  });

  it('counts what lies ahead from its own instant on, and says when that is', () => {
    const activities = [did('Email Opened', 1), did('Comment Posted', -2)];
    const entries = entriesOf(activities);

    expect(computed.flipsAt(entries, NOW)).toBe(NOW + 2 * DAY);
    expect(told(activities)).toMatchObject({ 'computed.channel': 'email' });
    expect(told(activities, NOW + 2 * DAY)).toMatchObject({ 'computed.channel': 'social' });
    expect(computed.flipsAt(entries, NOW + 2 * DAY)).toBe(Number.POSITIVE_INFINITY);
  });
});

const activity = fc
  .record({
    id: fc.string({ minLength: 1, maxLength: 3 }),
    name: fc.constantFrom('Product Viewed', 'Order Completed', 'Email Opened', 'Email Delivered', 'Comment Posted'),
    hoursAgo: fc.integer({ min: 0, max: 24 * 200 }),
    category: fc.constantFrom('shoes', 'Shoes', 'hats', ''),
    sentiment: fc.constantFrom(-1, -0.5, 0, 0.25, 1),
  })
  .map(
    ({ hoursAgo, category, sentiment, ...rest }): ObservedActivity => ({
      ...rest,
      at: new Date(NOW - hoursAgo * 3_600_000).toISOString(),
      properties: { category, sentiment },
    }),
  );

describe('computed traits', () => {
  it('are the same in any order, with any repetition', () => {
    fc.assert(
      fc.property(fc.array(activity, { maxLength: 150 }), fc.array(fc.nat(), { maxLength: 40 }), (list, picks) => {
        const again = picks.flatMap((pick) => list.slice(pick % (list.length + 1), (pick % (list.length + 1)) + 1));
        const other = [...again, ...list.toReversed()];

        expect(told(other)).toEqual(told(list));
      }),
    );
  });

  it('do not move by the passing of time', () => {
    fc.assert(
      fc.property(fc.array(activity, { maxLength: 60 }), fc.integer({ min: 0, max: 2_000 }), (list, days) => {
        expect(told(list, NOW + days * DAY)).toEqual(told(list));
      }),
    );
  });
});

describe('a segment that reads a computed trait', () => {
  const program = compile(
    [
      { segment: 'by-mail', when: { trait: 'computed.channel', is: 'email' } },
      { segment: 'customers', when: { trait: 'stage', is: 'customer' } },
    ],
    { timezone: 'Europe/Berlin', made: [computed] },
  );

  it('can be moved by the activities behind it, and by the time zone', () => {
    expect(program.moves.activities('Comment Posted')).toEqual([0]);
    expect(program.moves.activities('Order Shipped')).toEqual([]);
    expect(program.moves.traits('timezone')).toEqual([0]);
    expect(program.moves.traits('stage')).toEqual([1]);
  });

  it('has its activities kept, each once', () => {
    const names = program.needs.map(({ activity: name }) => name).sort();

    expect(names).toEqual([
      'Comment Posted',
      'Comment Posted',
      'Email Delivered',
      'Email Opened',
      'Order Completed',
      'Product Viewed',
    ]);
  });
});
