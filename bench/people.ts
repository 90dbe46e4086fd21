import { createHash } from 'node:crypto';
import { activity } from '../lib/connectors/mailchimp/activity.stream.ts';
import { members } from '../lib/connectors/mailchimp/members.stream.ts';
import { contacts } from '../lib/connectors/salesforce/contacts.stream.ts';
import type { Change } from '../lib/domain/change.ts';
import type { JsonObject } from '../lib/domain/json.ts';
import { applyMapping, type Mapping } from '../lib/domain/mapping.ts';
import { makeRandom, type Random } from '../test/vendors/world/random.ts';
import { countries, firstNames, lastNames, titles } from '../test/vendors/world/words.ts';

const plainContacts = mappingOf(contacts.mappings, 'contact');

/** Salesforce contacts with the custom field that examples/acme reads. */
export const contactMapping: Mapping = {
  ...plainContacts,
  traits: { ...plainContacts.traits, lifecycle_stage: { from: 'Lifecycle_Stage__c', as: 'string' } },
};
export const memberMapping = mappingOf(members.mappings, 'member');
export const activityMapping = mappingOf(activity.mappings, 'activity');

const stages = { lead: 20, prospect: 30, customer: 40, former_customer: 10 } as const;
const PEOPLE_OF_A_COMPANY = 13;

/** One made-up person; the same number is the same person. */
export interface Person {
  readonly number: number;
  readonly email: string;
  /** Mailchimp's id: the MD5 of the address. */
  readonly memberId: string;
  readonly random: Random;
}

/** Records of one variant are drawn anew from the same chance; another variant of the person has other values. */
export function personOf(number: number, variant = 0): Person {
  const email = `person.${number}@example.com`;
  return {
    number,
    email,
    memberId: createHash('md5').update(email).digest('hex'),
    random: makeRandom(number + variant * 1_000_003),
  };
}

/** A contact as Salesforce's query answers it, in the fields that the stream asks for. */
export function contactRecord({ number, email, random }: Person, at: number): JsonObject {
  const country = random.pick(['DE', 'AT', 'CH', 'NL', 'GB'] as const);
  const digits = String(number).padStart(7, '0');
  const company = String(Math.floor(number / PEOPLE_OF_A_COMPANY)).padStart(7, '0');
  const [first, last] = [random.pick(firstNames), random.pick(lastNames)];
  return {
    Id: `0035g00000${digits.padStart(8, '0')}`,
    SystemModstamp: new Date(at).toISOString().replace('.000Z', '.000+0000'),
    IsDeleted: false,
    MasterRecordId: null,
    AccountId: `0015g00000${company.padStart(8, '0')}`,
    FirstName: first,
    LastName: last,
    Email: random.chance(0.2) ? email.toUpperCase() : email,
    Phone: null,
    MobilePhone: number % 5 < 3 ? `+49151${digits}0` : null,
    Title: random.weighted(titles),
    Department: random.pick(['Purchasing', 'Marketing', 'Engineering', null]),
    LeadSource: random.pick(['Web', 'Fair', 'Partner', null]),
    HasOptedOutOfEmail: random.chance(0.05),
    MailingStreet: `Hauptstraße ${1 + (number % 120)}`,
    MailingCity: random.pick(countries[country].cities),
    MailingState: null,
    MailingPostalCode: String(10_000 + (number % 80_000)),
    MailingCountry: country,
    CreatedDate: '2024-03-01T09:00:00.000+0000',
    Lifecycle_Stage__c: random.weighted(stages),
  };
}

/** A list member as Mailchimp answers it. */
export function memberRecord({ email, memberId, random }: Person, at: number): JsonObject {
  return {
    id: memberId,
    email_address: email,
    status: random.weighted({ subscribed: 85, unsubscribed: 10, cleaned: 5 }),
    merge_fields: { FNAME: random.pick(firstNames), LNAME: random.pick(lastNames), PHONE: '' },
    language: 'de',
    location: { country_code: 'DE', timezone: 'Europe/Berlin' },
    member_rating: random.between(1, 5),
    vip: false,
    source: 'Embed Form',
    stats: { avg_open_rate: random.between(0, 100) / 100, avg_click_rate: random.between(0, 30) / 100 },
    tags: ['newsletter'],
    timestamp_opt: '2024-05-01T08:00:00+00:00',
    last_changed: new Date(at).toISOString(),
  };
}

/** One thing that a member did with a campaign's e-mail, as the stream takes it apart. */
export function activityRecord({ email, memberId, random }: Person, at: number): JsonObject {
  const action = random.weighted({ open: 80, click: 18, bounce: 2 });
  const campaign = `campaign${random.between(1, 50)}`;
  const text = [campaign, memberId, action, at, random.next()].join(' ');
  return {
    id: `mailchimp:${createHash('sha256').update(text).digest('hex').slice(0, 32)}`,
    campaign_id: campaign,
    campaign_title: 'The letter of the week',
    subject: 'Your prices for next year',
    email_id: memberId,
    email_address: email,
    action,
    timestamp: new Date(at).toISOString(),
    ...(action === 'click' ? { url: 'https://example.com/prices' } : {}),
  };
}

export function contactChange(person: Person, at: number): Change {
  return changeOf(contactMapping, 'salesforce', contactRecord(person, at));
}

export function memberChange(person: Person, at: number): Change {
  return changeOf(memberMapping, 'newsletter', memberRecord(person, at));
}

export function activityChange(person: Person, at: number): Change {
  return changeOf(activityMapping, 'newsletter', activityRecord(person, at));
}

function changeOf(mapping: Mapping, connection: string, record: JsonObject): Change {
  const mapped = applyMapping(mapping, connection, record);
  if (!mapped.ok) throw new Error(`a generated record has no change: ${mapped.rejection.reason}`);
  return mapped.change;
}

function mappingOf(mappings: Readonly<Record<string, Mapping>>, name: string): Mapping {
  const mapping = mappings[name];
  if (mapping === undefined) throw new Error(`the stream has no mapping ${name}`);
  return mapping;
}
