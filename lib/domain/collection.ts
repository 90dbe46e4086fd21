import type { Definitions } from './definitions.ts';

/** What receiving messages needs of a workspace: a small document of its own, so that it is read in one go. */
export interface Collection {
  readonly version: string;
  /** Write key → its name in the workspace. */
  readonly sources: Readonly<Record<string, string>>;
  /** Messages that cannot be used are refused, as RudderStack's gateway does, instead of answered with success. */
  readonly strict: boolean;
  /** Values that are nobody's id. */
  readonly blocked: readonly string[];
}

/** Before anything is published nobody has a write key. */
export const noCollection: Collection = { version: '', sources: {}, strict: false, blocked: [] };

/** The part of published definitions that is needed to receive messages. */
export function collectionOf({ version, collection, identity }: Definitions): Collection {
  const keys = Object.entries(collection.writeKeys);
  return {
    version,
    sources: Object.fromEntries(keys.map(([source, key]) => [key, source])),
    strict: collection.strict === true,
    blocked: identity.blocked,
  };
}
