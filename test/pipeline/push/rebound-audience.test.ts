import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../lib/domain/json.ts';
import type { PushCommand } from '../../../lib/pipeline/push/push-work.ts';
import { wantedAs } from '../memory-audience.ts';
import { openRig } from './push-rig.ts';

const HOUR = 60 * 60_000;
const touch: Partial<PushCommand> = { touched: true };

/** A realtime audience with somebody on the list `former`, in a tool that names lists as targets do. */
async function openBound(given: Parameters<typeof openRig>[0] = {}) {
  const rig = openRig({ ...given, audience: { when: 'realtime', target: { list: 'former' } } });
  const made: string[] = [];
  Object.assign(rig.destination, {
    ensure: async (_api: unknown, { list }: { readonly list: string }) => {
      made.push(list);
      return { remoteId: list };
    },
  });
  rig.rig.found = undefined;
  rig.want('p_1', wantedAs('ann@example.com'));
  await rig.push();
  rig.rig.found = { remoteId: 'former', holds: true };
  rig.clock.pass(HOUR);
  return {
    ...rig,
    made,
    /** Publishes the audience with another target, as soon as the scan of everybody is at its end. */
    bind: (list: string) => void Object.assign(rig.definition, { target: { list } }),
    told: () => rig.batches.map(({ remoteId, members }) => `${remoteId}: ${members.map(({ memberId }) => memberId)}`),
    forget: async (name: 'target' | 'list') => {
      const { [name]: _, ...rest } = (await rig.remembers()) as unknown as JsonObject;
      await rig.state.put('push', 'to-tool', rest, (await rig.state.get('push', 'to-tool'))?.version ?? 0);
    },
  };
}

describe('a realtime audience that was bound to another list', () => {
  it('adds nobody to the former one by a change of membership, and everybody to the latter once that is approved', async () => {
    const rig = await openBound();
    rig.bind('latter');
    rig.want('p_2', wantedAs('bob@example.com'));

    await rig.push(touch);
    await rig.drain();

    expect(rig.told()).toEqual(['former: p_1']);
    expect(await rig.run()).toMatchObject({ state: 'held', holds: [{ guard: 'list-replaced' }] });
    await rig.approve();
    await rig.drain();
    expect(rig.told()).toEqual(['former: p_1', 'latter: p_1,p_2']);
  });

  it('makes nothing in a tool that can be looked at before somebody approves', async () => {
    const rig = await openBound({ finds: true });
    rig.bind('latter');
    rig.rig.found = undefined;
    rig.want('p_2', wantedAs('bob@example.com'));

    await rig.push(touch);

    expect(await rig.run()).toMatchObject({ state: 'held', holds: [{ guard: 'list-replaced' }] });
    expect(rig.made).toEqual(['former']);
  });

  it('adds nobody to the former one by a run that was on its way when its worker died', async () => {
    const rig = await openBound();
    rig.want('p_2', wantedAs('bob@example.com'));
    await rig.dieAtTool(touch);
    rig.bind('latter');
    rig.clock.pass(HOUR);

    await rig.push(touch);
    await rig.drain();

    expect(rig.told()).toEqual(['former: p_1', 'former: p_2']);
    expect(await rig.run()).toMatchObject({ state: 'held', holds: [{ guard: 'list-replaced' }] });
  });

  it('goes on with the former one when it is bound back', async () => {
    const rig = await openBound();
    rig.bind('latter');
    rig.bind('former');
    rig.want('p_2', wantedAs('bob@example.com'));

    await rig.push(touch);

    expect(rig.told()).toEqual(['former: p_1', 'former: p_2']);
  });

  it('asks the tool once where a former release did not note the target, and not again', async () => {
    const rig = await openBound({ finds: true });
    await rig.forget('target');
    for (const id of ['p_2', 'p_3']) {
      rig.want(id, wantedAs(`${id}@example.com`));
      await rig.push(touch);
      rig.clock.pass(HOUR);
    }

    expect(rig.told()).toEqual(['former: p_1', 'former: p_2', 'former: p_3']);
    expect(rig.made).toEqual(['former', 'former']);
  });
});
