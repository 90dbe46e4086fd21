import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../lib/domain/json.ts';
import { functions } from '../../../lib/infra/functions.ts';
import { visibilitySeconds } from '../../../lib/infra/queues.ts';
import { beginJob, type LongJob, runJob, type Worker } from '../../../lib/pipeline/jobs/run-job.ts';
import { LEASE_MS } from '../../../lib/pipeline/run-list.ts';
import { openHandClock, openMemoryState } from '../memory-state.ts';
import { openTimedQueue } from '../timed-queue.ts';
import { NOW } from '../world.ts';

const signal = new AbortController().signal;
const never = () => new Promise<never>(() => {});
/** Lets everything go on that waits for nothing but memory. */
const settle = () => new Promise<void>((done) => setTimeout(done, 20));

interface Counting extends LongJob {
  readonly done: number;
}

const begun: Counting = { what: 'replay', state: 'running', startedAt: '', over: false, done: 0 };
const next = (job: Counting): Counting => ({ ...job, done: job.done + 1 });
const ended = (job: Counting): Counting => ({ ...next(job), state: 'finished', over: true });

function openRig(worker: Worker<Counting>) {
  const clock = openHandClock(NOW);
  const deps = { state: openMemoryState(), jobs: openTimedQueue(clock), clock, log: () => {} };
  const run = runJob(deps, { replay: worker as unknown as Worker<LongJob> });
  return {
    ...deps,
    run: (body: Json, by = signal) => run(body, by),
    begin: (job: Counting = begun) => beginJob(deps, 'replay.x', job),
    job: async () => (await deps.state.get('job', 'replay.x'))?.body as unknown as Counting,
    elapsed: () => (clock.now().getTime() - NOW) / 1_000,
    /** Does messages until none is left. Returns how many came. */
    async drain(): Promise<number> {
      let came = 0;
      for (let body = deps.jobs.next(); body !== undefined; body = deps.jobs.next()) {
        came += 1;
        if (came > 500) throw new Error('messages without end');
        await run(body, signal);
      }
      return came;
    },
  };
}

