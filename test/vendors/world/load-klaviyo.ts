import type { KlaviyoSimulator } from '../klaviyo/server.ts';
import type { World } from '../world.ts';
import type { WorldMember } from './newsletter.ts';

const DAY = 86_400_000;

/** The list that the world's members joined. */
export const KLAVIYO_LIST = 'Newsletter';

/** Profile ids by address. */
export type KlaviyoIds = ReadonlyMap<string, string>;

/**
 * Fills a simulated Klaviyo with the world's past: the newsletter's members, how they stand to e-mail, what they did with
 * the newsletters, and what customers among them ordered.
 */
export function loadKlaviyo(world: World, { store }: Pick<KlaviyoSimulator, 'store'>): KlaviyoIds {
  const ids = new Map<string, string>();
  const list = store.lists.create(KLAVIYO_LIST, { at: new Date(Date.parse(world.now) - 2 * 365 * DAY) });
  for (const member of world.members) {
    const { person, email, joinedAt } = member;
    const key = email.trim().toLowerCase();
    if (ids.has(key)) continue;
    const at = new Date(joinedAt);
    const id = store.create(
      {
        email,
        first_name: person.firstName,
        last_name: person.lastName,
        phone_number: person.phone ?? null,
        location: { city: person.city, country: person.country },
        properties: { 'Loyalty tier': person.engagement === 'engaged' ? 'gold' : 'silver' },
      },
      { at },
    );
    ids.set(key, id);
    store.lists.add(list, id, { at });
    standAs(store, id, member);
    if (person.stage === 'customer') order(store, id, ids.size, Date.parse(world.now));
  }
  const metrics = { open: 'Opened Email', click: 'Clicked Email', bounce: 'Bounced Email' } as const;
  for (const { title, activity } of world.newsletters) {
    for (const { email, action, at, url } of activity) {
      const id = ids.get(email.trim().toLowerCase());
      if (id === undefined) continue;
      const properties = { Subject: title, 'Campaign Name': title, ...(url === undefined ? {} : { URL: url }) };
      store.track(id, metrics[action], properties, { at: new Date(at) });
    }
  }
  return ids;
}

function standAs(store: KlaviyoSimulator['store'], id: string, { status, joinedAt, changedAt }: WorldMember): void {
  const at = new Date(changedAt);
  if (status === 'pending') return;
  store.subscribe(id, { at: new Date(joinedAt), doubleOptin: true });
  if (status === 'unsubscribed') store.unsubscribe(id, { at });
  if (status === 'cleaned') store.suppress(id, 'HARD_BOUNCE', { at });
}

/** One or two orders in the last weeks, of amounts that differ. */
function order(store: KlaviyoSimulator['store'], id: string, number: number, now: number): void {
  for (let n = 0; n <= number % 2; n += 1) {
    const at = new Date(now - (number % 40) * DAY - (n + 1) * 3_600_000);
    store.track(id, 'Placed Order', { $value: 20 + (number % 17) * 15, OrderId: `${number}-${n}` }, { at });
  }
}
