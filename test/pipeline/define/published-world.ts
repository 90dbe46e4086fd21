import type { AnyConnector } from '../../../lib/connectors/define.ts';
import type { Change } from '../../../lib/domain/change.ts';
import type { Declared } from '../../../lib/domain/declared.ts';
import { type Definitions, versionOf } from '../../../lib/domain/definitions.ts';
import type { IdentityKey } from '../../../lib/domain/identifier.ts';
import type { Json } from '../../../lib/domain/json.ts';
import { openCompiled, openDefinitions, openVersions } from '../../../lib/pipeline/define/definitions.ts';
import type { PlanDeps } from '../../../lib/pipeline/define/plan-definitions.ts';
import { walkEverybody } from '../../../lib/pipeline/define/walk-everybody.ts';
import { anyWorker, runJob } from '../../../lib/pipeline/jobs/run-job.ts';
import { openModels } from '../../../lib/pipeline/learn/models.ts';
import type { Archive, Clock, Notify, Queue, StateStore } from '../../../lib/pipeline/ports.ts';
import { resolveProfile } from '../../../lib/pipeline/resolve/resolve-profile.ts';
import { markSuppressed } from '../../../lib/pipeline/resolve/suppression.ts';
import { doWork } from '../../../lib/pipeline/resolve/work.ts';
import { reviewSegments } from '../../../lib/pipeline/review/review-job.ts';
import { identityKey, standingClock } from '../delivering.ts';
import { openHandClock, openMemoryArchive, openMemoryBlocks, openMemoryState } from '../memory-state.ts';
import { Death, type Fate, openMemoryStores } from '../memory-stores.ts';
import { openTimedQueue } from '../timed-queue.ts';
import { definitions, NOW } from '../world.ts';

/** A document with the version that belongs to it. */
export function versioned(document: Omit<Definitions, 'version'> & { readonly version?: string }): Definitions {
  const { version: _, ...content } = document;
  return { version: versionOf(content), ...content };
}

/** The definitions of this folder with everything that they refer to, as the API takes them. */
export const publishable: Definitions = versioned({
  ...definitions,
  connections: {
    tool: { name: 'tool', connector: 'mailchimp', streams: {}, webhook: false, quotaShare: 1, config: {} },
  },
});

/**
 * The function resolve-profile and what the API publishes with, over memory stores that share one fate: at every
 * operation of any of them the process may die. Messages come again until they are done.
 */
