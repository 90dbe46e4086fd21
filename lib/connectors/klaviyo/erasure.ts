import type { Erasure } from '../contract-erasure.ts';
import type { KlaviyoApi } from './client.ts';
import { addressesIn, idsIn, readContacts } from './people.ts';

/** Klaviyo says that it deletes later, not when, and has no call that tells. */
const WITHIN_MS = 24 * 3_600_000;

/**
 * Klaviyo's data privacy deletion: the profile with its events, for good. An address belongs to one profile only, so
 * deleting by it deletes nobody else. A marketing tool keeps no contracts, so it is the default. The address is not
 * blocked: whoever subscribes or is imported again is a new profile.
 */
export const erasure: Erasure<KlaviyoApi> = {
  byDefault: 'delete',
  async erase(api, { records, keys }) {
    const before = api.calls();
    const own = records.filter(({ kind }) => kind === 'profile').map(({ id }) => id);
    const told = idsIn([...keys, ...own.map((value) => ({ type: 'klaviyo.profile_id', value }))]);
    const found = async (): Promise<readonly string[]> => {
      const people = [
        ...(await readContacts(api, 'id', told)),
        ...(await readContacts(api, 'email', addressesIn(keys))),
      ];
      return [...new Set(people.map(({ id }) => id))];
    };
    const ids = await found();
    for (const id of ids) await api.forget(id);
    const left = ids.length === 0 ? [] : await found();
    const answer = { deleted: ids.length, calls: api.calls() - before };
    if (left.length > 0) {
      return { state: 'pending', withinMs: WITHIN_MS, note: 'Klaviyo has taken the deletion on', ...answer };
    }
    const note = ids.length === 0 ? 'the account has no profile of the person' : 'deleted for good, events included';
    return { state: 'confirmed', note, ...answer };
  },
};
