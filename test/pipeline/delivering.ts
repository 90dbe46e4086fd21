import type { Change } from '../../lib/domain/change.ts';
import type { Compiled } from '../../lib/domain/decide.ts';
import type { IdentityKey } from '../../lib/domain/identifier.ts';
import type { Clock, QueueMessage } from '../../lib/pipeline/ports.ts';
import { type ResolveDeps, resolveProfile, type Work } from '../../lib/pipeline/resolve/resolve-profile.ts';
import { Death, type Fate, type MemoryStores } from './memory-stores.ts';
import { compiled, NOW, peopleText } from './world.ts';

export const identityKey: IdentityKey = { secret: 'a test key that is long enough to be one', generation: 1 };

/** A clock that stands at `NOW` and waits by yielding to the other writers. */
export const standingClock: Clock = {
  now: () => new Date(NOW),
  wait: () => new Promise((done) => setImmediate(done)),
  random: Math.random,
};

export interface Resolver {
  readonly resolve: ReturnType<typeof resolveProfile>;
  /** What was sent to the recompute queue. */
  readonly asked: QueueMessage[];
  /** Changes that were kept as too large. */
  readonly kept: Change[];
}

/** A resolve-profile over memory stores. */
export function openResolver(stores: MemoryStores, given: Partial<ResolveDeps> = {}): Resolver {
  const asked: QueueMessage[] = [];
  const kept: Change[] = [];
  const resolve = resolveProfile({
    ...stores,
    recompute: {
      send: async (messages) => {
        asked.push(...messages);
      },
    },
    versions: async () => undefined,
    compiled: async (): Promise<Compiled> => compiled,
    key: identityKey,
    tooLarge: async (changes) => {
      kept.push(...changes);
    },
    clock: standingClock,
    log: () => {},
    ...given,
  });
  return { resolve, asked, kept };
}

/** Delivers messages until every one is acknowledged, as a queue does: a death or a failure brings them again. */
export async function deliver(
  stores: MemoryStores,
  messages: readonly (readonly Change[])[],
  given: Partial<ResolveDeps> = {},
): Promise<void> {
  const { resolve } = openResolver(stores, given);
  let left = messages.map((changes): Work => ({ changes, profiles: [], accounts: [] }));
  for (let attempt = 0; left.length > 0; attempt += 1) {
    if (attempt === 200) throw new Error(`${left.length} messages never got through`);
    try {
      const { failed } = await resolve(left);
      left = left.filter((_, position) => failed.has(position));
    } catch (error) {
      if (!(error instanceof Death)) throw error;
    }
  }
}

/** Everybody who is known, each as bytes. */
export function peopleIn(stores: MemoryStores): string[] {
  return stores
    .living()
    .filter(({ fragments }) => Object.keys(fragments).length > 0)
    .map(({ fragments }) => peopleText(fragments))
    .sort();
}

/** Which records make up which person, sorted. */
export function recordsIn(stores: MemoryStores): string[][] {
  const people = stores.living().map(({ fragments }) => Object.keys(fragments).sort());
  return people.filter((records) => records.length > 0).sort();
}

/** Kills at a share of all store operations, half of them after they took effect; the same seed kills at the same ones. */
export function seededFate(seed: number, rate: number): Fate {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    const at = (state >>> 8) / 2 ** 24;
    return at < rate / 2 ? 'dies-before' : at < rate ? 'dies-after' : 'lives';
  };
}
