import type { WorldMember } from './newsletter.ts';
import { instant, type LifecycleStage, type Person, type WorldAccount, type WorldCrmPerson } from './people.ts';
import type { Random } from './random.ts';
import { titles } from './words.ts';

const HOUR = 3_600_000;

/** One thing that happens during the day, in words of the world. */
export type DayHappening =
  | { readonly what: 'reader-unsubscribes'; readonly email: string }
  | { readonly what: 'reader-edits-profile'; readonly email: string; readonly lastName: string }
  | { readonly what: 'reader-changes-address'; readonly email: string; readonly newEmail: string }
  | { readonly what: 'reader-joins'; readonly person: Person }
  | { readonly what: 'reader-bounces'; readonly email: string }
  | { readonly what: 'reader-is-archived'; readonly email: string }
  | { readonly what: 'reader-is-forgotten'; readonly email: string }
  | { readonly what: 'newsletter-is-sent'; readonly key: string; readonly title: string }
  | {
      readonly what: 'newsletter-is-read';
      readonly key: string;
      readonly opens: readonly string[];
      readonly clicks: readonly string[];
    }
  | { readonly what: 'crm-stage-changes'; readonly who: string; readonly stage: LifecycleStage }
  | { readonly what: 'crm-title-changes'; readonly who: string; readonly title: string }
  | { readonly what: 'crm-opts-out'; readonly who: string }
  | { readonly what: 'crm-person-is-created'; readonly one: WorldCrmPerson }
  | { readonly what: 'crm-person-is-deleted'; readonly who: string }
  | { readonly what: 'crm-call-is-logged'; readonly who: string }
  | { readonly what: 'crm-meeting-is-held'; readonly who: string }
  | { readonly what: 'crm-account-grows'; readonly account: string; readonly employees: number };

/** A happening and its instant, RFC 3339. */
export interface DayMoment {
  readonly at: string;
  readonly happening: DayHappening;
}

/** What the day is made from. */
export interface Morning {
  readonly accounts: readonly WorldAccount[];
  readonly people: readonly WorldCrmPerson[];
  readonly members: readonly WorldMember[];
  readonly now: number;
}

/** The script of the day after `now`, in order. Nobody has two happenings that contradict each other. */
export function makeDay(random: Random, newPerson: () => Person, morning: Morning): readonly DayMoment[] {
  const { now } = morning;
  const anytime = (): number => now + HOUR + Math.floor(random.next() * 20 * HOUR);
  const happenings: readonly (readonly [at: number, happening: DayHappening])[] = [
    ...readersDay(random, newPerson, morning.members, now, anytime),
    ...salesDay(random, newPerson, morning, anytime),
  ];
  return [...happenings]
    .sort(([left], [right]) => left - right)
    .map(([at, happening]) => ({ at: instant(at), happening }));
}

type Timed = readonly [at: number, happening: DayHappening];

function readersDay(
  random: Random,
  newPerson: () => Person,
  members: readonly WorldMember[],
  now: number,
  anytime: () => number,
): Timed[] {
  const subscribed = random.sample(
    members.filter(({ status }) => status === 'subscribed'),
    members.length,
  );
  const take = (count: number) => subscribed.splice(0, Math.min(count, Math.floor(subscribed.length / 10)));
  const timed: Timed[] = [];
  for (const { email } of take(20)) timed.push([anytime(), { what: 'reader-unsubscribes', email }]);
  for (const { email } of take(25))
    timed.push([anytime(), { what: 'reader-edits-profile', email, lastName: newPerson().lastName }]);
  for (const { email } of take(5)) {
    timed.push([anytime(), { what: 'reader-changes-address', email, newEmail: newPerson().email }]);
  }
  for (const { email } of take(3)) timed.push([anytime(), { what: 'reader-bounces', email }]);
  for (const { email } of take(5)) timed.push([anytime(), { what: 'reader-is-archived', email }]);
  for (const { email } of take(2)) timed.push([anytime(), { what: 'reader-is-forgotten', email }]);
  for (let count = 0; count < 10; count += 1) timed.push([anytime(), { what: 'reader-joins', person: newPerson() }]);
  const key = 'newsletter-of-the-day';
  timed.push([now + 3 * HOUR, { what: 'newsletter-is-sent', key, title: 'This week at Acme' }]);
  for (let round = 1; round <= 6; round += 1) {
    const opens = take(70).map(({ email }) => email);
    const clicks = opens.filter(() => random.chance(0.2));
    timed.push([now + (3 + round * 2) * HOUR, { what: 'newsletter-is-read', key, opens, clicks }]);
  }
  return timed;
}

function salesDay(random: Random, newPerson: () => Person, morning: Morning, anytime: () => number): Timed[] {
  const { people, accounts } = morning;
  const contacts = random.sample(
    people.filter(({ object, deletedAt }) => object === 'Contact' && deletedAt === undefined),
    people.length,
  );
  const take = (count: number) => contacts.splice(0, Math.min(count, Math.floor(contacts.length / 10)));
  const timed: Timed[] = [];
  for (const { key, person } of take(25)) {
    const stage = person.stage === 'prospect' ? 'customer' : 'prospect';
    timed.push([anytime(), { what: 'crm-stage-changes', who: key, stage }]);
  }
  for (const { key } of take(15)) {
    timed.push([anytime(), { what: 'crm-title-changes', who: key, title: random.weighted(titles) }]);
  }
  for (const { key } of take(10)) timed.push([anytime(), { what: 'crm-opts-out', who: key }]);
  for (const { key } of take(8)) timed.push([anytime(), { what: 'crm-person-is-deleted', who: key }]);
  for (const { key } of take(20)) timed.push([anytime(), { what: 'crm-call-is-logged', who: key }]);
  for (const { key } of take(10)) timed.push([anytime(), { what: 'crm-meeting-is-held', who: key }]);
  for (const account of random.sample(accounts, 2)) {
    timed.push([anytime(), { what: 'crm-account-grows', account: account.key, employees: account.employees * 2 }]);
  }
  for (let count = 1; count <= 15; count += 1) {
    const at = anytime();
    const [person, account] = [newPerson(), random.pick(accounts)];
    const one: WorldCrmPerson = {
      key: `contact-of-the-day-${count}`,
      object: 'Contact',
      person,
      email: person.email,
      account: account.key,
      company: account.name,
      optedOut: false,
      modifiedAt: instant(at),
      deletedAt: undefined,
    };
    timed.push([at, { what: 'crm-person-is-created', one }]);
  }
  return timed;
}
