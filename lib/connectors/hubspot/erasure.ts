import type { Erasure } from '../contract-erasure.ts';
import type { HubspotApi } from './client.ts';
import { addressesOf, readContacts } from './contacts-of.ts';

/**
 * HubSpot's GDPR deletion: the contact and all that belongs to it, for good, and its address cannot be used again. An
 * address belongs to one contact only, so deleting by it deletes nobody else. A CRM is often the record of contracts that
 * must be kept, so it has to be asked for: by default people are taken off our lists, and the rest is done by hand.
 */
export const erasure: Erasure<HubspotApi> = {
  byDefault: 'remove',
  async erase(api, { records, keys }) {
    const before = api.calls();
    const told = keys.filter(({ type }) => type === 'hubspot.contact_id').map(({ value }) => value);
    const own = records.filter(({ kind }) => kind === 'contact').map(({ id }) => id);
    const byId = await readContacts(
      api,
      [...new Set([...own, ...told])].filter((id) => /^\d+$/.test(id)),
    );
    const byAddress = await readContacts(api, [...new Set(addressesOf(keys))], 'email');
    // Only who is there is deleted: of an unknown address HubSpot would make an entry in its list of blocked ones.
    const ids = new Set([...byId, ...byAddress].map(({ id }) => id));
    for (const id of ids) await api.forget(id);
    const note = ids.size === 0 ? 'the account has no contact of the person' : 'deleted for good, activities included';
    return { state: 'confirmed', note, deleted: ids.size, calls: api.calls() - before };
  },
};
