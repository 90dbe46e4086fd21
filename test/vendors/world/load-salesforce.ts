import type { SalesforceSimulator } from '../salesforce/server.ts';
import type { World } from '../world.ts';
import type { WorldAccount, WorldCrmPerson } from './people.ts';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;

/** The ids that Salesforce gave to the world's records, by the world's own keys. */
export type SalesforceIds = ReadonlyMap<string, string>;

/** Fills a simulated Salesforce with the world's past, deleted people included. */
export function loadSalesforce(world: World, { store }: Pick<SalesforceSimulator, 'store'>): SalesforceIds {
  const ids = new Map<string, string>();
  const idOf = (key: string): string => ids.get(key) ?? '';
  for (const account of world.accounts) {
    const id = store.insert('Account', {
      Name: account.name,
      Industry: account.industry,
      NumberOfEmployees: account.employees,
      AnnualRevenue: account.annualRevenue,
      Website: account.website,
      BillingCity: account.city,
      BillingCountry: account.country,
      ...stamped(account.modifiedAt),
    });
    ids.set(account.key, id);
  }
  for (const one of world.people) {
    const at = one.deletedAt ?? one.modifiedAt;
    const past = { ...stamped(at), CreatedDate: one.modifiedAt, IsDeleted: one.deletedAt !== undefined };
    ids.set(one.key, store.insert(one.object, { ...personFields(one, idOf), ...past }));
  }
  loadDeals(world, store, idOf);
  for (const { key, name, startedAt } of world.campaigns) {
    const fields = {
      Name: name,
      Type: typeOf(name),
      Status: 'In Progress',
      IsActive: true,
      StartDate: startedAt.slice(0, 10),
      ...stamped(startedAt),
    };
    ids.set(key, store.insert('Campaign', fields));
  }
  for (const { campaign, who, at, respondedAt } of world.campaignMembers) {
    const answer = respondedAt === undefined ? { Status: 'Sent' } : { Status: 'Responded', HasResponded: true };
    store.insert('CampaignMember', {
      CampaignId: idOf(campaign),
      ...(who.startsWith('lead-') ? { LeadId: idOf(who) } : { ContactId: idOf(who) }),
      ...answer,
      ...(respondedAt === undefined ? {} : { FirstRespondedDate: respondedAt.slice(0, 10) }),
      ...stamped(respondedAt ?? at),
      CreatedDate: at,
    });
  }
  for (const { who, subtype, subject, completed, at } of world.tasks) {
    store.insert('Task', { ...taskFields(idOf(who), subtype, subject), ...doneAt(completed, at), ...stamped(at) });
  }
  for (const { who, subject, at, minutes } of world.meetings) {
    store.insert('Event', { ...meetingFields(idOf(who), subject, at, minutes), ...stamped(at) });
  }
  return ids;
}

function typeOf(campaign: string): string {
  return campaign.includes('fair') ? 'Trade Show' : campaign.startsWith('Webinar') ? 'Webinar' : 'Email';
}

/** What contacts buy: customers have bought, prospects are being talked to, former customers bought elsewhere in the end. */
function loadDeals(world: World, store: SalesforceSimulator['store'], idOf: (key: string) => string): void {
  const accounts = new Map(world.accounts.map((account) => [account.key, account]));
  for (const one of world.people) {
    const account = accounts.get(one.account ?? '');
    const StageName = stages[one.person.stage];
    if (one.deletedAt !== undefined || account === undefined || StageName === undefined) continue;
    const opportunity = store.insert('Opportunity', {
      ...dealFields(one, account, StageName),
      AccountId: idOf(account.key),
      ...stamped(one.modifiedAt),
      CreatedDate: new Date(Date.parse(one.modifiedAt) - 40 * DAY).toISOString(),
    });
    store.insert('OpportunityContactRole', {
      OpportunityId: opportunity,
      ContactId: idOf(one.key),
      Role: 'Decision Maker',
      IsPrimary: true,
      ...stamped(one.modifiedAt),
    });
  }
}

const stages: Readonly<Partial<Record<WorldCrmPerson['person']['stage'], string>>> = {
  prospect: 'Negotiation/Review',
  customer: 'Closed Won',
  former_customer: 'Closed Lost',
};

function dealFields({ key, modifiedAt }: WorldCrmPerson, account: WorldAccount, StageName: string) {
  const CloseDate = modifiedAt.slice(0, 10);
  return { Name: `${account.name}, ${key}`, Amount: account.employees * 25, StageName, CloseDate };
}

/** A person as a contact or a lead. */
export function personFields(one: WorldCrmPerson, idOf: (key: string) => string): Record<string, unknown> {
  const { person } = one;
  const fields = {
    FirstName: person.firstName,
    LastName: person.lastName,
    Email: one.email,
    ...(person.phone === undefined ? {} : { MobilePhone: person.phone }),
    Title: person.title,
    HasOptedOutOfEmail: one.optedOut,
    Lifecycle_Stage__c: person.stage,
  };
  return one.object === 'Lead'
    ? { ...fields, Company: one.company, Status: 'Open', City: person.city, Country: person.country }
    : { ...fields, AccountId: idOf(one.account ?? ''), MailingCity: person.city, MailingCountry: person.country };
}

export function taskFields(who: string, subtype: string, subject: string): Record<string, unknown> {
  return { WhoId: who, TaskSubtype: subtype, Subject: subject, Priority: 'Normal' };
}

export function doneAt(completed: boolean, at: string): Record<string, unknown> {
  return completed ? { Status: 'Completed', CompletedDateTime: at } : { Status: 'Not Started' };
}

export function meetingFields(who: string, subject: string, at: string, minutes: number): Record<string, unknown> {
  const ends = new Date(Date.parse(at) + minutes * MINUTE).toISOString();
  return { WhoId: who, Subject: subject, StartDateTime: at, EndDateTime: ends };
}

function stamped(at: string): Record<string, unknown> {
  return { SystemModstamp: at, CreatedDate: at };
}
