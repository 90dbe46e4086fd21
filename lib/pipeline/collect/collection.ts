import { type Collection, noCollection } from '../../domain/collection.ts';
import type { Archive, Clock } from '../ports.ts';

/** Where the write keys that hold now lie in the archive. */
export const COLLECTION_KEY = 'collection/current.json.gz';

/** How old a copy may be, and how old when it does not know a key: a new key shall not lose messages for a minute. */
const HELD_MS = 60_000;
export const HELD_FOR_STRANGERS_MS = 3_000;

/** The write keys as they were `atMostMs` ago or later. */
export type CurrentCollection = (atMostMs?: number) => Promise<Collection>;

/** The write keys that hold now, read from the archive when the copy is too old. It serves while none can be read. */
export function openCollection(deps: {
  readonly archive: Pick<Archive, 'getJson'>;
  readonly clock: Clock;
}): CurrentCollection {
  let held: { readonly collection: Collection; readonly since: number } | undefined;
  return async function currentCollection(atMostMs = HELD_MS) {
    const now = deps.clock.now().getTime();
    if (held !== undefined && now - held.since < atMostMs) return held.collection;
    try {
      const document = await deps.archive.getJson(COLLECTION_KEY);
      const collection = document === undefined ? noCollection : (document as unknown as Collection);
      held = { collection, since: now };
    } catch (error) {
      if (held === undefined) throw error;
      // A key that was taken back a moment ago is worth less than the messages of all the others.
      held = { ...held, since: now - HELD_MS + HELD_FOR_STRANGERS_MS };
    }
    return held.collection;
  };
}
