import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../lib/domain/json.ts';
import { dryRun } from '../../../lib/pipeline/push/dry-run.ts';
import type { PushCommand } from '../../../lib/pipeline/push/push-work.ts';
import { wantedAs } from '../memory-audience.ts';
import { openRig } from './push-rig.ts';

const PEOPLE = 1_000;
/** Pages in which the rows of so many are read. */
const PAGES = 4;
const timeIsUp = AbortSignal.abort();

/** An audience of several pages of rows, a count of the pages that are read, and pushes for which time is always short. */
function openLong() {
  const rig = openRig({ maxMembers: PEOPLE, finds: true });
  for (let n = 0; n < PEOPLE; n += 1) {
    const id = `p_${String(n).padStart(4, '0')}`;
    rig.want(id, wantedAs(`${id}@example.com`));
  }
  const { memberships } = rig.deps;
  const { audienceRows } = memberships;
  const read: number[] = [];
  let pages = 0;
  memberships.audienceRows = async function* (...asked) {
    for await (const rows of audienceRows(...asked)) {
      pages += 1;
      yield rows;
    }
  };
  const hurried = async (command: Partial<PushCommand>): Promise<void> => {
    await rig.push(command, timeIsUp);
    read.push(pages);
    pages = 0;
  };
  return {
    ...rig,
    /** Pages of rows read by each message since the last look, until no message is left. */
    async pushInHaste(firing?: Partial<PushCommand>): Promise<readonly number[]> {
      read.length = 0;
      if (firing !== undefined) await hurried(firing);
      for (let message = 0; message < 50; message += 1) {
        const [next] = rig.queue.take();
        if (next === undefined) return [...read];
        await hurried(next.body as unknown as PushCommand);
      }
      throw new Error('the push has no end');
    },
  };
}

describe('a list of many', () => {
  it('is counted page by page, over as many messages as it takes', async () => {
    const rig = openLong();

    const read = await rig.pushInHaste({ scheduledAt: 'T' });

    expect(read.slice(0, PAGES)).toEqual([1, 1, 1, 1]);
    expect(await rig.run()).toMatchObject({
      state: 'finished',
      plan: { add: PEOPLE, size: 0 },
      tally: { added: PEOPLE },
    });
    expect(await rig.remembers()).toMatchObject({ size: PEOPLE, census: { blocked: {} } });
    expect(await rig.remembers()).not.toHaveProperty('counting');
  });

  it('is counted from its beginning by a later run, whatever a failed one had counted', async () => {
    const rig = openLong();
    await rig.push({ scheduledAt: 'first' }, timeIsUp);
    const { run, counting, ...state } = await rig.remembers();
    expect(counting).toEqual({ size: 0, blocked: {}, after: 'p_0249' });
    rig.queue.take();
    const failed = {
      ...state,
      leaseUntil: 0,
      run: { ...run, state: 'failed' },
      counting: { ...counting, size: 9_999 },
    };
    await rig.state.put(
      'push',
      'to-tool',
      failed as unknown as JsonObject,
      (await rig.state.get('push', 'to-tool'))?.version ?? 0,
    );

    await rig.push({ scheduledAt: 'second' });

    expect(await rig.run()).toMatchObject({ state: 'finished', plan: { add: PEOPLE, size: 0 } });
  });

  it('is filled anew when it was replaced, its rows taken back page by page', async () => {
    const rig = openLong();
    await rig.pushInHaste({ scheduledAt: 'first' });
    rig.list.clear();
    rig.rig.remoteId = 'another list';
    rig.rig.found = { remoteId: 'another list', holds: false };
    await rig.pushInHaste({ scheduledAt: 'second' });
    expect(await rig.run()).toMatchObject({ state: 'held', holds: [{ guard: 'list-replaced' }] });

    await rig.approve();
    const read = await rig.pushInHaste();

    expect(read.slice(0, PAGES)).toEqual([1, 1, 1, 1]);
    expect(rig.list.size).toBe(PEOPLE);
    expect(await rig.run()).toMatchObject({ state: 'finished', tally: { added: PEOPLE } });
    expect(await rig.remembers()).not.toHaveProperty('forgotten');
  });

  it('is told by what a push counted of it, where somebody asks what a push would do', async () => {
    const rig = openLong();
    await rig.pushInHaste({ scheduledAt: 'first' });
    const held = await rig.state.get('push', 'to-tool');
    const counted = {
      ...held?.body,
      size: 30_000,
      census: { at: rig.clock.now().toISOString(), blocked: { 'no-consent': 7 } },
    };
    await rig.state.put('push', 'to-tool', counted as JsonObject, held?.version ?? 0);
    const pages: unknown[] = [];
    rig.deps.memberships.audienceRows = async function* (...asked) {
      pages.push(asked);
      yield [];
    };

    const told = await dryRun(rig.deps, await rig.deps.definitions(), rig.definition, rig.destination);

    expect(pages).toEqual([]);
    expect(told).toMatchObject({ size: 30_000, add: 0, blocked: { 'no-consent': 7 }, countedAt: expect.any(String) });
  });
});
