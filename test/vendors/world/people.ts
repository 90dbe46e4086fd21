import type { Random } from './random.ts';
import {
  asciiOf,
  type Country,
  companyForms,
  companyNames,
  companyTrades,
  countries,
  domains,
  fictionalPhones,
  firstNames,
  industries,
  lastNames,
  titles,
} from './words.ts';

const DAY = 86_400_000;

export const SHARED_MAILBOX = 'info@example.com';

export type LifecycleStage = 'subscriber' | 'lead' | 'prospect' | 'customer' | 'former_customer';

/** How somebody treats the newsletter. `lapsed` read it until about six weeks ago. */
export type Engagement = 'engaged' | 'casual' | 'lapsed' | 'dormant';

/** A human being of the world. Tools know them under one or several records. */
export interface Person {
  readonly firstName: string;
  readonly lastName: string;
  /** Lower case. Records write it in their own way. */
  readonly email: string;
  readonly phone: string | undefined;
  readonly country: Country;
  readonly city: string;
  readonly title: string;
  readonly stage: LifecycleStage;
  readonly engagement: Engagement;
}

/** A company in Salesforce. Instants are RFC 3339. */
export interface WorldAccount {
  readonly key: string;
  readonly name: string;
  readonly industry: string;
  readonly employees: number;
  readonly annualRevenue: number;
  readonly website: string;
  readonly city: string;
  readonly country: Country;
  readonly modifiedAt: string;
}

/** A contact or a lead in Salesforce. */
export interface WorldCrmPerson {
  readonly key: string;
  readonly object: 'Contact' | 'Lead';
  readonly person: Person;
  /** As somebody typed it: other case, stray spaces. */
  readonly email: string;
  readonly account: string | undefined;
  readonly company: string;
  readonly optedOut: boolean;
  readonly modifiedAt: string;
  /** Deleted before the day begins; the record is in the recycle bin. */
  readonly deletedAt: string | undefined;
}

/** Counts of the world; the defaults are those of the rehearsal. */
export interface WorldSize {
  readonly accounts: number;
  readonly contacts: number;
  readonly leads: number;
  readonly members: number;
  /** Members who are in Salesforce too. */
  readonly overlap: number;
}

/** People nobody else resembles: e-mail and phone are unique. */
export function makePeople(random: Random): () => Person {
  const taken = new Map<string, number>();
  const phones = new Map<'DE' | 'GB', number>();
  const weights = Object.fromEntries(Object.entries(countries).map(([code, { weight }]) => [code, weight])) as Record<
    Country,
    number
  >;

  function emailOf(firstName: string, lastName: string): string {
    const name = `${asciiOf(firstName)}.${asciiOf(lastName)}`;
    const count = (taken.get(name) ?? 0) + 1;
    taken.set(name, count);
    return `${name}${count === 1 ? '' : count}@${random.pick(domains)}`;
  }

  function phoneOf(country: Country): string | undefined {
    if ((country !== 'DE' && country !== 'GB') || !random.chance(0.6)) return undefined;
    const count = phones.get(country) ?? 0;
    const range = fictionalPhones[country][Math.floor(count / 1000)];
    if (range === undefined) return undefined;
    phones.set(country, count + 1);
    return `${range[0]}${String(count % 1000).padStart(range[1], '0')}`;
  }

  return () => {
    const [firstName, lastName] = [random.pick(firstNames), random.pick(lastNames)];
    const country = random.weighted(weights);
    return {
      firstName,
      lastName,
      email: emailOf(firstName, lastName),
      phone: phoneOf(country),
      country,
      city: random.pick(countries[country].cities),
      title: random.weighted(titles),
      stage: random.weighted({ subscriber: 5, lead: 18, prospect: 30, customer: 37, former_customer: 10 }),
      engagement: random.weighted({ engaged: 35, casual: 30, lapsed: 20, dormant: 15 }),
    };
  };
}

export function makeAccounts(random: Random, count: number, now: number): readonly WorldAccount[] {
  return Array.from({ length: count }, (_, index) => {
    const country = random.weighted({ DE: 55, AT: 12, CH: 12, NL: 11, GB: 10 });
    const [name, trade] = [companyNames[index % 10] ?? 'Nord', companyTrades[Math.floor(index / 10) % 10] ?? 'Druck'];
    const form = companyForms[Math.floor(index / 100) % companyForms.length] ?? 'GmbH';
    const employees = random.pick([12, 35, 60, 120, 240, 480, 900, 2400]);
    return {
      key: `account-${index + 1}`,
      name: `${name} ${trade} ${form}`,
      industry: random.weighted(industries),
      employees,
      annualRevenue: employees * random.between(90, 240) * 1000,
      website: `https://${asciiOf(name)}-${asciiOf(trade)}-${index + 1}.example.com`,
      city: random.pick(countries[country].cities),
      country,
      modifiedAt: ago(random, now, 400),
    };
  });
}

/** Contacts and leads. About one contact in thirty is somebody who is in the CRM already, typed a second time. */
export function makeCrmPeople(
  random: Random,
  newPerson: () => Person,
  accounts: readonly WorldAccount[],
  size: Pick<WorldSize, 'contacts' | 'leads'>,
  now: number,
): readonly WorldCrmPerson[] {
  const made: WorldCrmPerson[] = [];
  for (let index = 0; index < size.contacts + size.leads; index += 1) {
    const isLead = index >= size.contacts;
    const double = index > 50 && random.chance(isLead ? 0.1 : 0.033);
    const person = double ? random.pick(made).person : newPerson();
    const account = isLead ? undefined : random.pick(accounts);
    const deleted = !double && random.chance(0.02);
    made.push({
      key: isLead ? `lead-${index - size.contacts + 1}` : `contact-${index + 1}`,
      object: isLead ? 'Lead' : 'Contact',
      person,
      // Some companies have one mailbox for everybody: an address that says nothing about who somebody is.
      email: index % 350 === 349 ? SHARED_MAILBOX : typed(random, person.email, double),
      account: account?.key,
      company: account?.name ?? `${random.pick(companyNames)} ${random.pick(companyTrades)}`,
      optedOut: random.chance(0.06),
      modifiedAt: ago(random, now - (deleted ? 20 * DAY : 0), 280),
      deletedAt: deleted ? ago(random, now, 20) : undefined,
    });
  }
  return made;
}

/** An address as people type it. A double is always typed differently from the plain form. */
export function typed(random: Random, email: string, differently: boolean): string {
  const way = differently ? random.between(1, 3) : random.between(1, 40);
  if (way === 1) return email.toUpperCase();
  if (way === 2)
    return email.replace(/(^|\.)([a-z])/g, (_, before: string, letter: string) => before + letter.toUpperCase());
  return way === 3 ? ` ${email} ` : email;
}

/** An instant of the last `days` days before `now`, to the second. */
export function ago(random: Random, now: number, days: number): string {
  return instant(now - 1000 - Math.floor(random.next() * days * DAY));
}

/** RFC 3339 to the second, as both vendors keep it. */
export function instant(ms: number): string {
  return new Date(Math.floor(ms / 1000) * 1000).toISOString();
}
