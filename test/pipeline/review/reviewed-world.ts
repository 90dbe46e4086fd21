import type { Change } from '../../../lib/domain/change.ts';
import type { Definitions } from '../../../lib/domain/definitions.ts';
import { publishDefinitions } from '../../../lib/pipeline/define/switch-definitions.ts';
import { openPublishedWorld, publishable, versioned } from '../define/published-world.ts';
import { identityKey } from '../delivering.ts';
import { openHandClock } from '../memory-state.ts';
import type { Fate } from '../memory-stores.ts';
import { NOW } from '../world.ts';

export const DAY = 86_400_000;
const [tool] = publishable.audiences;

/** Customers with an objective and a holdout, those who are large, and what is measured of both. */
export const reviewed: Definitions = versioned({
  ...publishable,
  personas: [{ persona: 'buyer', messages: { email: 'Prices' } }],
  segments: [
    {
      segment: 'customers',
      title: 'Customers',
      persona: 'buyer',
      when: { all: [{ trait: 'stage', is: 'customer' }, { not: { trait: 'size', gte: 1_000 } }] },
      objective: {
        metric: 'conversion',
        goal: { did: 'Ordered', within: '30 days' },
        baseline: '10%',
        target: '50%',
        since: '2026-11-01',
        by: '2026-12-31',
      },
      review: { every: 'every 7 days', label: { trait: 'loyal', is: true } },
    },
    {
      segment: 'large',
      when: {
        any: [
          { trait: 'size', gte: 10 },
          { trait: 'vip', is: true },
        ],
      },
    },
  ],
  audiences: [{ ...tool, audience: 'to-tool', segment: 'customers', holdout: 0.4 } as Definitions['audiences'][number]],
  measures: {
    within: '30 days',
    engagement: ['Opened', 'Clicked'],
    revenue: { did: 'Ordered', property: 'total' },
    nps: { did: 'Answered', property: 'score' },
    sentiment: 'mood',
  },
});

/** What somebody did, days before `NOW`. */
export interface Done {
  readonly name: string;
  readonly daysAgo: number;
  readonly properties?: Readonly<Record<string, number>>;
}

/** A record of a person with what they did. */
export function tellOf(
  id: number,
  traits: Readonly<Record<string, string | number | boolean>>,
  done: readonly Done[],
): Change[] {
  const told = { fragment: `crm:contact:${id}`, identifiers: [{ type: 'email', value: `p${id}@example.com` }] };
  return [
    { kind: 'profile', ...told, at: at(90), traits },
    ...done.map(({ name, daysAgo, properties = {} }, nth) => ({
      kind: 'activity' as const,
      ...told,
      at: at(daysAgo),
      id: `${id}-${nth}`,
      name,
      properties,
    })),
  ];
}

export function at(daysAgo: number): string {
  return new Date(NOW - daysAgo * DAY).toISOString();
}

/** The published world with a clock to pass, in which every worker may die. */
export async function openReviewedWorld(fate?: Fate, definitions = reviewed) {
  const clock = openHandClock(NOW);
  const world = openPublishedWorld(fate, () => identityKey, clock);
  await world.persist(() => publishDefinitions(world.deps, definitions));
  const night = async (scheduledAt: string): Promise<void> => {
    await world.deliver({ recount: true, scheduledAt });
    await world.drain();
  };
  return { ...world, clock, night };
}
