import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Mailchimp, startMailchimp } from '../mailchimp/simulator.ts';
import { type SalesforceSimulator, startSalesforce } from '../salesforce/server.ts';
import { makeWorld, type World } from '../world.ts';
import { ACME_LIST, loadMailchimp } from './load-mailchimp.ts';
import { loadSalesforce, type SalesforceIds } from './load-salesforce.ts';
import { playDay } from './play-day.ts';

const morning = new Date('2026-11-20T05:00:00.000Z');
const world = makeWorld(7, morning);

describe('a world in the simulators', () => {
  const clock = { at: morning.getTime() };
  let mailchimp: Mailchimp;
  let salesforce: SalesforceSimulator;
  let ids: SalesforceIds;

  beforeEach(async () => {
    clock.at = morning.getTime();
    const now = () => new Date(clock.at);
    mailchimp = await startMailchimp({ now });
    salesforce = await startSalesforce({ now });
    ids = loadSalesforce(world, salesforce);
    loadMailchimp(world, mailchimp);
  });

  afterEach(() => Promise.all([mailchimp.close(), salesforce.close()]));

  it('is all there', () => {
    const deleted = world.people.filter(({ deletedAt }) => deletedAt !== undefined).length;

    expect(salesforce.store.all('Account')).toHaveLength(world.accounts.length);
    expect(salesforce.store.all('Contact').length + salesforce.store.all('Lead').length).toBe(
      world.people.length - deleted,
    );
    expect(salesforce.store.all('Task')).toHaveLength(world.tasks.length);
    expect(salesforce.store.all('Event')).toHaveLength(world.meetings.length);
    expect(salesforce.store.all('CampaignMember')).toHaveLength(world.campaignMembers.length);
    const won = salesforce.store.all('Opportunity').filter(({ IsWon }) => IsWon);
    expect(won.length).toBeGreaterThan(100);
    expect(salesforce.store.all('OpportunityContactRole')).toHaveLength(salesforce.store.all('Opportunity').length);
    expect(statusesOf(mailchimp)).toEqual(statusesIn(world));
  });

  it('has its past before the morning', () => {
    const objects = ['Account', 'Contact', 'Lead', 'Campaign', 'CampaignMember', 'Task', 'Event', 'Opportunity'];
    const stamps = objects.flatMap((object) => salesforce.store.table(object).inOrder.map((row) => row.SystemModstamp));
    const changes = mailchimp.members(ACME_LIST).map(({ lastChanged }) => lastChanged);

    expect([...stamps, ...changes].filter((at) => at >= morning.getTime())).toEqual([]);
  });

  it('lives through its day in order, and ends it the same way each time', async () => {
    const events = playDay(world, { salesforce, ids, mailchimp });

    for (const event of events) {
      clock.at = event.at;
      await event.run();
    }

    expect(events).toHaveLength(world.day.length);
    expect(events.map(({ at }) => at)).toEqual(events.map(({ at }) => at).sort((left, right) => left - right));
    const created = happenings('crm-person-is-created') - happenings('crm-person-is-deleted');
    const alive = world.people.filter(
      ({ object, deletedAt }) => object === 'Contact' && deletedAt === undefined,
    ).length;
    expect(salesforce.store.all('Contact')).toHaveLength(alive + created);
    expect(mailchimp.members(ACME_LIST)).toHaveLength(
      world.members.length + happenings('reader-joins') - happenings('reader-is-forgotten'),
    );
    expect(statusesOf(mailchimp).unsubscribed).toBe(
      (statusesIn(world).unsubscribed ?? 0) + happenings('reader-unsubscribes'),
    );
  });
});

function happenings(what: string): number {
  return world.day.filter(({ happening }) => happening.what === what).length;
}

function statusesOf(mailchimp: Mailchimp): Record<string, number> {
  return countsOf(mailchimp.members(ACME_LIST).map(({ status }) => status));
}

function statusesIn({ members }: World): Record<string, number> {
  return countsOf(members.map(({ status }) => status));
}

function countsOf(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
