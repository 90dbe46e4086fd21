import { describe, expect, it } from 'vitest';
import type { Json } from '../../../lib/domain/json.ts';
import { type LongJob, runJob, type Worker } from '../../../lib/pipeline/jobs/run-job.ts';
import { kindOfLetter } from '../../../lib/pipeline/redrive/letter-kind.ts';
import { type RedriveJob, redriveQueue, startRedrive } from '../../../lib/pipeline/redrive/redrive-queue.ts';
import { openHandClock, openMemoryDeadLetters, openMemoryRedriven, openMemoryState } from '../memory-state.ts';
import { Death } from '../memory-stores.ts';
import { openTimedQueue } from '../timed-queue.ts';
import { NOW } from '../world.ts';

/** The changes queue with its dead letters, and whoever does jobs; `fate` may kill them at any call. */
function openRig(fate: () => void = () => {}) {
  const letters = openMemoryDeadLetters(() => fate());
  const sent: Json[] = [];
  const queue = {
    send: async (messages: readonly { readonly body: Json }[]) => {
      fate();
      sent.push(...messages.map(({ body }) => body));
      fate();
    },
  };
  const redriven = { ...openMemoryRedriven(), changes: { queue, letters } };
  const clock = openHandClock(NOW);
  const basics = { state: openMemoryState(), jobs: openTimedQueue(clock), clock, log: () => {} };
  const worker = redriveQueue({ redriven });
  const run = runJob(basics, { redrive: worker as unknown as Worker<LongJob> });
  async function redrive({ dryRun = false } = {}): Promise<RedriveJob> {
    const id = await startRedrive(basics, 'changes', dryRun);
    for (let body = basics.jobs.next(); body !== undefined; body = basics.jobs.next()) {
      const message = body;
      await run(message, new AbortController().signal).catch((thrown: unknown) => {
        if (!(thrown instanceof Death)) throw thrown;
        // What the dead worker had in hand shows itself again, and so does its message.
        letters.show();
        return basics.jobs.repeat(message);
      });
    }
    return (await basics.state.get('job', id))?.body as unknown as RedriveJob;
  }
  return { letters, sent, redrive };
}

const changes = (n: number) => ({ connection: 'crm', changes: [{ n }] });

describe('redriveQueue', () => {
  it('moves what lies there, in steps, and counts it by kind', async () => {
    const { letters, sent, redrive } = openRig();
    const bodies = Array.from({ length: 250 }, (_, n) => changes(n));
    letters.fill(...bodies);

    const job = await redrive();

    expect(job).toMatchObject({ state: 'finished', parts: [{ found: 250, moved: 250, left: 0, unreadable: 0 }] });
    expect(job.parts[0].kinds).toEqual({ 'changes of crm': 250 });
    expect(sent).toEqual(bodies);
    expect(letters.bodies()).toEqual([]);
  });

  it('only looks in a dry run, and everything can be seen after it', async () => {
    const { letters, sent, redrive } = openRig();
    letters.fill(changes(1), { profiles: ['p1'] }, { job: 'forget.2026-11-21T12:00:00.000Z.abc' });

    const job = await redrive({ dryRun: true });

    expect(job.parts[0]).toMatchObject({ found: 3, moved: 0, left: 3 });
    expect(job.parts[0].kinds).toEqual({
      ...{ 'changes of crm': 1, 'people to be decided again': 1, 'job: forget': 1 },
    });
    expect([sent, letters.bodies().length, (await letters.count()).hidden]).toEqual([[], 3, 0]);
  });

  it('leaves what is no JSON where it is, and moves its neighbours', async () => {
    const { letters, sent, redrive } = openRig();
    await letters.put('{"connection":');
    letters.fill(changes(1), changes(2));

    const job = await redrive();

    expect(job.parts[0]).toMatchObject({ found: 3, moved: 2, unreadable: 1, left: 1 });
    expect(sent).toEqual([changes(1), changes(2)]);
  });

  it('moves no more than lay there when it began, however fast messages fail again', async () => {
    const rig = openRig();
    rig.letters.fill(changes(1), changes(2));
    const send = rig.sent.push.bind(rig.sent);
    rig.sent.push = (...bodies: Json[]) => {
      rig.letters.fill(...bodies);
      return send(...bodies);
    };

    const job = await rig.redrive();

    expect(job.parts[0]).toMatchObject({ found: 2, moved: 2, left: 2 });
  });

  it('waits for what somebody else has in hand, and ends without it if it does not come', async () => {
    const { letters, redrive } = openRig();
    letters.fill(changes(1), changes(2));
    letters.hide('m1');

    const job = await redrive();

    expect(job).toMatchObject({ state: 'finished', looks: 6, parts: [{ found: 2, moved: 1, left: 1 }] });
  });

  it('loses nothing wherever a worker dies', async () => {
    const bodies = [changes(1), changes(2), changes(3)];
    for (let dies = 1; dies < 40; dies += 1) {
      let calls = 0;
      const { letters, sent, redrive } = openRig(() => {
        calls += 1;
        if (calls === dies) throw new Death();
      });
      letters.fill(...bodies);

      const job = await redrive();

      expect({ dies, state: job.state, left: letters.bodies() }).toEqual({ dies, state: 'finished', left: [] });
      expect([...new Set(sent.map((body) => JSON.stringify(body)))].sort()).toEqual(
        bodies.map((body) => JSON.stringify(body)),
      );
      if (calls < dies) return;
    }
    throw new Error('a redrive took more calls than were tried');
  });
});

describe('kindOfLetter', () => {
  it.each([
    ['{"connection":"crm","stream":"contacts","scheduledAt":"2026-11-21"}', 'pull of contacts of crm'],
    ['{"connection":"crm","stream":"contacts","reread":["1"]}', 'records to be read again of crm'],
    ['{"audience":"to-tool","run":"r"}', 'push of to-tool'],
    ['{"erase":"receipt","connection":"crm"}', 'erasure in a tool of crm'],
    ['["ann@example.com"]', 'something else'],
    ['ann@example.com', 'unreadable'],
  ])('says of %s: %s', (text, kind) => {
    expect(kindOfLetter(text)).toBe(kind);
  });
});
