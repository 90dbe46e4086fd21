import { describe, expect, it } from 'vitest';
import type { ConsentStatement } from '../../../lib/domain/change.ts';
import { findPush } from '../../../lib/pipeline/push/push-run.ts';
import type { PushCommand } from '../../../lib/pipeline/push/push-work.ts';
import { noteSourceSize } from '../../../lib/pipeline/sync/source-size.ts';
import { unwanted, wantedAs } from '../memory-audience.ts';
import { openRig } from './push-rig.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const people = (count: number) => Array.from({ length: count }, (_, n) => `p_${String(n).padStart(4, '0')}`);
const careful = { maxAdd: 0.2, maxRemove: 0.05, emptySegment: 'hold' } as const;

/** A list of a hundred people, pushed a week ago. */
async function openFilled(given: Parameters<typeof openRig>[0] = {}) {
  const rig = openRig({ guardrails: careful, ...given });
  for (const id of people(100)) rig.want(id, wantedAs(`${id}@example.com`));
  await rig.push();
  await rig.drain();
  expect(await rig.run()).toMatchObject({ state: 'finished', tally: { added: 100 } });
  rig.batches.length = 0;
  rig.clock.pass(7 * DAY);
  return rig;
}

describe('a push that would change too much', () => {
  it('stops before its first call, says why, and tells whoever is on call once', async () => {
    const rig = await openFilled();
    for (const id of people(20)) rig.want(id, { in: false, reason: 'no-consent' });

    await rig.push();
    await rig.push({ touched: true });

    const run = await rig.run();
    expect(run).toMatchObject({
      state: 'held',
      plan: { add: 0, remove: 20, size: 100, unchanged: 80, removedBecause: { 'no-consent': 20 }, calls: 1 },
      holds: [{ guard: 'max-remove', says: '20 of 100 would be removed; at most 5 % may be' }],
    });
    expect(rig.batches).toEqual([]);
    expect(rig.list.size).toBe(100);
    expect(rig.notified).toHaveLength(1);
    expect(rig.notified[0]?.text).toContain(`tributary approve ${run.id}`);
  });

  it('goes on by the approval of exactly that plan, and only once', async () => {
    const rig = await openFilled();
    for (const id of people(20)) rig.want(id, unwanted);
    await rig.push();

    await expect(rig.approve('another plan')).rejects.toMatchObject({ code: 'push/plan-moved' });
    await expect(rig.approve(undefined, 'to-tool.never')).rejects.toMatchObject({ code: 'api/no-such-run' });
    const both = await Promise.all([rig.approve(), rig.approve()]);
    await rig.drain();
    const late = await rig.approve();
    await rig.drain();

    expect(both.map(({ already }) => already).sort()).toEqual([false, true]);
    expect(late).toMatchObject({ already: true, state: 'finished' });
    expect(rig.batches).toHaveLength(1);
    expect(await rig.run()).toMatchObject({ state: 'finished', tally: { removed: 20 }, approved: { by: 'ops' } });
    expect(rig.list.size).toBe(80);
  });

  it('sends only who is in the plan and still wanted when it is approved later', async () => {
    const rig = await openFilled();
    for (const id of people(20)) rig.want(id, unwanted);
    await rig.push();
    const [back = '', ...gone] = people(20);
    rig.want(back, wantedAs(`${back}@example.com`));
    rig.want('p_0050', unwanted);

    await rig.approve();
    await rig.drain();

    expect(await rig.run()).toMatchObject({ tally: { removed: 19, postponed: 1 } });
    expect(rig.list.has(`${back}@example.com`)).toBe(true);
    expect(rig.list.has('p_0050@example.com')).toBe(true);
    expect(gone.some((id) => rig.list.has(`${id}@example.com`))).toBe(false);
  });

  it('is planned anew by the next night, and the former plan cannot be approved any more', async () => {
    const rig = await openFilled();
    for (const id of people(20)) rig.want(id, unwanted);
    await rig.push();
    const { id, plan } = await rig.run();
    for (const each of people(20)) rig.want(each, wantedAs(`${each}@example.com`));
    rig.clock.pass(DAY);

    await rig.push();

    expect(await rig.run()).toMatchObject({ state: 'finished', plan: { add: 0, remove: 0 } });
    await expect(rig.approve(plan?.hash, id)).rejects.toMatchObject({ code: 'push/plan-moved' });
    expect(rig.batches).toEqual([]);
    expect(rig.notified.at(-1)?.subject).toContain('well again');
  });

  it('counts the small steps of a day together', async () => {
    const rig = await openFilled({ guardrails: { ...careful, smallChange: 0 } });
    const states: string[] = [];
    for (const id of people(7)) {
      rig.want(id, unwanted);
      rig.clock.pass(MINUTE);
      await rig.push({ touched: true });
      states.push((await rig.run()).state);
    }

    expect(states).toEqual(['finished', 'finished', 'finished', 'finished', 'finished', 'held', 'held']);
    expect(rig.list.size).toBe(95);
  });

  it('does not empty a list, however short', async () => {
    const rig = openRig({ guardrails: { maxRemove: 1, emptySegment: 'hold' } });
    rig.want('p_1', wantedAs('ann@example.com'));
    await rig.push();
    rig.want('p_1', unwanted);
    rig.clock.pass(MINUTE);

    await rig.push();

    expect(await rig.run()).toMatchObject({ state: 'held', holds: [{ guard: 'empty-segment' }] });
  });

  it('does not add who opted out in the tool, unless their consent is newer', async () => {
    const rig = openRig({ guardrails: { maxAdd: 1 } });
    const consent = (at: number): ConsentStatement => ({
      address: 'ann@example.com',
      topic: 'email',
      state: 'granted',
      at: new Date(at).toISOString(),
      source: 'crm',
      by: 'company',
    });
    const wanted = (at: number) => ({ ...wantedAs('ann@example.com'), consent: consent(at) });
    rig.rig.outcome = () => ({ status: 'refused', code: 'unsubscribed' });
    rig.want('p_1', wanted(rig.clock.now().getTime() - 2 * DAY));
    await rig.push();
    rig.want('p_1', wanted(rig.clock.now().getTime() - DAY));
    rig.clock.pass(DAY);
    await rig.push();
    expect(await rig.run()).toMatchObject({ state: 'held', holds: [{ guard: 'opt-outs' }], plan: { optOuts: 1 } });

    rig.want('p_1', wanted(rig.clock.now().getTime()));
    rig.clock.pass(DAY);
    await rig.push();

    expect(await rig.run()).toMatchObject({ state: 'finished', tally: { refused: 1 } });
    expect(rig.told('p_1')?.consent).toMatchObject({ topic: 'email', source: 'crm' });
    expect(JSON.stringify(rig.told('p_1')?.consent)).not.toContain('@');
  });
});

