import type { SendgridSimulator } from '../sendgrid/server.ts';
import type { World } from '../world.ts';

/** The list that the world's members joined. */
export const SENDGRID_LIST = 'Newsletter';

/** Contact ids by address. */
export type SendgridIds = ReadonlyMap<string, string>;

/**
 * Fills a simulated SendGrid with the world's past: the newsletter's members as contacts on one list, and on the lists of
 * suppressions whoever left or could not be reached. Events of mails are told when they happen, and never again.
 */
export function loadSendgrid(world: World, { store }: Pick<SendgridSimulator, 'store'>): SendgridIds {
  const ids = new Map<string, string>();
  const list = store.createList(SENDGRID_LIST);
  for (const { person, email, joinedAt, changedAt, status } of world.members) {
    const key = email.trim().toLowerCase();
    if (ids.has(key)) continue;
    const at = new Date(joinedAt);
    const id = store.create(
      {
        email: key,
        first_name: person.firstName,
        last_name: person.lastName,
        city: person.city,
        country: person.country,
        custom_fields: { loyalty_tier: person.engagement === 'engaged' ? 'gold' : 'silver' },
      },
      { at },
    );
    ids.set(key, id);
    store.contacts.get(id)?.lists.add(list.id);
    if (status === 'unsubscribed') store.suppress('unsubscribes', key, { at: new Date(changedAt) });
    if (status === 'cleaned') store.suppress('bounces', key, { at: new Date(changedAt) });
    if (status === 'archived') store.suppress('spam_reports', key, { at: new Date(changedAt) });
  }
  return ids;
}
