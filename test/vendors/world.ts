import { type CrmActivity, makeCrmActivity } from './world/crm-activity.ts';
import { type DayMoment, makeDay } from './world/day.ts';
import { makeMembers, makeNewsletters, type WorldMember, type WorldNewsletter } from './world/newsletter.ts';
import {
  instant,
  makeAccounts,
  makeCrmPeople,
  makePeople,
  type WorldAccount,
  type WorldCrmPerson,
  type WorldSize,
} from './world/people.ts';
import { makeRandom } from './world/random.ts';

/** A made-up company's customers on one morning, as their tools know them, and the script of the day that follows. */
export interface World extends CrmActivity {
  readonly seed: number;
  /** The morning, RFC 3339. Everything before it has happened; `day` is what comes. */
  readonly now: string;
  readonly accounts: readonly WorldAccount[];
  /** Contacts first, then leads. */
  readonly people: readonly WorldCrmPerson[];
  readonly members: readonly WorldMember[];
  readonly newsletters: readonly WorldNewsletter[];
  readonly day: readonly DayMoment[];
}

/** The size of the rehearsal's world. */
export const rehearsalSize: WorldSize = { accounts: 150, contacts: 2000, leads: 200, members: 1500, overlap: 1100 };

const NEWSLETTER_WEEKS = 13;

/**
 * Makes a world: the same seed, instant and size give the same world to the byte. Names are made up, addresses end in
 * example.com, example.org or example.net, phone numbers come from ranges that regulators keep free.
 */
export function makeWorld(seed: number, now: Date, size: WorldSize = rehearsalSize): World {
  const random = makeRandom(seed);
  const at = now.getTime();
  const newPerson = makePeople(random.part('people'));
  const accounts = makeAccounts(random.part('accounts'), size.accounts, at);
  const people = makeCrmPeople(random.part('crm'), newPerson, accounts, size, at);
  const members = makeMembers(random.part('members'), newPerson, people, size, at);
  const share = size.contacts / rehearsalSize.contacts;
  const activity = makeCrmActivity(
    random.part('sales'),
    people,
    {
      tasks: Math.round(3800 * share),
      meetings: Math.round(1200 * share),
      campaignMembers: Math.round(1800 * share),
    },
    at,
  );
  return {
    seed,
    now: instant(at),
    accounts,
    people,
    ...activity,
    members,
    newsletters: makeNewsletters(random.part('newsletters'), members, NEWSLETTER_WEEKS, at),
    day: makeDay(random.part('day'), newPerson, { accounts, people, members, now: at }),
  };
}

/** How many activities the connectors will find: tasks and meetings done, campaigns joined and answered, mails read. */
export function countActivities(world: World): number {
  const answered = world.campaignMembers.filter(({ respondedAt }) => respondedAt !== undefined).length;
  const read = world.newsletters.reduce((sum, { activity }) => sum + activity.length, 0);
  const done = world.tasks.filter(({ completed }) => completed).length;
  return done + world.meetings.length + world.campaignMembers.length + answered + read;
}
