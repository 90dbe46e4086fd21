import type { MetaSimulator } from '../meta/server.ts';
import type { SimAuthor } from '../meta/store.ts';
import type { World } from '../world.ts';
import type { Person } from './people.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** The form that people of the world filled in. */
export const META_FORM = 'Catalogue';

/** What people write under a post. Some of it is glad, some is not, and some is neither. */
const remarks = [
  'Love the new colours!',
  'When will it be back in stock?',
  'Arrived broken, and nobody answers my mails.',
  'Best purchase of this year.',
  'How much is shipping to Austria?',
  'Still waiting for my refund. Never again.',
];

/**
 * Fills a simulated page with the world's last weeks: some of its people ask for the catalogue by a lead form, and some
 * write under posts and pictures. Who comments is known there by an id that no other tool has.
 */
export function loadMeta(world: World, { store }: Pick<MetaSimulator, 'store'>): void {
  const now = Date.parse(world.now);
  const people = world.members.map(({ person, email }) => ({ person, email }));
  count({ store }, now);
  const form = store.createForm(META_FORM);
  for (const [n, { person, email }] of people.filter((_one, at) => at % 11 === 0).entries()) {
    const at = new Date(now - (n % 60) * DAY - HOUR);
    const answers = {
      email: email.trim(),
      full_name: `${person.firstName} ${person.lastName}`,
      city: person.city,
      country: person.country,
      job_title: person.title,
      ...(person.phone === undefined ? {} : { phone_number: person.phone }),
    };
    store.submit(form, answers, { at, boxes: { optional_1: n % 2 === 0 }, ...(n % 3 === 0 ? {} : { ad: '2385' }) });
  }
  const places = [1, 4, 9].flatMap((days) => {
    const at = new Date(now - days * DAY);
    return [store.post(`News of ${days} days ago`, { at }), store.share('A picture', { at })];
  });
  for (const [n, { person }] of people.filter((_one, at) => at % 23 === 0).entries()) {
    const place = places[n % places.length] ?? '';
    const at = new Date(now - (n % 20) * HOUR - HOUR);
    store.comment(place, authorOf(person, n, store.media.has(place)), remarks[n % remarks.length] ?? '', { at });
  }
}

/** What Meta counts of each of the last weeks' days. */
function count({ store }: Pick<MetaSimulator, 'store'>, now: number): void {
  for (let back = 1; back <= 40; back += 1) {
    const day = new Date(now - back * DAY).toISOString().slice(0, 10);
    const views = 300 + ((back * 37) % 90);
    store.count('page', day, { page_media_view: views, page_post_engagements: Math.round(views / 12) });
    store.count('instagram', day, { reach: Math.round(views * 0.8) });
  }
}

function authorOf({ firstName, lastName }: Person, n: number, isOnInstagram: boolean): SimAuthor {
  if (!isOnInstagram) return { id: String(24_601_000_000 + n), name: `${firstName} ${lastName}` };
  return { id: String(17_801_000_000 + n), name: `${firstName}.${n}`.toLowerCase() };
}
