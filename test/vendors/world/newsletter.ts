import { ago, type Engagement, instant, type Person, SHARED_MAILBOX, typed, type WorldCrmPerson } from './people.ts';
import type { Random } from './random.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;

export type MemberStatus = 'subscribed' | 'unsubscribed' | 'cleaned' | 'pending' | 'archived';

/** A member of the Mailchimp list. One per address, whatever its case. */
export interface WorldMember {
  readonly person: Person;
  readonly email: string;
  readonly status: MemberStatus;
  readonly joinedAt: string;
  /** When the status or the profile last changed. */
  readonly changedAt: string;
}

/** What one member did with one campaign. */
export interface WorldEmailActivity {
  readonly email: string;
  readonly action: 'open' | 'click' | 'bounce';
  readonly at: string;
  readonly url?: string;
}

/** A campaign that Mailchimp sent: to whom, and what they did with it until the day begins. */
export interface WorldNewsletter {
  readonly key: string;
  readonly title: string;
  readonly sentAt: string;
  readonly recipients: readonly string[];
  readonly activity: readonly WorldEmailActivity[];
}

const subjects = [
  'Prices for next year',
  'Three ways to order faster',
  'What changed in our catalogue',
  'Meet us at the fair',
];
export const urls = [
  'https://example.com/prices',
  'https://example.com/catalogue',
  'https://example.com/fair',
] as const;

/** How probably a campaign is opened, by the reader's habit and the campaign's age in days. */
const openRates: Readonly<Record<Engagement, (age: number) => number>> = {
  engaged: () => 0.64,
  casual: () => 0.3,
  lapsed: (age) => (age > 40 ? 0.55 : 0),
  dormant: () => 0.03,
};

/** The list: `overlap` people of the CRM, the rest known to Mailchimp alone. */
export function makeMembers(
  random: Random,
  newPerson: () => Person,
  crm: readonly WorldCrmPerson[],
  size: { readonly members: number; readonly overlap: number },
  now: number,
): readonly WorldMember[] {
  const reachable = crm.filter(({ email }) => email !== SHARED_MAILBOX);
  const known = [...new Map(reachable.map(({ person }) => [person.email, person])).values()];
  const shared = random.sample(known, Math.min(size.overlap, size.members));
  const own = Array.from({ length: size.members - shared.length }, newPerson);
  return [...shared, ...own].map((person) => {
    const status = random.weighted({ subscribed: 80, unsubscribed: 9, cleaned: 4, pending: 3, archived: 4 });
    const joinedAt = status === 'pending' ? ago(random, now, 10) : ago(random, now - 120 * DAY, 700);
    return {
      person,
      // Mailchimp trims an address and keeps its case.
      email: typed(random, person.email, false).trim(),
      status,
      joinedAt,
      changedAt: status === 'pending' ? joinedAt : ago(random, now, status === 'subscribed' ? 110 : 60),
    };
  });
}

/** A campaign a week for `weeks` weeks, the newest six days old. */
export function makeNewsletters(
  random: Random,
  members: readonly WorldMember[],
  weeks: number,
  now: number,
): readonly WorldNewsletter[] {
  const newsletters: WorldNewsletter[] = [];
  for (let week = weeks - 1; week >= 0; week -= 1) {
    const age = week * 7 + 6;
    const sentAt = now - age * DAY + 4 * HOUR;
    const recipients = members.filter((member) => receives(member, sentAt));
    newsletters.push({
      key: `newsletter-${weeks - week}`,
      title: subjects[(weeks - week) % subjects.length] ?? 'News',
      sentAt: instant(sentAt),
      recipients: recipients.map(({ email }) => email),
      activity: recipients.flatMap((member) => readingOf(random, member, sentAt, age, now)),
    });
  }
  return newsletters;
}

/** True for who is on the list on that day: now subscribed, or not yet gone. */
function receives({ status, joinedAt, changedAt }: WorldMember, sentAt: number): boolean {
  if (status === 'pending' || Date.parse(joinedAt) > sentAt) return false;
  return status === 'subscribed' || Date.parse(changedAt) > sentAt;
}

function readingOf(
  random: Random,
  member: WorldMember,
  sentAt: number,
  age: number,
  now: number,
): WorldEmailActivity[] {
  const { email } = member;
  if (member.status === 'cleaned' && Date.parse(member.changedAt) - sentAt < 8 * DAY) {
    return [{ email, action: 'bounce', at: instant(sentAt + 60_000) }];
  }
  if (!random.chance(openRates[member.person.engagement](age))) return [];
  const done: WorldEmailActivity[] = [];
  const times = random.weighted({ 1: 50, 2: 32, 3: 18 });
  for (let time = 0; time < Number(times); time += 1) {
    // Most open within a day, some come back days later: never after the day begins.
    const late = Math.floor(random.next() ** 3 * 5 * DAY);
    const at = Math.min(sentAt + 5 * 60_000 + late, now - 60_000);
    done.push({ email, action: 'open', at: instant(at) });
    if (time === 0 && random.chance(0.3))
      done.push({ email, action: 'click', at: instant(at + 20_000), url: random.pick(urls) });
  }
  return done;
}
