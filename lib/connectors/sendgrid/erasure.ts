import type { Erasure } from '../contract-erasure.ts';
import type { SendgridApi } from './client.ts';
import { LOOK_UP } from './manifest.ts';
import { addressesIn, contactsByAddress, contactsById, idsIn } from './people.ts';

/** SendGrid deletes by a job and says nothing of how long that takes. */
const WITHIN_MS = 24 * 3_600_000;

/**
 * Deletes contacts. An address belongs to one contact only, as its own or as another of its addresses, so deleting by it
 * deletes nobody else. A marketing tool keeps no contracts, so it is the default. Lists of suppressions keep the address:
 * without it somebody who is uploaded again would get mail again.
 */
export const erasure: Erasure<SendgridApi> = {
  byDefault: 'delete',
  async erase(api, { records, keys }) {
    const before = api.calls();
    const own = records.filter(({ kind }) => kind === 'contact').map(({ id }) => id);
    const told = idsIn([...keys, ...own.map((value) => ({ type: 'sendgrid.contact_id', value }))]);
    const found = async (): Promise<readonly string[]> => {
      const byId = await contactsById(api, told);
      const byAddress = await contactsByAddress(api, addressesIn(keys));
      return [...new Set([...byId, ...byAddress.contacts.values()].map(({ id }) => id))];
    };
    const ids = await found();
    for (let start = 0; start < ids.length; start += LOOK_UP)
      await api.deleteContacts(ids.slice(start, start + LOOK_UP));
    const left = ids.length === 0 ? [] : await found();
    const answer = { deleted: ids.length, calls: api.calls() - before };
    if (left.length > 0) {
      return { state: 'pending', withinMs: WITHIN_MS, note: 'SendGrid has taken the deletion on', ...answer };
    }
    const note =
      ids.length === 0
        ? 'the account has no contact of the person; lists of suppressions keep the address'
        : 'the contact was deleted; lists of suppressions keep the address';
    return { state: 'confirmed', note, ...answer };
  },
};
