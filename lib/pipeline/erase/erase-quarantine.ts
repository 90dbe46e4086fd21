import { openFinder } from '../../domain/erasure.ts';
import type { IdentityKey } from '../../domain/identifier.ts';
import type { StateStore } from '../ports.ts';
import { quarantineKind } from '../quarantine.ts';
import { areSomebodys, type TheirsDeps } from './what-is-theirs.ts';

interface QuarantineDeps extends TheirsDeps {
  readonly state: StateStore;
  readonly key: () => Promise<IdentityKey>;
}

/**
 * Takes quarantined records out that name erased people, by the index keys of those. What is somebody's who is known by now
 * is no reason to. How many were taken out; undefined when time was short.
 */
export async function eraseQuarantined(
  deps: QuarantineDeps,
  sources: readonly string[],
  keys: Iterable<string>,
  signal: AbortSignal,
): Promise<number | undefined> {
  const find = openFinder(keys, await deps.key());
  const somebodys = new Set<string>();
  const concerns = async (record: unknown): Promise<boolean> => {
    for (let named = find(record, somebodys); named !== undefined; named = find(record, somebodys)) {
      if (!(await areSomebodys(deps, [named]))) return true;
      somebodys.add(named);
    }
    return false;
  };
  let count = 0;
  for (const kind of sources.map(quarantineKind)) {
    for await (const page of deps.state.all(kind)) {
      if (signal.aborted) return undefined;
      for (const { id, body } of page) {
        if (!(await concerns(body.record))) continue;
        await deps.state.remove(kind, id);
        count += 1;
      }
    }
  }
  return count;
}
