import type { Mailchimp } from '../mailchimp/simulator.ts';
import type { World } from '../world.ts';
import type { Person } from './people.ts';

/** The list of the example workspace. */
export const ACME_LIST = 'a1b2c3';

/** Fills a simulated Mailchimp with the world's members and the campaigns of its past. */
export function loadMailchimp(world: World, mailchimp: Mailchimp, list = ACME_LIST): void {
  mailchimp.addList({ id: list, name: 'Acme news' });
  for (const member of world.members) {
    const { email, person, status } = member;
    const joinedAs = status === 'pending' ? 'pending' : 'subscribed';
    mailchimp.putMember(list, { email, status: joinedAs, ...profileOf(person), at: new Date(member.joinedAt) });
    const changedAt = new Date(member.changedAt);
    mailchimp.putMember(list, { email, status, rating: ratings[person.engagement], at: changedAt });
  }
  for (const { key, title, sentAt, recipients, activity } of world.newsletters) {
    mailchimp.sendCampaign(list, { id: key, title, subject: title, sentAt: new Date(sentAt), recipients });
    for (const { email, action, at, url = 'https://example.com/' } of activity) {
      if (action === 'open') mailchimp.open(key, email, new Date(at));
      if (action === 'click') mailchimp.click(key, email, url, new Date(at));
      if (action === 'bounce') mailchimp.bounce(key, email, 'hard', new Date(at));
    }
  }
}

/** What a member says about a person. */
export function profileOf(person: Person) {
  return {
    merge: { FNAME: person.firstName, LNAME: person.lastName },
    country: person.country,
    language: languages[person.country],
  };
}

const languages = { DE: 'de', AT: 'de', CH: 'de', NL: 'nl', FR: 'fr', GB: 'en', US: 'en' } as const;
const ratings = { engaged: 5, casual: 3, lapsed: 2, dormant: 1 } as const;
