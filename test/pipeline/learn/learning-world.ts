import type { Change } from '../../../lib/domain/change.ts';
import type { Json } from '../../../lib/domain/json.ts';
import { openDefinitions } from '../../../lib/pipeline/define/definitions.ts';
import { anyWorker, runJob } from '../../../lib/pipeline/jobs/run-job.ts';
import { learn } from '../../../lib/pipeline/learn/learn.ts';
import { startLearning } from '../../../lib/pipeline/learn/start-learning.ts';
import type { Clock } from '../../../lib/pipeline/ports.ts';
import { DAY, rules, seeded } from '../../domain/learned/people.ts';
import { openPublishedWorld, versioned } from '../define/published-world.ts';
import { Death, type Fate } from '../memory-stores.ts';
import { openTimedQueue } from '../timed-queue.ts';
import { definitions, NOW } from '../world.ts';

export const learning = versioned({
  ...definitions,
  segments: [
    { segment: 'champions', when: { trait: 'learned.rfm.cell', is: 'Champions' } },
    { segment: 'like-a', when: { trait: 'learned.cluster', is: 'A' } },
  ],
  audiences: [],
  learned: rules,
});

/** Customers with orders of theirs, up to 300 days before; by a seed. */
export function customers(count: number): Change[] {
  const random = seeded(3);
  return Array.from({ length: count }, (_, who): Change[] => {
    const orders = 1 + Math.floor(random() ** 3 * 12);
    const last = 4 + random() * 290;
    return Array.from({ length: orders }, (__, nth) =>
      bought(who, `o${who}.${nth}`, last + nth * random() * 4, 20 + Math.round(random() * 200)),
    );
  }).flat();
}

export function bought(who: number, id: string, daysAgo: number, revenue: number): Change {
  return {
    kind: 'activity',
    fragment: `shop:customer:${who}`,
    id,
    at: new Date(NOW - daysAgo * DAY).toISOString(),
    name: 'Order Completed',
    properties: { revenue },
    identifiers: [{ type: 'email', value: `c${who}@example.com` }],
  };
}

/** The functions resolve-profile and run-job over one memory world; at any operation either may die. */
export function openLearningWorld(fate: Fate = () => 'lives') {
  const world = openPublishedWorld(fate);
  const { deps } = world;
  let passed = 0;
  const jobs = openTimedQueue({
    now: () => new Date(passed),
    pass: (milliseconds) => {
      passed += milliseconds;
    },
  });

  function workerAt(now: number) {
    const clock: Clock = { now: () => new Date(now + passed), wait: async () => {}, random: () => 0.5 };
    const given = { ...deps, jobs, clock, log: () => {}, definitions: openDefinitions(deps) };
    const run = runJob(given, { learn: anyWorker(learn(given)) });
    return {
      start: (scheduledAt: string) => world.persist(() => startLearning(given, scheduledAt)),
      run: (body: Json) => run(body, new AbortController().signal),
    };
  }

  /**
   * Does all that waits, jobs and scans in turn, each message again until nobody dies of it; `twice`: each is brought to two
   * workers at once, and each of a scan once more.
   */
  async function settle(run: (body: Json) => Promise<void>, twice = false): Promise<void> {
    for (let round = 0; round < 500; round += 1) {
      const waiting = world.waiting();
      await world.drain();
      if (twice) for (const body of waiting) await world.deliver(body);
      const body = jobs.next();
      if (body === undefined && world.waiting().length === 0) return;
      if (body !== undefined) await Promise.all((twice ? [1, 2] : [1]).map(() => again(() => run(body))));
    }
    throw new Error('a training never ended');
  }

  /** A training as of an instant, to its end, with everybody scored. */
  async function train(now: number, twice = false): Promise<void> {
    passed = 0;
    const worker = workerAt(now);
    await worker.start(new Date(now).toISOString());
    await settle(worker.run, twice);
  }

  return { ...world, jobs, workerAt, settle, train, members: () => world.rowsSaying() };
}

async function again(work: () => Promise<void>): Promise<void> {
  for (let tries = 0; tries < 400; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Death)) throw error;
    }
  }
  throw new Error('killed at every attempt');
}