describe('the approval of a push whose source shrank', () => {
  const source = 'crm/contacts';
  const sizeOf = async ({ state }: Awaited<ReturnType<typeof openFilled>>) =>
    (await state.get('source', source))?.body as { full: number; reference: number };

  /** Held, because the source brought a half of its people. */
  async function openShrunken() {
    const rig = await openFilled({ guardrails: { ...careful, maxRemove: 1, minSource: 0.8 } });
    const { definitions } = rig.deps;
    const [{ connections }, { connections: more }] = [
      await definitions(),
      await openRig({ sources: true }).deps.definitions(),
    ];
    Object.assign(rig.deps, {
      definitions: async () => ({ ...(await definitions()), connections: { ...connections, ...more } }),
    });
    const pull = (people: number) =>
      noteSourceSize(rig.deps, source, { id: `of ${people}`, backfill: true, people, gone: 0 }, 0.8);
    await pull(1_000);
    await pull(500);
    for (const id of people(20)) rig.want(id, unwanted);
    await rig.push({ touched: true });
    expect(await rig.run()).toMatchObject({ state: 'held', holds: [{ guard: 'min-source' }] });
    return { ...rig, pull };
  }

  it('believes the size that was seen', async () => {
    const rig = await openShrunken();
    await rig.approve();

    expect(await sizeOf(rig)).toMatchObject({ full: 500, reference: 500 });
  });

  it('believes no size that came after the plan', async () => {
    const rig = await openShrunken();
    await rig.pull(10);
    await rig.approve();

    expect(await sizeOf(rig)).toMatchObject({ full: 10, reference: 1_000 });
  });

  it('believes nothing when it is repeated, and sends the run on again', async () => {
    const rig = await openShrunken();
    await rig.approve();
    await rig.pull(10);
    rig.queue.take();

    expect(await rig.approve()).toMatchObject({ already: true });

    expect(await sizeOf(rig)).toMatchObject({ full: 10, reference: 500 });
    expect(rig.queue.take()).toHaveLength(1);
  });

  it('lists the run as approved before anybody can go on with it', async () => {
    const rig = await openShrunken();
    let listed: unknown;
    Object.assign(rig.deps.push, {
      send: async () => {
        listed = (await findPush(rig.state, (await rig.run()).id))?.approved;
      },
    });
    await rig.approve();

    expect(listed).toMatchObject({ by: 'ops' });
  });
});

