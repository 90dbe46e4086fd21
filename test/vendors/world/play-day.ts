import type { Mailchimp } from '../mailchimp/simulator.ts';
import type { SalesforceSimulator } from '../salesforce/server.ts';
import type { World } from '../world.ts';
import type { DayHappening } from './day.ts';
import { ACME_LIST, profileOf } from './load-mailchimp.ts';
import { doneAt, meetingFields, personFields, type SalesforceIds, taskFields } from './load-salesforce.ts';

/** Where a day is played: the simulators that were filled with the same world. */
export interface Stage {
  readonly salesforce: Pick<SalesforceSimulator, 'store' | 'settleEvents'>;
  /** What `loadSalesforce` returned. */
  readonly ids: SalesforceIds;
  readonly mailchimp: Mailchimp;
  readonly list?: string;
}

/** Something to run when the simulators' clock is at `at`, in milliseconds since 1970. */
export interface TimedEvent {
  readonly at: number;
  readonly what: DayHappening['what'];
  /** Resolves once the vendor's webhooks about it have been answered, or will be tried again. */
  run(): Promise<void>;
}

/** The script of a world's day for these simulators, in order. */
export function playDay(world: World, stage: Stage): readonly TimedEvent[] {
  const list = stage.list ?? ACME_LIST;
  const ids = new Map(stage.ids);
  const idOf = (key: string): string => ids.get(key) ?? '';
  const { mailchimp } = stage;
  const salesforce = stage.salesforce.store;

  const players: {
    readonly [What in DayHappening['what']]: (of: Extract<DayHappening, { what: What }>, at: string) => void;
  } = {
    'reader-unsubscribes': ({ email }) => mailchimp.setStatus(list, email, 'unsubscribed'),
    'reader-edits-profile': ({ email, lastName }) => mailchimp.putMember(list, { email, merge: { LNAME: lastName } }),
    'reader-changes-address': ({ email, newEmail }) => mailchimp.changeAddress(list, email, newEmail),
    'reader-joins': ({ person }) =>
      mailchimp.putMember(list, { email: person.email, status: 'subscribed', ...profileOf(person) }),
    'reader-bounces': ({ email }) => mailchimp.setStatus(list, email, 'cleaned', 'admin'),
    'reader-is-archived': ({ email }) => mailchimp.setStatus(list, email, 'archived', 'admin'),
    'reader-is-forgotten': ({ email }) => mailchimp.deletePermanently(list, email),
    'newsletter-is-sent': ({ key, title }) => void mailchimp.sendCampaign(list, { id: key, title, subject: title }),
    'newsletter-is-read': ({ key, opens, clicks }) => {
      for (const email of opens) mailchimp.open(key, email);
      for (const email of clicks) mailchimp.click(key, email, 'https://example.com/prices');
    },
    'crm-stage-changes': ({ who, stage: next }) => salesforce.update(idOf(who), { Lifecycle_Stage__c: next }),
    'crm-title-changes': ({ who, title }) => salesforce.update(idOf(who), { Title: title }),
    'crm-opts-out': ({ who }) => salesforce.update(idOf(who), { HasOptedOutOfEmail: true }),
    'crm-person-is-created': ({ one }) => void ids.set(one.key, salesforce.insert(one.object, personFields(one, idOf))),
    'crm-person-is-deleted': ({ who }) => salesforce.delete(idOf(who)),
    'crm-call-is-logged': ({ who }, at) =>
      void salesforce.insert('Task', { ...taskFields(idOf(who), 'Call', 'Follow-up call'), ...doneAt(true, at) }),
    'crm-meeting-is-held': ({ who }, at) =>
      void salesforce.insert('Event', meetingFields(idOf(who), 'Demonstration', at, 60)),
    'crm-account-grows': ({ account, employees }) => salesforce.update(idOf(account), { NumberOfEmployees: employees }),
  };

  return world.day.map(({ at, happening }) => ({
    at: Date.parse(at),
    what: happening.what,
    run: async () => {
      // Each key of `players` takes the happening of that name; TypeScript cannot follow that through an index.
      const play = players[happening.what] as (of: DayHappening, at: string) => void;
      play(happening, at);
      await mailchimp.settleWebhooks();
      await stage.salesforce.settleEvents();
    },
  }));
}
