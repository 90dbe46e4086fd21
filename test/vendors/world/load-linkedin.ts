import type { LinkedinSimulator } from '../linkedin/server.ts';
import type { World } from '../world.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** The form that people of the world filled in. */
export const LINKEDIN_FORM = 'Price list';

/** What people write under a post, or about the company in posts of their own. */
const remarks = [
  'Great read, thank you.',
  'We switched last year and never looked back.',
  'Does this come with an API?',
  'Support took two weeks to answer. Disappointing.',
  'Congratulations to the team!',
];

/**
 * Fills a simulated page and ad account with the world's last weeks. Some people ask for the price list by a lead form; of
 * those, some also write under posts, and there LinkedIn tells only an id, which their lead told as well.
 */
export function loadLinkedin(world: World, { store }: Pick<LinkedinSimulator, 'store'>): void {
  const now = Date.parse(world.now);
  const form = store.createForm(
    LINKEDIN_FORM,
    [
      { name: 'email', predefinedField: 'EMAIL' },
      { name: 'firstName', predefinedField: 'FIRST_NAME' },
      { name: 'lastName', predefinedField: 'LAST_NAME' },
      { name: 'jobTitle', predefinedField: 'JOB_TITLE' },
      { name: 'when', options: ['this quarter', 'this year', 'later'] },
    ],
    { source: 'autumn' },
  );
  const people = world.members.map(({ person, email }) => ({ person, email }));
  for (const [n, { person, email }] of people.filter((_one, at) => at % 13 === 0).entries()) {
    const id = `p${String(n).padStart(9, '0')}`;
    const answers = {
      email: email.trim(),
      firstName: person.firstName,
      lastName: person.lastName,
      jobTitle: person.title,
      when: [n % 3],
    };
    const at = new Date(now - (n % 50) * DAY - HOUR);
    store.submit(form, answers, { at, person: id, accepted: [n % 2 === 0] });
    if (n % 3 === 0) {
      const text = remarks[n % remarks.length] ?? '';
      store.act(n % 2 === 0 ? 'COMMENT' : 'SHARE_MENTION', id, { at: new Date(now - (n % 40) * DAY - HOUR), text });
    }
    if (n % 4 === 0) store.act('LIKE', id, { at: new Date(now - (n % 30) * DAY - 2 * HOUR) });
  }
}