describe('the first push', () => {
  it('fills an empty list by itself, and asks before it joins people that nobody told us of', async () => {
    const empty = openRig({ finds: true, guardrails: careful });
    const taken = openRig({ finds: true, guardrails: careful });
    taken.rig.found = { remoteId: 'list', holds: true };
    for (const rig of [empty, taken]) {
      for (const id of people(30)) rig.want(id, wantedAs(`${id}@example.com`));
      await rig.push();
    }

    expect(await empty.run()).toMatchObject({ state: 'finished', tally: { added: 30 } });
    expect(await taken.run()).toMatchObject({ state: 'held', holds: [{ guard: 'first-run' }] });
    expect(taken.batches).toEqual([]);
  });

  it('waits for an approval where the audience says so', async () => {
    const rig = openRig({ audience: { guardrails: { firstRun: 'hold' } } });
    rig.want('p_1', wantedAs('ann@example.com'));

    await rig.push();

    expect(await rig.run()).toMatchObject({ state: 'held', holds: [{ guard: 'first-run' }] });
  });
});

describe('a list that was renamed in the tool', () => {
  it('holds the run with what a new list would get, and makes none', async () => {
    const rig = await openFilled({ finds: true });
    rig.rig.found = undefined;
    rig.rig.remoteId = 'made anew';

    await rig.push();

    expect(await rig.run()).toMatchObject({
      state: 'held',
      holds: [{ guard: 'list-replaced' }],
      plan: { add: 100, remove: 0 },
    });
    expect(rig.told('p_0001')).toMatchObject({ in: true });

    // Given its name back, all is as it was.
    rig.rig.found = { remoteId: 'list', holds: true };
    rig.rig.remoteId = 'list';
    rig.clock.pass(DAY);
    await rig.push();
    expect(await rig.run()).toMatchObject({ state: 'finished', plan: { add: 0, remove: 0 } });
    expect(rig.batches).toEqual([]);
  });
});

describe('the plan', () => {
  it('has one hash for the same members, operations and versions, in whatever order they came', async () => {
    const hashes = new Set<string | undefined>();
    for (const order of [people(600), people(600).reverse()]) {
      const rig = openRig({ guardrails: { firstRun: 'hold' } });
      for (const id of order) rig.want(id, wantedAs(`${id}@example.com`));
      await rig.push();
      hashes.add((await rig.run()).plan?.hash);
      rig.want('p_0000', wantedAs('other@example.com'));
      rig.clock.pass(DAY);
      await rig.push();
      hashes.add((await rig.run()).plan?.hash);
    }

    expect(hashes.size).toBe(2);
    expect(hashes.has(undefined)).toBe(false);
  });

  it('keeps no address in what it freezes', async () => {
    const rig = openRig({ guardrails: { firstRun: 'hold' } });
    rig.want('p_1', wantedAs('ann@example.com'));

    await rig.push();

    const kept = [...rig.archive.objects].filter(([key]) => key.startsWith('push-plans/'));
    expect(kept).toHaveLength(1);
    expect(JSON.stringify(kept)).not.toContain('ann');
  });

  it('goes on where it stopped when time was short', async () => {
    const rig = openRig({ maxMembers: 5_000 });
    for (const id of people(6_000)) rig.want(id, wantedAs(`${id}@example.com`));
    const stop = new AbortController();
    stop.abort();

    await rig.push({ scheduledAt: 'T' }, stop.signal);
    expect(await rig.run()).toMatchObject({ state: 'running' });
    await rig.drain();

    expect(await rig.run()).toMatchObject({ state: 'finished', tally: { added: 6_000, calls: 2 } });
    expect(new Set((await rig.outcomes()).map(({ profile }) => profile)).size).toBe(6_000);
  });
});

