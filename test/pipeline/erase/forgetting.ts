import type { Change } from '../../../lib/domain/change.ts';
import type { Compiled } from '../../../lib/domain/decide.ts';
import type { IdentityKey } from '../../../lib/domain/identifier.ts';
import type { Json } from '../../../lib/domain/json.ts';
import { findPerson } from '../../../lib/pipeline/describe/find-person.ts';
import { type ErasureReceipt, readReceipt } from '../../../lib/pipeline/erase/erasure-receipt.ts';
import { startForget } from '../../../lib/pipeline/erase/forget-person.ts';
import { workJobs } from '../../../lib/pipeline/jobs/work-jobs.ts';
import { identityKey, openResolver, standingClock } from '../delivering.ts';
import { openMemoryLedger } from '../memory-ledger.ts';
import {
  openHandClock,
  openMemoryArchive,
  openMemoryDeadLetters,
  openMemoryQueue,
  openMemoryRedriven,
  openMemoryState,
} from '../memory-state.ts';
import { Death, type MemoryStores } from '../memory-stores.ts';
import { openTimedQueue } from '../timed-queue.ts';
import { compiled, NOW } from '../world.ts';

const HOUR = 3_600_000;
export const at = (hours: number): string => new Date(NOW + hours * HOUR).toISOString();
export const ann = { type: 'email', value: 'ann@example.com' };
export const bob = { type: 'email', value: 'bob@example.com' };

/** A contact of the CRM as it was some hours from now. */
export const contact = (id: string, hours: number, ...identifiers: readonly (typeof ann)[]): Change => ({
  kind: 'profile',
  fragment: `crm:contact:${id}`,
  at: at(hours),
  identifiers: [...identifiers, { type: 'crm.number', value: `contact-${id}` }],
  traits: { stage: 'customer', name: 'Ann', email: identifiers[0]?.value ?? null },
});
export const opened = (id: string, hours = -5): Change => ({
  kind: 'activity',
  fragment: `crm:contact:${id}`,
  at: at(hours),
  id: `opened ${id} ${hours}`,
  name: 'Opened',
  identifiers: [],
});
/** Ann's own word on a website. */
export const visit = (hours: number): Change => ({
  kind: 'profile',
  fragment: 'web:user:7',
  at: at(hours),
  identifiers: [ann],
  traits: { name: 'Ann again' },
});

/** A workspace over memory stores whose jobs are done as a queue brings them: a death brings the message again. */
export function openPrivacy(
  stores: MemoryStores,
  key: IdentityKey = identityKey,
  clock = openHandClock(NOW),
  world: Compiled = compiled,
) {
  const state = openMemoryState();
  const archive = openMemoryArchive();
  const jobs = openTimedQueue(clock);
  const recompute = openMemoryQueue();
  const changes = openMemoryQueue();
  const push = openMemoryQueue();
  const ledger = openMemoryLedger();
  const deadLetters = openMemoryDeadLetters();
  const deps = {
    ...stores,
    state,
    archive,
    jobs,
    recompute,
    changes,
    push,
    ledger,
    deadLetters: { changes: deadLetters },
    redriven: openMemoryRedriven(),
    connectors: {},
    definitions: async () => world.definitions,
    compiled: async () => world,
    versions: async () => world,
    notify: async () => {},
    key: async () => key,
    clock,
    log: () => {},
  };
  const work = workJobs(deps);
  const signal = new AbortController().signal;

  /**
   * Does what the queue holds and what that sends, to the end, by `does`; a death brings the message again. Returns how
   * often a worker died.
   */
  async function doJobs(does: (body: Json) => Promise<void> = (body) => work(body, signal)): Promise<number> {
    let deaths = 0;
    for (let body = jobs.next(); body !== undefined; body = jobs.next()) {
      try {
        await does(body);
      } catch (error) {
        if (!(error instanceof Death) || deaths > 500) throw error;
        deaths += 1;
        await jobs.repeat(body);
      }
    }
    return deaths;
  }

  /** Forgets whoever is known by that, to the end of both looks. */
  async function forget(text: string): Promise<ErasureReceipt> {
    const person = await alive(() => findPerson(deps, text));
    const { receipt } = await startForget(deps, person?.id ?? 'p_nobody');
    await doJobs();
    return (await readReceipt(state, receipt)) as ErasureReceipt;
  }

  /** Tells changes: once the last of them has happened. */
  const resolve = (changed: readonly Change[], given = {}) => {
    const now = new Date(Math.max(clock.now().getTime(), ...changed.map((change) => Date.parse(change.at))));
    const told = { key, clock: { ...standingClock, now: () => now }, ...given };
    return openResolver(stores, told).resolve([{ changes: changed, profiles: [], accounts: [] }]);
  };

  return { deps, state, archive, jobs, changes, push, ledger, deadLetters, doJobs, forget, resolve };
}

/** Asks again until nobody dies. */
export async function alive<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof Death) || tries > 100) throw error;
    }
  }
}
