import { type FieldTypes, fieldTypes } from './bulk.ts';
import type { SalesforceApi } from './client.ts';

/** What an org has, as far as our user is shown it: orgs differ by edition, settings and permissions. */
export interface Org {
  /** The fields of an object, by lower-case name; undefined = there is no such object for us. */
  fieldsOf(object: string): Promise<FieldTypes | undefined>;
}

/** Asks about each object once. Made for one run: an administrator may change what there is. */
export function openOrg(api: SalesforceApi): Org {
  const known = new Map<string, FieldTypes | undefined>();
  return {
    async fieldsOf(object) {
      if (!known.has(object)) known.set(object, await fieldTypes(api, object));
      return known.get(object);
    },
  };
}
