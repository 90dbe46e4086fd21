import { describe, expect, it } from 'vitest';
import { withEngines } from '../engines.ts';
import { openFire, pushUnderFire } from './push-under-fire.ts';

const engines = withEngines();
const DAY = 24 * 3_600_000;
const MEMBERS = 3_000;
const REMOVED = { in: false, reason: 'not-in-segment' } as const;

describe('a push under fire', () => {
  it('ends with the list that is wanted, everybody with one outcome, nobody sent more often than workers died', async () => {
    const fire = await openFire(engines(), 'fire', {});
    try {
      const { deaths, failures, calls, least } = await pushUnderFire(fire, MEMBERS, 7);

      expect(await fire.run()).toMatchObject({ state: 'finished' });
      expect(fire.list()).toHaveLength(MEMBERS);
      const outcomes = await fire.outcomes();
      expect(outcomes).toHaveLength(MEMBERS);
      expect(new Set(outcomes.map(({ profile }) => profile)).size).toBe(MEMBERS);
      expect(outcomes.every(({ status }) => status === 'applied' || status === 'unchanged')).toBe(true);
      // A death costs at most the batch that was under way, a 500 at most one more try.
      expect(deaths).toBeGreaterThan(5);
      expect(calls).toBeLessThanOrEqual(least + deaths + failures);
    } finally {
      await fire.close();
    }
  });
});

describe('the night in which everybody was unsubscribed', () => {
  it('is held: a source that suddenly has a tenth of its people takes nobody off', async () => {
    const fire = await openFire(engines(), 'tenth', {});
    try {
      const people = Array.from({ length: 200 }, (_, n) => n);
      for (const n of people) fire.join(fire.addressOf(n));
      await fire.want(
        people.map((n) => ({
          profile: fire.idOf(n),
          wanted: { in: true, keys: [{ type: 'email', value: fire.addressOf(n) }] },
        })),
      );
      await fire.push();
      expect(await fire.run()).toMatchObject({ state: 'finished', tally: { added: 200 } });
      const writes = () => fire.mailchimp.calls.filter(({ method }) => method !== 'GET').length;
      const before = writes();
      fire.clock.pass(DAY);

      await fire.want(people.slice(20).map((n) => ({ profile: fire.idOf(n), wanted: REMOVED })));
      await fire.push();

      const run = await fire.run();
      expect(run).toMatchObject({ state: 'held', plan: { remove: 180, unchanged: 20 } });
      expect(run?.holds?.map(({ guard }) => guard)).toEqual(['max-remove']);
      expect(run?.holds?.[0]?.says).toBe('180 of 200 would be removed; at most 5 % may be');
      expect(writes()).toBe(before);
      expect(fire.list()).toHaveLength(200);
      expect(fire.told.join()).toContain('tributary approve');
    } finally {
      await fire.close();
    }
  });

  it('is held: a tag that was renamed makes no new one, and nobody is touched', async () => {
    const fire = await openFire(engines(), 'renamed', {});
    try {
      for (let n = 0; n < 50; n += 1) fire.join(fire.addressOf(n));
      await fire.want(
        Array.from({ length: 50 }, (_, n) => ({
          profile: fire.idOf(n),
          wanted: { in: true, keys: [{ type: 'email', value: fire.addressOf(n) }] },
        })),
      );
      await fire.push();
      fire.clock.pass(DAY);

      // Renamed in the tool: by the name that the audience has, there is none.
      fire.bindTo('Offers of spring');
      await fire.push();

      expect(await fire.run()).toMatchObject({
        state: 'held',
        holds: [{ guard: 'list-replaced' }],
        plan: { add: 50, remove: 0 },
      });
      expect(fire.list()).toHaveLength(50);
      expect(fire.mailchimp.tagged('a1b2c3', 'Offers of spring')).toEqual([]);
    } finally {
      await fire.close();
    }
  });

  it('neither unsubscribes nor subscribes anybody when all of them unsubscribe', async () => {
    const fire = await openFire(engines(), 'leaving', {});
    try {
      for (let n = 0; n < 50; n += 1) fire.join(fire.addressOf(n));
      const wanted = (n: number) => ({
        profile: fire.idOf(n),
        wanted: { in: true as const, keys: [{ type: 'email', value: fire.addressOf(n) }] },
      });
      await fire.want(Array.from({ length: 50 }, (_, n) => wanted(n)));
      await fire.push();
      for (let n = 0; n < 50; n += 1) fire.unsubscribe(fire.addressOf(n));
      await fire.want(
        Array.from({ length: 50 }, (_, n) => ({
          profile: fire.idOf(n),
          wanted: { in: false as const, reason: 'no-consent' as const },
        })),
      );
      fire.clock.pass(DAY);
      await fire.push();
      expect(await fire.run()).toMatchObject({
        state: 'held',
        holds: [{ guard: 'empty-segment' }],
        plan: { removedBecause: { 'no-consent': 50 } },
      });
      expect(fire.statuses().every((status) => status === 'unsubscribed')).toBe(true);

      // And a CRM that says all of them may be written to again adds none of them.
      await fire.want(Array.from({ length: 50 }, (_, n) => wanted(n)));
      fire.clock.pass(DAY);
      await fire.push();
      await fire.drain();
      expect(fire.statuses().every((status) => status === 'unsubscribed')).toBe(true);
    } finally {
      await fire.close();
    }
  });
});
