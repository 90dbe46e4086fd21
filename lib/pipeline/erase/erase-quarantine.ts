import { openFinder } from '../../domain/erasure.ts';
import type { IdentityKey } from '../../domain/identifier.ts';
import type { StateStore } from '../ports.ts';
import { quarantineKind } from '../quarantine.ts';
import { readPage } from '../read-page.ts';
import { areSomebodys, type TheirsDeps } from './what-is-theirs.ts';

const ON_A_PAGE = 100;

/** How far a search of quarantined records has come: the last one that was read, and whose it is. */
export interface QuarantinePlace {
  readonly source: string;
  readonly after: string;
}

interface QuarantineDeps extends TheirsDeps {
  readonly state: StateStore;
  readonly key: () => Promise<IdentityKey>;
}

/**
 * Takes quarantined records out that name erased people, by the index keys of those. What is somebody's who is known by now
 * is no reason to. Reads a page at least, then for as long as `signal` lets it. How many were taken out, and where to go on;
 * undefined `next` = all is read.
 */
export async function eraseQuarantined(
  deps: QuarantineDeps,
  sources: readonly string[],
  keys: Iterable<string>,
  signal: AbortSignal,
  from?: QuarantinePlace,
): Promise<{ readonly count: number; readonly next: QuarantinePlace | undefined }> {
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
  for (const source of sources.toSorted().filter((one) => one >= (from?.source ?? ''))) {
    const kind = quarantineKind(source);
    let after: string | null | undefined = source === from?.source ? from.after : undefined;
    while (after !== null) {
      const { found, next } = await readPage(deps.state, kind, { most: ON_A_PAGE, after });
      for (const { id, body } of found) {
        if (!(await concerns(body.record))) continue;
        await deps.state.remove(kind, id);
        count += 1;
      }
      if (signal.aborted && next !== null) return { count, next: { source, after: next } };
      after = next;
    }
  }
  return { count, next: undefined };
}
