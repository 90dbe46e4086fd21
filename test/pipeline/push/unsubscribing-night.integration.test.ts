import { describe, expect, it } from 'vitest';
import { withEngines } from '../../engines.ts';
import { openNight } from './night-rig.ts';

const engines = withEngines();
const DAY = 24 * 3_600_000;
const REMOVED = { in: false, reason: 'not-in-segment' } as const;

describe('the night in which everybody was unsubscribed', () => {
  it('is held: a source that suddenly has a tenth of its people takes nobody off', async () => {
    const night = await openNight(engines(), 'tenth', {});
    try {
      const people = Array.from({ length: 200 }, (_, n) => n);
      for (const n of people) night.join(night.addressOf(n));
      await night.want(
        people.map((n) => ({
          profile: night.idOf(n),
          wanted: { in: true, keys: [{ type: 'email', value: night.addressOf(n) }] },
        })),
      );
      await night.push();
      expect(await night.run()).toMatchObject({ state: 'finished', tally: { added: 200 } });
      const writes = () => night.mailchimp.calls.filter(({ method }) => method !== 'GET').length;
      const before = writes();
      night.clock.pass(DAY);

      await night.want(people.slice(20).map((n) => ({ profile: night.idOf(n), wanted: REMOVED })));
      await night.push();

      const run = await night.run();
      expect(run).toMatchObject({ state: 'held', plan: { remove: 180, unchanged: 20 } });
      expect(run?.holds?.map(({ guard }) => guard)).toEqual(['max-remove']);
      expect(run?.holds?.[0]?.says).toBe('180 of 200 would be removed; at most 5 % may be');
      expect(writes()).toBe(before);
      expect(night.list()).toHaveLength(200);
      expect(night.told.join()).toContain('tributary approve');
    } finally {
      await night.close();
    }
  });

  it('is held: a tag that was renamed makes no new one, and nobody is touched', async () => {
    const night = await openNight(engines(), 'renamed', {});
    try {
      for (let n = 0; n < 50; n += 1) night.join(night.addressOf(n));
      await night.want(
        Array.from({ length: 50 }, (_, n) => ({
          profile: night.idOf(n),
          wanted: { in: true, keys: [{ type: 'email', value: night.addressOf(n) }] },
        })),
      );
      await night.push();
      night.clock.pass(DAY);

      // Renamed in the tool: by the name that the audience has, there is none.
      night.bindTo('Offers of spring');
      await night.push();

      expect(await night.run()).toMatchObject({
        state: 'held',
        holds: [{ guard: 'list-replaced' }],
        plan: { add: 50, remove: 0 },
      });
      expect(night.list()).toHaveLength(50);
      expect(night.mailchimp.tagged('a1b2c3', 'Offers of spring')).toEqual([]);
    } finally {
      await night.close();
    }
  });

  it('neither unsubscribes nor subscribes anybody when all of them unsubscribe', async () => {
    const night = await openNight(engines(), 'leaving', {});
    try {
      for (let n = 0; n < 50; n += 1) night.join(night.addressOf(n));
      const wanted = (n: number) => ({
        profile: night.idOf(n),
        wanted: { in: true as const, keys: [{ type: 'email', value: night.addressOf(n) }] },
      });
      await night.want(Array.from({ length: 50 }, (_, n) => wanted(n)));
      await night.push();
      for (let n = 0; n < 50; n += 1) night.unsubscribe(night.addressOf(n));
      await night.want(
        Array.from({ length: 50 }, (_, n) => ({
          profile: night.idOf(n),
          wanted: { in: false as const, reason: 'no-consent' as const },
        })),
      );
      night.clock.pass(DAY);
      await night.push();
      expect(await night.run()).toMatchObject({
        state: 'held',
        holds: [{ guard: 'empty-segment' }],
        plan: { removedBecause: { 'no-consent': 50 } },
      });
      expect(night.statuses().every((status) => status === 'unsubscribed')).toBe(true);

      // And a CRM that says all of them may be written to again adds none of them.
      await night.want(Array.from({ length: 50 }, (_, n) => wanted(n)));
      night.clock.pass(DAY);
      await night.push();
      await night.drain();
      expect(night.statuses().every((status) => status === 'unsubscribed')).toBe(true);
    } finally {
      await night.close();
    }
  });
});
