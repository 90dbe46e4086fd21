import { type Collection, noCollection } from '../domain/collection.ts';
import type { Archive, Clock } from './ports.ts';

/** Where the write keys that hold now lie in the archive. */
export const COLLECTION_KEY = 'collection/current.json.gz';

const HELD_MS = 60_000;

/** The write keys that hold now: read from the archive once a minute. An older copy serves while none can be read. */
export function openCollection(deps: {
  readonly archive: Pick<Archive, 'getJson'>;
  readonly clock: Clock;
}): () => Promise<Collection> {
  let held: { readonly collection: Collection; readonly until: number } | undefined;
  return async function currentCollection() {
    const now = deps.clock.now().getTime();
    if (held !== undefined && now < held.until) return held.collection;
    try {
      const document = await deps.archive.getJson(COLLECTION_KEY);
      const collection = document === undefined ? noCollection : (document as unknown as Collection);
      held = { collection, until: now + HELD_MS };
    } catch (error) {
      if (held === undefined) throw error;
      // A key that was taken back a moment ago is worth less than the messages of all the others.
      held = { ...held, until: now + HELD_MS / 10 };
    }
    return held.collection;
  };
}
