import { expect } from 'vitest';
import type { Change, ProfileChange } from '../../../lib/domain/change.ts';
import { compileDefinitions } from '../../../lib/domain/decide.ts';
import type { JsonObject } from '../../../lib/domain/json.ts';
import { workScan } from '../../../lib/pipeline/define/scan.ts';
import type { StateStore } from '../../../lib/pipeline/ports.ts';
import { startEstimate, weightsWork } from '../../../lib/pipeline/resolve/duplicate-weights.ts';
import { suggestDuplicates } from '../../../lib/pipeline/resolve/suggest-duplicates.ts';
import { identityKey, openResolver, standingClock } from '../delivering.ts';
import { openMemoryArchive, openMemoryBlocks, openMemoryQueue, openMemoryState } from '../memory-state.ts';
import { openMemoryStores } from '../memory-stores.ts';
import { definitions } from '../world.ts';

const compiled = compileDefinitions({
  ...definitions,
  identity: { ...definitions.identity, duplicates: { threshold: 0.85, numbers: ['card'] } },
});

/** A world that delivers changes, compares whom the worker asks for, judges, and estimates weights. */
export function openDuplicateWorld(wrap: (state: StateStore) => StateStore = (state) => state) {
  const stores = openMemoryStores();
  const { blocks, rows } = openMemoryBlocks();
  const recompute = openMemoryQueue();
  const changesQueue = openMemoryQueue();
  const deps = {
    ...stores,
    blocks,
    recompute,
    changes: changesQueue,
    state: wrap(openMemoryState()),
    compiled: async () => compiled,
    key: async () => identityKey,
    clock: standingClock,
    log: () => {},
  };
  const resolver = openResolver(stores, { compiled: async () => compiled });
  const compare = suggestDuplicates(deps);

  /** Folds changes and those that verdicts sent, and compares whoever has to be. */
  async function deliver(changes: readonly Change[]): Promise<void> {
    expect((await resolver.resolve([{ changes, profiles: [], accounts: [] }])).failed.size).toBe(0);
    for (const { body } of resolver.asked.splice(0)) await compare((body as { compare: string[] }).compare);
    const sent = changesQueue.take().flatMap(({ body }) => (body as unknown as { changes: Change[] }).changes);
    if (sent.length > 0) await deliver(sent);
  }

  /** Estimates weights as the scan that a recount asks for does. */
  async function estimate(at: string, people: number): Promise<void> {
    await startEstimate(deps, at, people);
    const scan = workScan({ ...deps, archive: openMemoryArchive() }, { weights: weightsWork(deps) });
    for (let sent = recompute.take(); sent.length > 0; sent = recompute.take()) {
      for (const { body } of sent) await scan((body as JsonObject).scan as JsonObject, new AbortController().signal);
    }
  }

  return { stores, deps, rows, resolver, compare, deliver, estimate };
}

/** One of many Ann Müllers of Berlin. */
export const annNumber = (
  id: string,
  traits: ProfileChange['traits'] = {},
  more: Partial<ProfileChange> = {},
): ProfileChange => ({
  kind: 'profile',
  fragment: `crm:contact:${id}`,
  at: '2026-11-01T00:00:00Z',
  identifiers: [{ type: 'email', value: `${id}@example.com` }],
  traits: { first_name: 'Ann', last_name: 'Müller', address: { city: 'Berlin', postal_code: '10115' }, ...traits },
  ...more,
});
