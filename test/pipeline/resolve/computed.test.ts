import { expect, it } from 'vitest';
import type { Change } from '../../../lib/domain/change.ts';
import { compileDefinitions } from '../../../lib/domain/decide.ts';
import type { Definitions } from '../../../lib/domain/definitions.ts';
import { describePerson } from '../../../lib/pipeline/describe/describe-person.ts';
import { deliver, openResolver, standingClock } from '../delivering.ts';
import { openMemoryStores } from '../memory-stores.ts';
import { definitions, NOW } from '../world.ts';

const DAY = 86_400_000;
const written: Definitions = {
  ...definitions,
  version: 'listening',
  segments: [{ segment: 'unhappy', when: { trait: 'computed.sentiment', lt: -0.2 } }],
  audiences: [],
  listening: { to: ['Comment Posted'], topics: { delivery: ['delivery', 'parcel'] } },
  computed: {
    sentiment: {
      halfLifeMs: 90 * DAY,
      trendMs: 14 * DAY,
      least: 2,
      from: [{ did: 'Comment Posted', by: 'sentiment', weight: 1 }],
    },
    interests: { halfLifeMs: 90 * DAY, least: 1, from: [{ did: 'Comment Posted', by: 'topic', weight: 1 }] },
  },
};
const compiled = compileDefinitions(written);

const comment = (id: string, text: string, daysAgo: number): Change => ({
  kind: 'activity',
  fragment: 'social:person:1',
  id,
  at: new Date(NOW - daysAgo * DAY).toISOString(),
  name: 'Comment Posted',
  properties: { text },
});
const comments = [
  comment('c1', 'The delivery was terrible, I am very disappointed and angry', 3),
  comment('c2', 'This is awful, the worst service ever', 2),
  comment('c3', 'Das ist wunderbar und sehr schön', 1),
];

it('reads what people wrote, keeps what it read with the activity, and decides and explains by it', async () => {
  const stores = openMemoryStores();
  await deliver(stores, [comments], { compiled: async () => compiled });

  const [person] = stores.living();
  expect(Object.keys(person?.memberships ?? {})).toEqual(['unhappy']);
  const page = await describePerson(
    { ...stores, clock: standingClock },
    person ?? expect.fail('nobody is there'),
    compiled,
  );
  expect(page.traits).toMatchObject({ computed: { interests: ['delivery'], sentiment_trend: 'steady' } });
  expect(page.facets.implicit.find(({ name }) => name === 'computed.sentiment')).toMatchObject({
    source: 'computed',
    because: 'the mean of 2 × Comment Posted, the latest 2026-11-19T12:00:00.000Z',
  });
  expect(page.activities.latest.map(({ properties }) => Object.keys(properties ?? {}).sort())).toEqual([
    ['language', 'text'],
    ['language', 'sentiment', 'text'],
    ['language', 'sentiment', 'text', 'topic'],
  ]);
});

it('fills people from their history when a computed trait is defined later', async () => {
  const stores = openMemoryStores();
  const { computed: _, ...listening } = written;
  const before = compileDefinitions({ ...listening, version: 'before' });
  await deliver(stores, [comments], { compiled: async () => before });
  const [person] = stores.living();
  expect(Object.keys(person?.memberships ?? {})).toEqual([]);

  const given = { compiled: async () => compiled, versions: async () => before };
  await openResolver(stores, given).resolve([{ changes: [], profiles: [person?.id ?? ''], accounts: [] }]);

  expect(stores.living().map(({ memberships }) => Object.keys(memberships))).toEqual([['unhappy']]);
});
