import { expect, it } from 'vitest';
import { withEngines } from '../engines.ts';
import { openFire, pushUnderFire } from '../pipeline/push-under-fire.ts';

const engines = withEngines();
const MEMBERS = 20_000;

it.each([1, 2, 3])('a push of 20,000 survives twenty deaths (%i)', async (seed) => {
  const fire = await openFire(engines(), `kill${seed}`, {});
  try {
    const { deaths, failures, calls, least } = await pushUnderFire(fire, MEMBERS, seed);
    const outcomes = await fire.outcomes();

    expect(deaths).toBe(20);
    expect(await fire.run()).toMatchObject({ state: 'finished' });
    expect(fire.list()).toHaveLength(MEMBERS);
    expect(new Set(outcomes.map(({ profile }) => profile)).size).toBe(MEMBERS);
    expect(outcomes).toHaveLength(MEMBERS);
    expect(calls).toBeLessThanOrEqual(least + deaths + failures);
  } finally {
    await fire.close();
  }
});
