import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Truth } from '../../../lib/connectors/contract.ts';
import { TributaryError } from '../../../lib/domain/errors.ts';
import { differenceOf } from '../../../lib/domain/push.ts';
import type { VerifyCommand } from '../../../lib/pipeline/verify/verify-run.ts';
import { readTogether } from '../memory-state.ts';
import { definitions, NOW } from '../world.ts';
import { everyDifference, fill, MINUTE, openRig } from './verify-rig.ts';

describe('verifyAudience', () => {
  it('names every difference and changes nothing when it reports', async () => {
    const rig = openRig();
    await rig.pushed();
    fill(rig);
    const before = JSON.stringify([...rig.rows]);

    await rig.check();

    expect(await rig.run()).toMatchObject({
      state: 'finished',
      compares: 'members',
      listed: 23,
      believed: 25,
      agree: 20,
      differences: everyDifference,
      known: { 'never-matched': 1 },
      healed: 0,
      sample: { 'removed-by-hand': ['taken'], unsubscribed: ['left'], forgotten: ['erased'] },
    });
    expect(JSON.stringify([...rig.rows])).toBe(before);
  });

  it('keeps everybody who differs in the archive, and no address in the run', async () => {
    const rig = openRig();
    await rig.pushed();
    fill(rig);

    await rig.check();

    const { members, ...run } = await rig.run();
    const kept = [...rig.archive.objects].filter(([key]) => /\/(rows|strangers)-\d+/.test(key));
    expect(kept.every(([key]) => key.startsWith(members))).toBe(true);
    expect(
      kept
        .flatMap(([, value]) => value as { as?: string }[])
        .map(({ as = 'stranger' }) => as)
        .sort(),
    ).toEqual([
      'added-by-hand',
      'cleaned',
      'forgotten',
      'lost-in-failed-batch',
      'removed-by-hand',
      'stranger',
      'unsubscribed',
    ]);
    expect(JSON.stringify([run, await rig.state.list('run', { most: 9 })])).not.toContain('@');
  });

  it('leaves to the next push exactly what makes the list as wanted', async () => {
    const rig = openRig({ heal: 'restore' });
    await rig.pushed();
    fill(rig);

    await rig.check();

    const work = [...rig.rows.values()]
      .filter(({ pending }) => pending)
      .flatMap((row) => differenceOf(row, 'mirror').map(({ op, keys: [key] }) => `${op} ${key?.value}`));
    expect(work.sort()).toEqual([
      'add lost@example.com',
      'add taken@example.com',
      'remove gone@example.com',
      'remove stranger@example.org',
    ]);
    expect(rig.told('left')).toMatchObject({ outcome: 'refused', code: 'unsubscribed' });
    expect(rig.told('bounced')).toMatchObject({ outcome: 'refused', code: 'cleaned' });
    expect(rig.told('erased')).toMatchObject({ in: false, outcome: 'refused', code: 'forgotten' });
    expect(await rig.run()).toMatchObject({ state: 'finished', healed: 6 });
  });

  it('learns the list as it is, and finds nothing more the next time', async () => {
    const rig = openRig({ heal: 'adopt' });
    await rig.pushed();
    fill(rig);
    await rig.check();
    const pending = [...rig.rows.values()].filter((row) => row.pending).map(({ profile }) => profile);

    rig.clock.pass(MINUTE);
    await rig.check({ scheduledAt: rig.clock.now().toISOString() });

    expect(pending).toEqual(['lost']);
    expect((await rig.run()).differences).toEqual({ 'lost-in-failed-batch': 1 });
  });

  it('finds nothing more after it had the list restored and the push has run', async () => {
    const rig = openRig({ heal: 'restore' });
    await rig.pushed();
    for (let n = 0; n < 5; n += 1) rig.settled(`same${n}`);
    rig.list.set('stranger@example.org', 'reachable');
    await rig.check();

    // What the push does about the row that was made for them.
    const [made] = [...rig.rows.values()].filter(({ pending }) => pending);
    if (made?.told === undefined) throw new Error('nobody is to be removed');
    rig.list.delete('stranger@example.org');
    Object.assign(made, { told: { ...made.told, in: false, outcome: 'applied' }, toldVersion: 2, pending: false });
    rig.clock.pass(MINUTE);
    await rig.check({ scheduledAt: rig.clock.now().toISOString() });

    expect(made.profile).not.toContain('@');
    expect((await rig.run()).differences).toEqual({});
  });

  it('heals the same people whatever line it dies at', async () => {
    const calm = openRig({ heal: 'restore' });
    await calm.pushed();
    fill(calm);
    await calm.check();
    const outcome = (rig: ReturnType<typeof openRig>) =>
      [...rig.rows.values()].map(({ profile, told, pending }) => [profile, told?.in, told?.code, pending]).sort();

    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.integer({ min: 0, max: 7 })), async (numbers) => {
        const dying = { now: false };
        const fates = numbers[Symbol.iterator]();
        const fate = () => {
          const number = dying.now ? fates.next().value : 7;
          return number === 0 ? ('dies-before' as const) : number === 1 ? ('dies-after' as const) : ('lives' as const);
        };
        const rig = openRig({ heal: 'restore', fate });
        await rig.pushed();
        fill(rig);
        dying.now = true;
        for (let tries = 0; tries < 200 && (await rig.run())?.endedAt === undefined; tries += 1) {
          const stop = new AbortController();
          rig.tool.onPage = () => (Number(fates.next().value) < 3 ? stop.abort() : undefined);
          await rig.check({}, stop.signal);
          rig.clock.pass(4 * MINUTE);
        }

        expect(outcome(rig)).toEqual(outcome(calm));
        expect(await rig.run()).toMatchObject({
          state: 'finished',
          differences: everyDifference,
          healed: 6,
          listed: 23,
        });
      }),
      { numRuns: 60 },
    );
  });

  it('judges nobody who was sent while the list was read', async () => {
    const rig = openRig();
    await rig.pushed();
    rig.settled('ann');
    rig.list.delete('ann@example.com');
    const row = rig.rows.get('ann');
    if (row?.told !== undefined) Object.assign(row, { told: { ...row.told, at: NOW + 1 } });

    await rig.check();

    expect(await rig.run()).toMatchObject({ differences: {}, moved: 1 });
  });

  it('says that somebody deleted the list, and makes none', async () => {
    const rig = openRig({ heal: 'restore' });
    await rig.pushed();
    fill(rig);
    rig.tool.remoteId = undefined;
    const before = JSON.stringify([...rig.rows]);

    await rig.check();

    expect(await rig.run()).toMatchObject({ state: 'list-missing', error: { code: 'verify/list-missing' } });
    expect(JSON.stringify([...rig.rows])).toBe(before);
    expect(rig.queue.take()).toEqual([]);
  });

  it('does not take a list that is deleted while it is read for one that everybody was taken off', async () => {
    const rig = openRig({ heal: 'adopt' });
    await rig.pushed();
    for (let n = 0; n < 8; n += 1) rig.settled(`same${n}`);
    rig.tool.onPage = () => {
      rig.tool.remoteId = undefined;
      rig.list.clear();
    };

    await rig.check();

    expect(await rig.run()).toMatchObject({ state: 'list-missing', differences: {} });
  });

  it('does not compare with another list of the same name, nor before the first push', async () => {
    const rig = openRig();
    await rig.check();
    expect((await rig.run()).state).toBe('never-pushed');

    await rig.pushed();
    rig.tool.remoteId = 'l2';
    rig.clock.pass(MINUTE);
    await rig.check({ scheduledAt: rig.clock.now().toISOString() });
    expect((await rig.run()).state).toBe('list-replaced');
  });

  it('touches nobody when more differ than the guardrails allow', async () => {
    const limits = definitions.guardrails;
    expect(limits).toMatchObject({ maxAdd: 1, maxRemove: 1 });
    const rig = openRig({ heal: 'adopt' });
    await rig.pushed();
    rig.settled('ann');
    for (let n = 0; n < 30; n += 1) rig.list.set(`n${n}@example.org`, 'reachable');

    await rig.check();

    expect(await rig.run()).toMatchObject({ state: 'held', healed: 0, error: { code: 'verify/too-many' } });
    expect([...rig.rows.keys()]).toEqual(['ann']);
  });

  it('compares counts where nobody may read the list, and says so', async () => {
    const facets = { size: async () => 7 };
    const rig = openRig({ facets: { ...facets, members: undefined } as unknown as Partial<Truth<unknown>> });
    await rig.pushed();
    for (let n = 0; n < 9; n += 1) rig.settled(`same${n}`);

    await rig.check();

    expect(await rig.run()).toMatchObject({
      compares: 'counts',
      listed: 7,
      believed: 9,
      differences: { 'count-differs': 2 },
    });
  });

  it('says that a tool shows no lists', async () => {
    const rig = openRig({ facets: 'none' });

    await rig.check();

    expect(await rig.run()).toMatchObject({ state: 'not-possible', error: { code: 'verify/not-possible' } });
  });

  it('waits as long as the tool asks, then goes on', async () => {
    const busy = { now: true };
    const rig = openRig({
      facets: {
        find: async () => {
          if (busy.now) throw new TributaryError('rate-limited', 'tool/busy', 'wait', { retryAfterMs: 90_000 });
          return { remoteId: 'l1' };
        },
      },
    });
    await rig.pushed();
    rig.settled('ann');
    await rig.check();
    const [message] = rig.queue.take();
    busy.now = false;
    rig.clock.pass(2 * MINUTE);

    await rig.check(message?.body as unknown as VerifyCommand);

    expect(message).toMatchObject({ body: { verify: 'to-tool' }, delaySeconds: 90 });
    expect(await rig.run()).toMatchObject({ state: 'finished', agree: 1 });
  });

  it('is carried on by a message that comes again while the worker that died still has the run', async () => {
    let finds = 0;
    const rig = openRig({
      facets: {
        find: async () => {
          finds += 1;
          if (finds === 1) await new Promise(() => {});
          return { remoteId: 'l1' };
        },
      },
    });
    await rig.pushed();
    rig.settled('ann');
    void rig.check();
    while (finds === 0) await new Promise((done) => setImmediate(done));

    await rig.check(); // And is done by that: the queue shows it no more.
    const [message, ...others] = rig.queue.take();
    rig.clock.pass((message?.delaySeconds ?? 0) * 1_000);
    await rig.check(message?.body as unknown as VerifyCommand);

    expect(others).toEqual([]);
    expect(await rig.run()).toMatchObject({ state: 'finished', agree: 1 });
  });

  it('goes on although two deliveries of its message took it for free at one moment and the one that has it dies', async () => {
    let finds = 0;
    const find = async () => {
      finds += 1;
      if (finds === 1) await new Promise(() => {});
      return { remoteId: 'l1' };
    };
    const rig = openRig({ facets: { find } });
    await rig.pushed();
    rig.settled('ann');
    readTogether(rig.state, 'verify');
    await Promise.race([rig.check(), rig.check()]);
    const [message] = rig.queue.take();
    rig.clock.pass((message?.delaySeconds ?? 0) * 1_000);
    await rig.check(message?.body as unknown as VerifyCommand);

    expect(await rig.run()).toMatchObject({ state: 'finished', agree: 1 });
  });

  it('is done once for one firing, however often it comes, also after other checks', async () => {
    const rig = openRig();
    await rig.pushed();
    rig.settled('ann');
    await rig.check();
    rig.clock.pass(MINUTE);
    await rig.check({ scheduledAt: rig.clock.now().toISOString() });
    const { id } = await rig.run();
    rig.clock.pass(MINUTE);

    await rig.check();

    expect((await rig.run()).id).toBe(id);
    expect(await rig.state.list('run', { most: 9 })).toHaveLength(2);
  });

  it('makes one run of two firings of one schedule', async () => {
    const rig = openRig();
    await rig.pushed();
    rig.settled('ann');

    await rig.check();
    await rig.check();

    expect(await rig.state.list('run', { most: 9 })).toHaveLength(1);
    expect((await rig.run()).listed).toBe(1);
  });
});
