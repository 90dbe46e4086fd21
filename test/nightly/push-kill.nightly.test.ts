import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AudienceStage, LIST, openAudienceStage } from '../e2e/audience-stage.ts';
import { fewestCalls, loadAudience, pushUnderFire, sentWithoutNeed } from '../e2e/push-under-fire.ts';

const PEOPLE = 20_000;
const DEATHS = 20;
const SEEDS = [1, 2, 3];

let on: AudienceStage;
beforeAll(async () => {
  on = await openAudienceStage({
    readers: ['reader@example.com'],
    quietReaders: { when: { subscribed: 'email' } },
    quietMaxAdd: 100,
    // Whoever is wanted is loaded into the database itself.
    segments: [{ segment: 'nobody', when: { trait: 'nobody', exists: true } }],
    audiences: SEEDS.map((seed) => ({
      audience: `everybody-${seed}`,
      segment: 'nobody',
      target: { tag: `Everybody ${seed}` },
      when: undefined,
    })),
  });
});
afterAll(() => on?.close());

it.each(SEEDS)('a push of 20,000 survives twenty processes that are killed (%i)', async (seed) => {
  await loadAudience(on, `everybody-${seed}`, PEOPLE);
  const { deaths, failures, heard, run, outcomes } = await pushUnderFire(on, `everybody-${seed}`, {
    seed,
    deaths: DEATHS,
  });

  expect(deaths).toBeGreaterThanOrEqual(DEATHS);
  expect(run).toMatchObject({ state: 'finished' });
  expect(on.shop.tagged(LIST, `Everybody ${seed}`, { anyStatus: true })).toHaveLength(PEOPLE);
  expect(new Set(outcomes.map(({ profile }) => profile)).size).toBe(PEOPLE);
  expect(outcomes).toHaveLength(PEOPLE);
  expect(sentWithoutNeed(heard)).toBe(0);
  expect(heard.length).toBeLessThanOrEqual(fewestCalls(PEOPLE) + deaths + failures);
});
