import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ProfileChange } from '../../../lib/domain/change.ts';
import { TributaryError } from '../../../lib/domain/errors.ts';
import { emptyFragment, type Fragment, foldFragment } from '../../../lib/domain/fragment.ts';
import type { Json } from '../../../lib/domain/json.ts';
import { startImport } from '../../../lib/pipeline/imports/import-file.ts';
import { rules } from '../world.ts';
import { openDroppedWorld } from './dropped-world.ts';

const mapping = { object: 'contact', id: 'No', identifiers: { email: 'Mail' }, traits: { plan: 'Plan' } };
const list = (plan: string) => `No,Mail,Plan\n1,ann@example.com,${plan}\n2,bob@example.com,${plan}\n`;
const contentOf = (plan: string) => createHash('sha256').update(list(plan)).digest('hex');
const day = (nth: number) => new Date(Date.UTC(2026, 10, nth)).toISOString();

/** Files with a plan for two people, each dropped on a day; and what the plans are by what was sent, in the order it was sent. */
function openPlans(fate: () => void = () => {}) {
  const world = openDroppedWorld(mapping, fate);
  const people = new Map<string, Fragment>();
  const noticeOf = (plan: string, on: number, name = 'members.csv'): Json => {
    const notice = world.drop(`drop/fair/${name}`, list(plan)) as { Records: { eventTime: string }[] };
    for (const record of notice.Records) record.eventTime = day(on);
    return notice as unknown as Json;
  };
  /** The rows that were sent since the last look. */
  const fold = (): number => {
    const changes = world.sent().flatMap((message) => message.changes as unknown as ProfileChange[]);
    for (const change of changes) {
      const { fragment } = change;
      people.set(fragment, foldFragment(people.get(fragment) ?? emptyFragment, change, rules));
    }
    return changes.length;
  };
  return {
    ...world,
    noticeOf,
    fold,
    async drop(plan: string, on: number, name?: string): Promise<number> {
      await world.finish(noticeOf(plan, on, name));
      return fold();
    },
    plans: () => [...people.values()].map(({ traits }) => traits.plan?.[0]),
  };
}

describe('a file that is dropped under one name with other content, and then as it was', () => {
  it('leaves people as the last drop says, however often it goes to and fro', async () => {
    const world = openPlans();
    for (const [nth, plan] of ['gold', 'silver', 'gold', 'silver', 'bronze', 'gold'].entries()) {
      expect([plan, await world.drop(plan, 1 + nth)]).toEqual([plan, 2]);
      expect(world.plans()).toEqual([plan, plan]);
    }
  });

  it('changes nothing when it is dropped once more, or told of twice or late', async () => {
    const world = openPlans();
    const [first, second] = [world.noticeOf('gold', 1), world.noticeOf('silver', 2)];
    world.noticeOf('gold', 1);
    await world.finish(first);
    world.noticeOf('silver', 2);
    await world.finish(second);
    const third = world.noticeOf('gold', 3);
    await world.finish(third);
    expect([world.fold(), world.plans()]).toEqual([6, ['gold', 'gold']]);

    for (const late of [third, second, first]) await world.finish(late);
    expect([world.fold(), await world.drop('gold', 4), world.plans()]).toEqual([0, 0, ['gold', 'gold']]);
  });

  it('counts by when it was dropped, also where its notice overtakes that of a former drop', async () => {
    const world = openPlans();
    await world.drop('gold', 1);
    await world.drop('silver', 2);
    const [third, fourth] = [world.noticeOf('gold', 3), world.noticeOf('silver', 4)];
    await world.finish(fourth);
    // Its bytes are replaced; and what replaces them now was first dropped then.
    await world.finish(third);
    expect([world.fold(), world.plans()]).toEqual([0, ['silver', 'silver']]);

    expect([await world.drop('gold', 5), world.plans()]).toEqual([2, ['gold', 'gold']]);
    await world.finish(world.noticeOf('silver', 2));
    expect([world.fold(), world.plans()]).toEqual([0, ['gold', 'gold']]);
  });

  it('is one import wherever its worker dies', async () => {
    let deaths = 0;
    for (let at = 0; at < 60; at += 1) {
      let steps = Number.POSITIVE_INFINITY;
      const world = openPlans(() => {
        steps -= 1;
        if (steps === 0) throw new Error('dies');
      });
      await world.drop('gold', 1);
      await world.drop('silver', 2);
      const notice = world.noticeOf('gold', 3);
      steps = at;
      await world.finish(notice).catch(() => {
        deaths += 1;
      });
      steps = Number.POSITIVE_INFINITY;
      world.clock.pass(3_600_000);
      await world.finish(notice);

      world.fold();
      expect([at, world.plans()]).toEqual([at, ['gold', 'gold']]);
      expect((await world.state.list('import', { most: 9 })).length).toBe(3);
    }
    expect(deaths).toBeGreaterThan(10);
  });

  it('goes on where the same file failed on its way, when it is dropped again', async () => {
    let failed = 0;
    for (let at = 1; at < 30; at += 1) {
      let steps = Number.POSITIVE_INFINITY;
      const world = openPlans(() => {
        steps -= 1;
        if (steps === 0) throw new TributaryError('rejected', 'import/mapping-moved', 'refused');
      });
      await world.drop('gold', 1);
      await world.drop('silver', 2);
      const notice = world.noticeOf('gold', 3);
      steps = at;
      // Where the run itself cannot be noted, the message comes again.
      await world.finish(notice).catch(() => world.finish(notice));
      steps = Number.POSITIVE_INFINITY;
      if ((await world.runs()).some(({ state }) => state === 'failed')) failed += 1;

      await world.drop('gold', 4);
      expect([at, world.plans()]).toEqual([at, ['gold', 'gold']]);
      expect(await world.drop('gold', 5)).toBe(0);
    }
    expect(failed).toBeGreaterThan(3);
  });

  it('is another one than under another name, or by the command line, where each is taken once', async () => {
    const world = openPlans();
    await world.drop('gold', 1);
    expect(await world.drop('gold', 2, 'copy.csv')).toBe(0);
    await world.drop('silver', 3);
    // Still what it was, under its own name.
    expect(await world.drop('gold', 4, 'copy.csv')).toBe(0);
    expect(world.plans()).toEqual(['silver', 'silver']);
    // Told already, and since: it is the copy that comes after.
    expect(await world.drop('silver', 5, 'copy.csv')).toBe(0);
    await world.drop('gold', 6);
    expect(world.plans()).toEqual(['gold', 'gold']);

    const sent = await startImport(world, { connection: 'fair', content: contentOf('gold'), fileAt: day(7) });
    expect(sent).toMatchObject({ at: day(1), ended: true });
    expect(world.plans()).toEqual(['gold', 'gold']);
  });

  it('is compared with what was dropped since the release that remembers names', async () => {
    const world = openPlans();
    await world.drop('gold', 1);
    await world.drop('silver', 2);
    for (const { id } of await world.state.list('import-name', { most: 9 }))
      await world.state.remove('import-name', id);

    expect(await world.drop('gold', 3)).toBe(0);
    expect([await world.drop('silver', 4), await world.drop('gold', 5)]).toEqual([0, 2]);
    expect(world.plans()).toEqual(['gold', 'gold']);
  });
});