describe('runJob', () => {
  it('does step after step and keeps each', async () => {
    const rig = openRig(async (_id, job) => ({ job: job.done === 4 ? ended(job) : next(job) }));
    await rig.begin();

    expect(await rig.drain()).toBe(1);

    expect(await rig.job()).toMatchObject({ done: 5, state: 'finished', over: true });
  });

  it('goes on when a message came twice and the worker that does the steps dies', async () => {
    let calls = 0;
    const rig = openRig((_id, job) => {
      calls += 1;
      if (calls === 2) return never();
      return Promise.resolve({ job: job.done === 2 ? ended(job) : next(job) });
    });
    await rig.begin();
    const body = rig.jobs.next() ?? null;
    const ends: string[] = [];
    // The first is over its second step for ever; the other is done, and the queue deletes the message of both.
    void rig.run(body).then(() => ends.push('a'));
    void rig.run(body).then(() => ends.push('b'));
    await settle();
    expect(ends).toEqual(['b']);

    await rig.drain();

    expect(await rig.job()).toMatchObject({ done: 3, over: true });
    expect(rig.elapsed()).toBeLessThanOrEqual(2 * (LEASE_MS / 1_000));
  });

  it('goes on when the worker dies between what it sends and what it notes, whichever it does first', async () => {
    for (const dies of ['state', 'jobs'] as const) {
      const rig = openRig(async (_id, job) =>
        job.done === 1 ? { job: ended(job) } : { job: next(job), waitSeconds: 5 },
      );
      await rig.begin();
      const body = rig.jobs.next() ?? null;
      const { put } = rig.state;
      let puts = 0;
      const mortal = {
        ...rig,
        state: {
          ...rig.state,
          put: (...given: Parameters<typeof put>) => (++puts === 2 && dies === 'state' ? never() : put(...given)),
        },
        jobs: dies === 'jobs' ? { send: never } : rig.jobs,
      };
      const worker: Worker<LongJob> = async (_id, job) => ({ job: next(job as Counting), waitSeconds: 5 });
      void runJob(mortal, { replay: worker })(body, signal);
      await settle();
      await rig.run(body); // A repetition, which is done: the message of the dead one is deleted.

      await rig.drain();

      expect(await rig.job(), dies).toMatchObject({ done: 2, over: true });
    }
  });

  it('keeps a wait when the message comes once more before it is over', async () => {
    const at: number[] = [];
    const rig = openRig(async (_id, job) => {
      at.push(rig.elapsed());
      return job.done === 1 ? { job: ended(job) } : { job: next(job), waitSeconds: 90 };
    });
    await rig.begin();
    const first = rig.jobs.waiting()[0] ?? null;
    await rig.jobs.repeat(first, 2);
    await rig.jobs.repeat(first, 30);

    await rig.drain();

    expect(at).toEqual([0, 90]);
  });

  it('keeps waits that are longer than a queue delays', async () => {
    const at: number[] = [];
    const rig = openRig(async (_id, job) => {
      at.push(rig.elapsed());
      return job.done === 1 ? { job: ended(job) } : { job: next(job), waitSeconds: 2_000 };
    });
    await rig.begin();

    await rig.drain();

    expect(at).toEqual([0, 2_000]);
  });

  it('keeps every later wait, and one chain of messages, after a repetition while it polls', async () => {
    const at: number[] = [];
    const rig = openRig(async (_id, job) => {
      at.push(rig.elapsed());
      if (job.done === 30) return { job: ended(job) };
      return { job: next(job), waitSeconds: job.done === 29 ? 90 : 5 };
    });
    await rig.begin();
    const first = rig.jobs.waiting()[0] ?? null;
    for (const seconds of [2, 3, 7, 50]) await rig.jobs.repeat(first, seconds);

    const came = await rig.drain();

    expect(at.slice(1).map((one, step) => one - (at[step] ?? 0))).toEqual([...Array(29).fill(5), 90]);
    // Thirty-one that do a step, the four repetitions, and what each of them sends once.
    expect(came).toBeLessThanOrEqual(31 + 2 * 4);
  });

  it('lets nobody do a step while somebody is at it', async () => {
    let go = () => {};
    let calls = 0;
    const rig = openRig(async (_id, job) => {
      calls += 1;
      await new Promise<void>((done) => {
        go = done;
      });
      return { job: ended(job) };
    });
    await rig.begin();
    const body = rig.jobs.next() ?? null;
    const working = rig.run(body);
    await settle();
    rig.clock.pass(100_000);
    await rig.run(body);
    expect(calls).toBe(1);
    go();
    await working;

    await rig.drain();

    expect(calls).toBe(1);
  });

  it('goes on when a worker outlived its lease, and the one that took the job over by the same message dies', async () => {
    let calls = 0;
    const rig = openRig(async (_id, job) => {
      calls += 1;
      if (calls === 2) return never();
      if (calls === 1) {
        rig.clock.pass(LEASE_MS);
        void rig.run(body);
        await settle();
      }
      return { job: job.done === 2 ? ended(job) : next(job) };
    });
    await rig.begin();
    const body = rig.jobs.next() ?? null;
    await rig.run(body);

    await rig.drain();

    expect(await rig.job()).toMatchObject({ done: 3, over: true });
  });

  it.each([
    ['at once', 0],
    ['after its time', visibilitySeconds(functions['run-job'].timeoutSeconds)],
  ])('is free for the message of a step that failed, shown again %s', async (_, seconds) => {
    let calls = 0;
    const rig = openRig(async (_id, job) => {
      calls += 1;
      if (calls < 3) throw new TypeError('a defect');
      return { job: ended(job) };
    });
    await rig.begin();
    const body = rig.jobs.next() ?? null;
    for (const _ of [1, 2]) {
      await expect(rig.run(body)).rejects.toThrow('a defect');
      rig.clock.pass(seconds * 1_000);
    }

    await rig.run(body);

    // The same message each time, so that the queue counts how often it failed.
    expect(rig.jobs.waiting()).toEqual([]);
    expect(await rig.job()).toMatchObject({ over: true });
  });

  it('hands over when time is short', async () => {
    const rig = openRig(async (_id, job) => ({ job: job.done === 3 ? ended(job) : next(job) }));
    await rig.begin();
    await rig.run(rig.jobs.next() ?? null, AbortSignal.abort());
    expect(await rig.job()).toMatchObject({ done: 1, over: false });

    await rig.drain();

    expect(await rig.job()).toMatchObject({ done: 4, over: true });
    expect(rig.elapsed()).toBeLessThanOrEqual(1);
  });

  it('goes on with a job and a message of a former release, and answers one that is over with nothing', async () => {
    const rig = openRig(async (_id, job) =>
      job.done === 2 ? { job: ended(job) } : { job: next(job), waitSeconds: 5 },
    );
    await rig.state.put('job', 'replay.x', { ...begun, done: 1 } as unknown as JsonObject, 0);

    await rig.run({ job: 'replay.x' });
    await rig.run({ job: 'replay.x' });
    await rig.drain();
    await rig.run({ job: 'replay.x' });

    expect(await rig.job()).toMatchObject({ done: 3, over: true });
    expect(rig.jobs.waiting()).toEqual([]);
  });
});