export function openPublishedWorld(
  fate: Fate = () => 'lives',
  key: () => IdentityKey = () => identityKey,
  clock: Clock & { pass(milliseconds: number): void } = {
    ...openHandClock(NOW),
    wait: standingClock.wait,
    random: Math.random,
  },
) {
  let mortal = true;
  const lives: Fate = () => (mortal ? fate() : 'lives');
  const stores = openMemoryStores(lives);
  const step = async <T>(work: () => T | Promise<T>): Promise<T> => {
    await new Promise<void>((done) => setImmediate(done));
    const what = lives();
    if (what === 'dies-before') throw new Death();
    const result = await work();
    if (what === 'dies-after') throw new Death();
    return result;
  };
  const kept = openMemoryState();
  const state: StateStore = {
    get: (...args) => step(() => kept.get(...args)),
    put: (...args) => step(() => kept.put(...args)),
    list: (...args) => step(() => kept.list(...args)),
    addNumbers: (...args) => step(() => kept.addNumbers(...args)),
    numbers: (...args) => step(() => kept.numbers(...args)),
    all: (...args) => kept.all(...args),
    remove: (...args) => step(() => kept.remove(...args)),
  };
  const objects = openMemoryArchive();
  const archive: Archive = {
    put: (...args) => step(() => objects.put(...args)),
    putJson: (...args) => step(() => objects.putJson(...args)),
    getJson: (...args) => step(() => objects.getJson(...args)),
    lines: (...args) => objects.lines(...args),
    list: (...args) => objects.list(...args),
    remove: (...args) => step(() => objects.remove(...args)),
  };
  const recomputes = openTimedQueue(clock);
  const recompute: Queue = { send: (messages) => step(() => recomputes.send(messages)) };
  const jobMessages = openTimedQueue(clock);
  const jobs: Queue = { send: (messages) => step(() => jobMessages.send(messages)) };
  const digests: { readonly subject: string; readonly text: string }[] = [];
  const notify: Notify = (message) => step(() => void digests.push(message));
  const log = () => {};
  const deps: PlanDeps & { readonly compiled: ReturnType<typeof openCompiled> } = {
    state,
    archive,
    recompute,
    clock,
    compiled: openCompiled(openDefinitions({ state, archive }), openModels({ state, archive })),
    deployed: (wanted: Declared) => wanted,
    connectors: { mailchimp: async () => ({ audiences: { batch: { maxMembers: 2 } } }) as unknown as AnyConnector },
  };

  /** A process of its own: it compiles anew, and may hold definitions that are no longer published. */
  function openWorker(definitions = openDefinitions({ state, archive })) {
    const models = openModels({ state, archive });
    const world = {
      ...stores,
      state,
      archive,
      recompute,
      jobs,
      clock,
      log,
      definitions,
      key: key(),
      tooLarge: async () => {},
      versions: openVersions(archive, models),
      compiled: openCompiled(definitions, models),
    };
    const resolve = resolveProfile(world);
    const nothing = async () => {};
    const mark = markSuppressed(world);
    const walks = walkEverybody({ ...world, ...openMemoryBlocks(), key: async () => world.key }, resolve);
    return doWork({ ...world, resolve, mark, compare: nothing, pause: nothing, ...walks });
  }

  /** Tries until it is not killed. */
  async function persist<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 0; attempt < 400; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof Death)) throw error;
      }
    }
    throw new Error('killed at every attempt');
  }

  /** Delivers one message until it is done. */
  async function deliver(body: Json, worker = openWorker()): Promise<void> {
    for (let attempt = 0; attempt < 400; attempt += 1) {
      const failed = await persist(() => worker([body], new AbortController().signal));
      if (failed.size === 0) return;
    }
    throw new Error('a message never got through');
  }

  /** Does the messages of the jobs queue to the end, in a process of their own. */
  async function doJobs(): Promise<void> {
    for (let next = jobMessages.next(); next !== undefined; next = jobMessages.next()) {
      const body = next;
      const versions = openVersions(archive, openModels({ state, archive }));
      const review = { ...stores, state, archive, versions, clock, notify };
      const run = runJob({ state, jobs, clock, log }, { review: anyWorker(reviewSegments(review)) });
      await persist(() => run(body, new AbortController().signal));
    }
  }

  return {
    stores,
    deps,
    clock,
    jobs,
    digests,
    openWorker,
    persist,
    deliver,
    tell: (changes: readonly Change[], worker = openWorker()) =>
      deliver({ connection: 'crm', changes: changes as unknown as Json }, worker),
    waiting: recomputes.waiting,
    /** Delivers what waits, each at its time, until nothing does; `between` runs before each message. */
    async drain(between: () => Promise<void> = async () => {}): Promise<void> {
      for (let body = recomputes.next(); body !== undefined; body = recomputes.next()) {
        await between();
        await deliver(body);
      }
      await doJobs();
    },
    /** Takes out what comes next, as if somebody else had it. */
    takeFirst: (count: number): Json[] => Array.from({ length: count }, () => recomputes.next() ?? null),
    /** Nobody dies from here on. */
    spare(): void {
      mortal = false;
    },
    /** Segment and audience rows that say yes, sorted: what people of the segments are told by. */
    rowsSaying(): string[] {
      return stores
        .rows()
        .flatMap((row) => {
          if (row.row === 'segment') return row.member ? [`segment ${row.segment} ${row.profile}`] : [];
          return row.row === 'audience' && row.wanted.in ? [`audience ${row.audience} ${row.profile}`] : [];
        })
        .sort();
    },
  };
}

export type PublishedWorld = ReturnType<typeof openPublishedWorld>;
