import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../lib/domain/json.ts';
import { functions } from '../../../lib/infra/functions.ts';
import { visibilitySeconds } from '../../../lib/infra/queues.ts';
import { beginJob, type LongJob, runJob } from '../../../lib/pipeline/jobs/run-job.ts';
import type { Queue, StateStore } from '../../../lib/pipeline/ports.ts';
import { openHandClock, openMemoryState } from '../memory-state.ts';
import { NOW } from '../world.ts';

const signal = new AbortController().signal;
const SHORT_MS = functions['run-job'].timeoutSeconds * 1_000;
const HIDDEN_MS = visibilitySeconds(functions['run-job'].timeoutSeconds) * 1_000;

interface Walking extends LongJob {
  readonly done: number;
}

/** What happens at one call that a worker makes. */
type Fate = { readonly tookMs: number; readonly what: 'goes on' | 'dies' | 'comes twice' };

/**
 * A queue as it may be: a message that nobody deleted shows itself again when its time to be hidden is over; one may come
 * to a second worker at any call of the first, and once more when it is deleted; a deletion deletes it for both.
 */
function play(waits: readonly (number | null)[], fates: Iterator<Fate>, late: Iterator<number>) {
  const clock = openHandClock(NOW);
  const state = openMemoryState();
  const messages: { readonly body: Json; at: number; deleted: boolean }[] = [];
  const now = () => clock.now().getTime();
  const jobs: Queue = {
    send: async (sent) => {
      for (const { body, delaySeconds = 0 } of sent)
        messages.push({ body, at: now() + delaySeconds * 1_000, deleted: false });
    },
  };
  const steps: { readonly step: number; readonly at: number; readonly endedAt: number }[] = [];
  /** Workers at a step, and when they began. */
  const atWork = new Map<number, number>();
  let came = 0;
  let repeated = 0;

  /** Brings a message to a worker that dies for good where its fate says so, or its time is over. */
  async function bring(message: (typeof messages)[number], depth: number): Promise<void> {
    came += 1;
    if (came > 2_000) throw new Error('messages without end');
    const worker = came;
    const began = now();
    message.at = began + HIDDEN_MS;
    let die = () => {};
    const died = new Promise<'died'>((done) => {
      die = () => done('died');
    });
    const call = async <T>(does: () => Promise<T>): Promise<T> => {
      const { tookMs, what } = fates.next().value as Fate;
      clock.pass(tookMs);
      if (what === 'comes twice' && depth < 2 && repeated < 40) {
        repeated += 1;
        await bring(message, depth + 1);
      }
      if (what === 'dies' || now() - began > SHORT_MS) {
        atWork.delete(worker);
        die();
        return new Promise<never>(() => {});
      }
      return does();
    };
    const mortal: Pick<StateStore, 'get' | 'put'> = {
      get: (...given) => call(() => state.get(...given)),
      put: (...given) => call(() => state.put(...given)),
    };
    const deps = {
      state: { ...state, ...mortal },
      jobs: { send: (sent) => call(() => jobs.send(sent)) } as Queue,
      clock,
      log: () => {},
    };
    const run = runJob(deps, {
      replay: async (_id, given) => {
        const job = given as Walking;
        const at = now();
        atWork.set(worker, began);
        // A worker whose time is over is ended by Lambda, at a call or not.
        expect([...atWork].filter(([, start]) => now() - start <= SHORT_MS)).toEqual([[worker, began]]);
        await call(async () => {});
        steps.push({ step: job.done, at, endedAt: now() });
        atWork.delete(worker);
        const done = job.done + 1;
        if (done === waits.length) return { job: { ...job, done, state: 'finished', over: true } as Walking };
        const waitSeconds = waits[job.done];
        return { job: { ...job, done } as Walking, ...(typeof waitSeconds === 'number' ? { waitSeconds } : {}) };
      },
    });
    if ((await Promise.race([run(message.body, signal).then(() => 'done'), died])) === 'died') return;
    message.deleted = true;
    const again = late.next().value as number;
    if (again > 0 && repeated < 40) {
      repeated += 1;
      messages.push({ body: message.body, at: now() + again * 1_000, deleted: false });
    }
  }

  return async () => {
    await beginJob({ state, jobs, clock }, 'replay.x', {
      what: 'replay',
      state: 'running',
      startedAt: '',
      over: false,
      done: 0,
    } as Walking);
    for (;;) {
      const left = messages.filter(({ deleted }) => !deleted).sort((a, b) => a.at - b.at);
      const [first] = left;
      if (first === undefined) break;
      clock.pass(Math.max(0, first.at - now()));
      await bring(first, 0);
    }
    return { job: (await state.get('job', 'replay.x'))?.body as unknown as Walking, steps, came };
  };
}

const anyFate = fc.record({
  tookMs: fc.integer({ min: 0, max: 30_000 }),
  what: fc.oneof(
    { weight: 16, arbitrary: fc.constant('goes on' as const) },
    { weight: 1, arbitrary: fc.constant('dies' as const) },
    { weight: 3, arbitrary: fc.constant('comes twice' as const) },
  ),
});

describe('runJob', () => {
  it('ends every job and keeps every wait, whoever dies and whatever comes twice, early or late', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.constant(null), fc.constantFrom(5, 90, 240, 1_000)), { minLength: 1, maxLength: 8 }),
        fc.array(anyFate, { minLength: 60, maxLength: 60 }),
        fc.array(fc.constantFrom(0, 0, 0, 1, 20, 100, 800), { minLength: 40, maxLength: 40 }),
        async (waits, fates, late) => {
          // After the fates that were thrown all is calm.
          const calm: Fate = { tookMs: 5, what: 'goes on' };
          const { job, steps } = await play(waits, endlessly(fates, calm), endlessly(late, 0))();

          expect(job).toMatchObject({ done: waits.length, over: true });
          for (const { step, at } of steps) {
            const before = steps.filter((one) => one.step === step - 1);
            const wait = waits[step - 1];
            if (typeof wait !== 'number') continue;
            // By the time of whoever noted the step: a worker that died before it did may have been at it once more.
            const noted = before.filter((one) => one.endedAt <= at).map(({ endedAt }) => endedAt);
            expect(at - Math.max(...noted)).toBeGreaterThanOrEqual(wait * 1_000);
          }
        },
      ),
      { numRuns: Number(process.env.TRIBUTARY_RUNS ?? 300) },
    );
  });
});

function* endlessly<T>(some: readonly T[], rest: T): Generator<T> {
  yield* some;
  for (;;) yield rest;
}
