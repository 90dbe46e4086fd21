import type { HubspotSimulator } from '../hubspot/server.ts';
import type { World } from '../world.ts';
import type { WorldAccount, WorldCrmPerson } from './people.ts';

const DAY = 86_400_000;

/** The type of subscription that the world's people are asked about. */
const NEWS = 8421;

/** The ids that HubSpot gave to the world's records, by the world's own keys. */
export type HubspotIds = ReadonlyMap<string, string>;

const stages = {
  subscriber: 'subscriber',
  lead: 'lead',
  prospect: 'salesqualifiedlead',
  customer: 'customer',
  former_customer: 'other',
} as const;

/**
 * Fills a simulated HubSpot with the world's past: the same people as in the other CRM, once each, because an account has
 * one contact for an address; their companies, deals, engagements, what they read and which forms they sent.
 */
export function loadHubspot(
  world: World,
  { store, marketing }: Pick<HubspotSimulator, 'store' | 'marketing'>,
): HubspotIds {
  const ids = new Map<string, string>();
  const idOf = (key: string | undefined): string => ids.get(key ?? '') ?? '';
  const accounts = new Map(world.accounts.map((account) => [account.key, account]));
  for (const account of world.accounts) {
    ids.set(account.key, store.create('companies', companyProperties(account), { at: new Date(account.modifiedAt) }));
  }
  for (const one of world.people) {
    const same = store.byEmail(one.email);
    if (same !== undefined) {
      ids.set(one.key, same.id);
      continue;
    }
    const at = new Date(one.modifiedAt);
    const id = store.create('contacts', contactProperties(one), { at });
    ids.set(one.key, id);
    const subscribed = one.optedOut ? 'UNSUBSCRIBED' : 'SUBSCRIBED';
    marketing.setSubscription(one.email, NEWS, subscribed, { at });
    if (one.account !== undefined) store.associate('contacts', id, 'companies', idOf(one.account), { primary: true });
    if (one.deletedAt !== undefined) store.archive('contacts', id, { at: new Date(one.deletedAt) });
    else loadDeal(store, one, id, accounts.get(one.account ?? ''));
  }
  for (const { who, subtype, subject, completed, at } of world.tasks) {
    const stamp = { at: new Date(at) };
    const common = { hs_timestamp: at };
    const id = {
      Call: () => store.create('calls', { ...common, hs_call_title: subject, hs_call_direction: 'OUTBOUND' }, stamp),
      Email: () => store.create('emails', { ...common, hs_email_subject: subject, hs_email_direction: 'EMAIL' }, stamp),
      Task: () =>
        store.create(
          'tasks',
          {
            ...common,
            hs_task_subject: subject,
            ...(completed
              ? { hs_task_status: 'COMPLETED', hs_task_completion_date: at }
              : { hs_task_status: 'NOT_STARTED' }),
          },
          stamp,
        ),
    }[subtype]();
    store.associate(subtype === 'Call' ? 'calls' : subtype === 'Email' ? 'emails' : 'tasks', id, 'contacts', idOf(who));
  }
  for (const { who, subject, at, minutes } of world.meetings) {
    const ends = new Date(Date.parse(at) + minutes * 60_000).toISOString();
    const properties = {
      hs_timestamp: at,
      hs_meeting_title: subject,
      hs_meeting_outcome: 'COMPLETED',
      hs_meeting_end_time: ends,
    };
    const id = store.create('meetings', properties, { at: new Date(at) });
    store.associate('meetings', id, 'contacts', idOf(who));
  }
  loadMarketing(world, { store, marketing });
  return ids;
}

/** What somebody buys: customers have bought, prospects are being talked to. */
function loadDeal(
  store: HubspotSimulator['store'],
  { key, person, modifiedAt }: WorldCrmPerson,
  contact: string,
  account: WorldAccount | undefined,
): void {
  if (account === undefined || (person.stage !== 'customer' && person.stage !== 'prospect')) return;
  const won = person.stage === 'customer';
  const made = Date.parse(modifiedAt) - 40 * DAY;
  const deal = store.create(
    'deals',
    {
      dealname: `${account.name}, ${key}`,
      amount: String(account.employees * 25),
      deal_currency_code: 'EUR',
      pipeline: 'default',
      dealstage: won ? 'closedwon' : 'presentationscheduled',
      hs_is_closed: String(won),
      hs_is_closed_won: String(won),
      createdate: new Date(made).toISOString(),
      ...(won ? { closedate: modifiedAt } : {}),
    },
    { at: new Date(modifiedAt) },
  );
  store.associate('deals', deal, 'contacts', contact);
}

/** Campaigns that were answered are forms here, newsletters are marketing e-mails. */
function loadMarketing(world: World, { marketing }: Pick<HubspotSimulator, 'store' | 'marketing'>): void {
  const people = new Map(world.people.map((one) => [one.key, one]));
  for (const { key, name } of world.campaigns) marketing.addForm(key, name);
  for (const { campaign, who, respondedAt } of world.campaignMembers) {
    const email = people.get(who)?.email.trim();
    if (respondedAt === undefined || email === undefined) continue;
    marketing.submit(campaign, { email, interest: 'prices' }, { at: new Date(respondedAt) });
  }
  const types = { open: 'OPEN', click: 'CLICK', bounce: 'BOUNCE' } as const;
  for (const [index, { activity }] of world.newsletters.entries()) {
    for (const { email, action, at, url } of activity) {
      const more = { emailCampaignId: 20_000 + index, at: new Date(at), ...(url === undefined ? {} : { url }) };
      marketing.act(types[action], email, more);
    }
  }
}

function companyProperties(account: WorldAccount): Record<string, string> {
  return {
    name: account.name,
    industry: account.industry,
    numberofemployees: String(account.employees),
    annualrevenue: String(account.annualRevenue),
    website: account.website,
    city: account.city,
    country: account.country,
  };
}

function contactProperties({ person, email, company, optedOut }: WorldCrmPerson): Record<string, string> {
  return {
    email,
    firstname: person.firstName,
    lastname: person.lastName,
    ...(person.phone === undefined ? {} : { mobilephone: person.phone }),
    jobtitle: person.title,
    company,
    city: person.city,
    country: person.country,
    lifecyclestage: stages[person.stage],
    ...(optedOut ? { hs_email_optout: 'true' } : {}),
  };
}
