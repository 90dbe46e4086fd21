import { describe, expect, it } from 'vitest';
import { newProfile } from '../../../lib/domain/profile.ts';
import { sweepDue } from '../../../lib/pipeline/resolve/sweep-due.ts';
import { openHandClock, openMemoryQueue, openMemoryState } from '../memory-state.ts';
import { openMemoryStores } from '../memory-stores.ts';
import { NOW } from '../world.ts';

const MINUTE = 60_000;

describe('sweepDue', () => {
  it('sends a pile once, however long it waits to be decided, and again after a while in case it was lost', async () => {
    const { sweep } = await openSweep({ pile: NOW });

    const sent = [];
    for (let minute = 0; minute < 21; minute += 1) sent.push((await sweep()).length);

    // The second time because the index may lag behind writes; then every ten minutes.
    expect(sent.map((count, minute) => (count > 0 ? minute : -1)).filter((minute) => minute >= 0)).toEqual([
      0, 1, 10, 20,
    ]);
  });

  it('finds what came due while nothing swept', async () => {
    const { sweep, clock } = await openSweep({ early: NOW + 5 * MINUTE, late: NOW + 7 * 3_600_000 });

    await sweep();
    clock.pass(8 * 3_600_000);

    expect(await sweep()).toEqual(['early', 'late']);
  });

  it('finds what became visible in the index only after its minute', async () => {
    const { sweep, put } = await openSweep({});
    await sweep();
    await put('slow', NOW + MINUTE - 1);

    expect(await sweep()).toEqual(['slow']);
  });
});

/** A sweep over profiles due at instants, a minute later each time. */
async function openSweep(due: Readonly<Record<string, number>>) {
  const stores = openMemoryStores();
  const clock = openHandClock(NOW);
  const queue = openMemoryQueue();
  const run = sweepDue({ profiles: stores.profiles, state: openMemoryState(), recompute: queue, clock, log: () => {} });
  const put = (id: string, dueAt: number) => stores.profiles.write([{ ...newProfile(id), dueAt }]);
  for (const [id, at] of Object.entries(due)) await put(id, at);
  return {
    clock,
    put,
    async sweep(): Promise<string[]> {
      await run(new AbortController().signal);
      clock.pass(MINUTE);
      return queue.take().flatMap(({ body }) => (body as { profiles: string[] }).profiles);
    },
  };
}
