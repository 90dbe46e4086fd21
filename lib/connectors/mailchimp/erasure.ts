import type { Erasure } from '../contract-erasure.ts';
import type { MailchimpClient } from './client.ts';
import { memberIdOf } from './member.ts';

const NOTE = 'deleted for good; the address can only come back to the list by subscribing itself';

/**
 * Mailchimp's permanent deletion (`actions/delete-permanent`), which also takes the member out of tags and reports. After
 * it the address cannot be imported again: the contact has to subscribe (recorded in ibericode/mailchimp-for-wordpress#771,
 * read 2026-08-22). That is what an erasure wants of a newsletter, so it is the default.
 */
export const erasure: Erasure<MailchimpClient> = {
  byDefault: 'delete',
  async erase(api, { records, keys }) {
    const ids = new Set([
      ...records.filter(({ kind }) => kind === 'member').map(({ id }) => id),
      ...keys.filter(({ type }) => type === 'email').map(({ value }) => memberIdOf(value)),
    ]);
    let deleted = 0;
    for (const id of ids) if (await api.deleteMember(id)) deleted += 1;
    if (deleted > 0 && deleted === ids.size) return { state: 'confirmed', note: NOTE, deleted, calls: ids.size };
    // A list that is gone answers as a member that is gone does: only this tells them apart, by throwing.
    await api.getList();
    const note = deleted === 0 ? 'the list does not know the person' : NOTE;
    return { state: 'confirmed', note, deleted, calls: ids.size + 1 };
  },
};