describe('schedules and runs', () => {
  it('makes one run of a schedule that fires twice, and of two workers at the same time', async () => {
    const rig = openRig({ maxMembers: 10 });
    for (const id of people(40)) rig.want(id, wantedAs(`${id}@example.com`));
    const command: Partial<PushCommand> = { scheduledAt: '2026-11-21T02:00:00.000Z' };

    await Promise.all([rig.push(command), rig.push(command), rig.push({ scheduledAt: '2026-11-21T02:00:01.000Z' })]);
    await rig.drain();
    await rig.push(command);

    expect(rig.batches.flatMap(({ members }) => members)).toHaveLength(40);
    expect(rig.list.size).toBe(40);
  });

  it('is one run with one effect when its message comes again after its end', async () => {
    const rig = openRig({ maxMembers: 10 });
    for (const id of people(20)) rig.want(id, wantedAs(`${id}@example.com`));
    const command: Partial<PushCommand> = { scheduledAt: '2026-11-21T02:00:00.000Z' };
    await rig.push(command);
    const first = await rig.run();
    rig.clock.pass(60_000);
    for (const id of people(25)) rig.want(id, wantedAs(`${id}@example.com`));

    await rig.push(command);

    expect(await rig.run()).toEqual(first);
    expect(rig.list.size).toBe(20);
  });

  it('is carried on by a message that comes again while the worker that died still has the run', async () => {
    const rig = openRig({ maxMembers: 10 });
    for (const id of people(20)) rig.want(id, wantedAs(`${id}@example.com`));
    const command: Partial<PushCommand> = { scheduledAt: '2026-11-21T02:00:00.000Z' };
    await rig.dieAtTool(command);

    await rig.push(command); // And is done by that: the queue shows it no more.
    await rig.drain();

    expect(await rig.run()).toMatchObject({ state: 'finished', tally: { added: 20 } });
    expect(rig.list.size).toBe(20);
  });

  it('sends nobody twice when a second worker comes while the first waits for the tool', async () => {
    const rig = openRig({ maxMembers: 10 });
    for (const id of people(40)) rig.want(id, wantedAs(`${id}@example.com`));
    const command: Partial<PushCommand> = { scheduledAt: '2026-11-21T02:00:00.000Z' };
    let others = 0;
    rig.rig.before = async () => {
      if (others > 0) return;
      others += 1;
      await rig.push(command);
      await rig.push({ run: (await rig.run()).id });
    };

    await rig.push(command);
    await rig.drain();

    expect(others).toBe(1);
    expect(rig.batches.map(({ members }) => members.length)).toEqual([10, 10, 10, 10]);
    expect(await rig.run()).toMatchObject({ state: 'finished', tally: { added: 40 } });
  });

  it('takes nobody off twice when two workers take the run up at the same moment', async () => {
    const rig = openRig({ maxMembers: 10 });
    for (const id of people(20)) rig.want(id, wantedAs(`${id}@example.com`));
    await rig.push();
    for (const id of people(20)) rig.want(id, unwanted);
    rig.batches.length = 0;
    rig.clock.pass(60_000);
    const command: Partial<PushCommand> = { scheduledAt: '2026-11-22T02:00:00.000Z' };

    await Promise.all([rig.push(command), rig.push(command)]);
    await rig.drain();

    expect(rig.batches.map(({ op, members }) => [op, members.length])).toEqual([
      ['remove', 10],
      ['remove', 10],
    ]);
    expect(rig.list.size).toBe(0);
  });
});
