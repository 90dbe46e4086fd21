import { describe, expect, it } from 'vitest';
import { readOutcomes } from '../../../lib/pipeline/push/outcomes.ts';
import type { PushCommand } from '../../../lib/pipeline/push/push-work.ts';
import { LEASE_MS } from '../../../lib/pipeline/run-list.ts';
import { unwanted, wantedAs } from '../memory-audience.ts';
import { openRig } from './push-rig.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

type Rig = ReturnType<typeof openRig>;

/** A firing whose message comes a second time while the first is worked on; what that left in the queue. */
async function pushedTwice(rig: Rig): Promise<{ readonly firing: Partial<PushCommand>; readonly again: unknown }> {
  const firing = { scheduledAt: rig.clock.now().toISOString() };
  rig.rig.before = async () => {
    rig.rig.before = async () => {};
    await rig.push(firing);
  };
  await rig.push(firing);
  const [again] = rig.queue.take();
  return { firing, again: again?.body };
}

describe('a firing that comes again after its run has ended and another has begun', () => {
  it('changes nothing of what became of its run', async () => {
    const rig = openRig();
    rig.want('p_1', wantedAs('ann@example.com'));
    const { firing, again } = await pushedTwice(rig);
    const first = await rig.run();
    rig.clock.pass(MINUTE);
    rig.want('p_2', wantedAs('bob@example.com'));
    await rig.push();
    const second = await rig.run();
    rig.want('p_1', unwanted);
    rig.clock.pass(2 * MINUTE);

    await rig.deliver(again);
    await rig.push(firing);

    expect(await rig.run()).toEqual(second);
    expect(rig.queue.take()).toEqual([]);
    expect((await rig.state.list('run', { most: 9 })).map(({ body }) => body.id)).toEqual([second.id, first.id]);
    expect(await readOutcomes(rig.archive, first, 0)).toMatchObject([{ profile: 'p_1', op: 'add', status: 'applied' }]);
    expect([...rig.list].sort()).toEqual(['ann@example.com', 'bob@example.com']);
  });

  it('leaves a held run to whoever looks at it', async () => {
    const rig = openRig({ guardrails: { emptySegment: 'hold' } });
    rig.want('p_1', wantedAs('ann@example.com'));
    const { firing, again } = await pushedTwice(rig);
    rig.clock.pass(MINUTE);
    rig.want('p_1', unwanted);
    await rig.push();
    const held = await rig.run();
    rig.clock.pass(2 * MINUTE);

    await rig.deliver(again);
    await rig.push(firing);

    expect(held.state).toBe('held');
    expect(rig.notified).toHaveLength(1);
    expect(await rig.approve(held.plan?.hash, held.id)).toMatchObject({ already: false });
  });

  it('is done where its worker died and somebody’s order finished the run', async () => {
    const rig = openRig();
    rig.want('p_1', wantedAs('ann@example.com'));
    const firing = { scheduledAt: rig.clock.now().toISOString() };
    await rig.dieAtTool(firing);
    rig.clock.pass(7 * MINUTE);
    await rig.push();
    await rig.drain();
    const after = await rig.run();
    rig.clock.pass(5 * MINUTE);

    await rig.push(firing);

    expect(after).toMatchObject({ state: 'finished' });
    expect(await rig.run()).toEqual(after);
    expect([...rig.list]).toEqual(['ann@example.com']);
  });
});

describe('an order that meets a run at work', () => {
  it('has a run of its own soon after that has ended', async () => {
    const rig = openRig();
    rig.want('p_1', wantedAs('ann@example.com'));
    const order = { scheduledAt: '2026-11-21T12:00:30.000Z' };
    rig.rig.before = async () => {
      rig.rig.before = async () => {};
      await rig.push(order);
    };
    await rig.push();
    const sent = rig.queue.take();
    rig.clock.pass(30_000);

    await rig.deliver(sent[0]?.body);

    expect(sent).toEqual([{ body: { audience: 'to-tool', ...order }, delaySeconds: 30 }]);
    expect(await rig.run()).toMatchObject({ id: `to-tool.${order.scheduledAt}`, state: 'finished' });
  });
});

describe('messages of a run', () => {
  /** A run waits for a source for nearly two hours while firings come; every message a little late. */
  async function wait(firings: number) {
    const rig = openRig({ sources: true });
    const start = rig.clock.now().getTime();
    let [late, invocations, most] = [7, 0, 0];
    let queue: { readonly at: number; readonly body: Partial<PushCommand> }[] = [];
    const deliver = async (body: Partial<PushCommand>) => {
      await rig.deliver({ audience: 'to-tool', ...body });
      invocations += 1;
      for (const { body: sent, delaySeconds = 0 } of rig.queue.take()) {
        late = (late * 1_103_515_245 + 12_345) % 2_147_483_648;
        const at = rig.clock.now().getTime() + delaySeconds * 1_000 + (late % 1_000);
        queue.push({ at, body: sent as unknown as Partial<PushCommand> });
      }
      most = Math.max(most, queue.length);
    };
    for (let firing = 0; firing <= firings; firing += 1) {
      await deliver({ scheduledAt: rig.clock.now().toISOString() });
      rig.clock.pass(5_000);
    }
    for (;;) {
      queue = queue.sort((a, b) => a.at - b.at);
      const next = queue.shift();
      if (next === undefined || next.at > start + 1.9 * HOUR) break;
      rig.clock.pass(Math.max(0, next.at - rig.clock.now().getTime()));
      await deliver(next.body);
    }
    return { state: (await rig.run()).state, most, invocations };
  }

  it('are one, and one for each firing that waits for its own', async () => {
    const [alone, beside] = [await wait(0), await wait(5)];

    expect(alone).toMatchObject({ state: 'waiting', most: 1 });
    expect(beside).toMatchObject({ state: 'waiting', most: 6 });
    expect(beside.invocations - alone.invocations).toBeLessThanOrEqual(5 * (1 + (1.9 * HOUR) / LEASE_MS));
  });
});
