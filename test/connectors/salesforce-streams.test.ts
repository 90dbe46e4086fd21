import { describe, expect, it } from 'vitest';
import { salesforce } from '../../lib/connectors/salesforce/index.ts';
import type { Change } from '../../lib/domain/change.ts';
import { openRig, readStream, type SalesforceRig } from './salesforce-rig.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('a backfill', () => {
  it('reads every page of one job, in a killed run too', async () => {
    await using rig = await openRig();
    fill(rig, 23);
    const before = await readStream(rig, 'contacts', { pageSize: 5, most: 3 });
    rig.pass(MINUTE);

    const after = await readStream(rig, 'contacts', { pageSize: 5, from: before.at(-1)?.checkpoint });

    const ids = [...before, ...after].flatMap((page) => page.changes.map(subjectOf));
    expect(new Set(ids).size).toBe(23);
    expect(ids.length).toBe(23);
    expect(rig.vendor.jobs.ids()).toHaveLength(1);
  });

  it('starts anew when its job is no more', async () => {
    await using rig = await openRig();
    fill(rig, 12);
    rig.pass(MINUTE);
    const before = await readStream(rig, 'contacts', { pageSize: 5, most: 2 });
    for (const id of rig.vendor.jobs.ids()) rig.vendor.jobs.delete(id);
    rig.pass(8 * 24 * HOUR);

    const after = await readStream(rig, 'contacts', { pageSize: 5, from: before.at(-1)?.checkpoint });

    expect(after.flatMap((page) => page.changes)).toHaveLength(12);
    expect(after.at(-1)?.checkpoint).toEqual({ v: 1, phase: 'done', instant: rig.now().toISOString() });
  });

  it('gives up for now when job after job fails', async () => {
    await using rig = await openRig({ bulkPolls: 1000 });
    fill(rig, 1);
    const failing = setInterval(() => rig.vendor.jobs.failAll(), 20);

    const reading = readStream(rig, 'contacts');

    await expect(reading).rejects.toMatchObject({ kind: 'transient', code: 'salesforce/backfill-failed' });
    clearInterval(failing);
    expect(rig.vendor.jobs.ids()).toHaveLength(3);
  });

  it('gives values the same types as an increment does', async () => {
    await using rig = await openRig();
    const { store } = rig.vendor;
    store.declareField('Contact', 'Score__c', 'double');
    store.declareField('Contact', 'Vip__c', 'boolean');
    const name = 'Example, "Ann"\nthe second';
    store.insert('Contact', { LastName: name, Email: 'ann@example.com', Score__c: 4.5, Vip__c: true });
    rig.pass(MINUTE);
    const config = {
      fields: { score: 'Contact.Score__c', vip: ['Contact.Vip__c'], lifecycle_stage: 'Lifecycle_Stage__c' },
    };

    const filled = await readStream(rig, 'contacts', { config });
    rig.pass(MINUTE);
    const increment = await readStream(rig, 'contacts', { config, from: filled.at(-1)?.checkpoint });

    const traits = { last_name: name, email: 'ann@example.com', score: 4.5, vip: true, lifecycle_stage: null };
    expect(changesOf(filled)).toMatchObject([{ traits }]);
    expect(changesOf(increment)).toEqual(changesOf(filled));
  });
});

describe('an increment', () => {
  it('brings a record whose transaction committed after its stamp was read past', async () => {
    await using rig = await openRig();
    const late = rig.vendor.store.insertUncommitted('Contact', { LastName: 'Late' });
    rig.pass(MINUTE);
    const first = await readStream(rig, 'contacts');
    late.commit();
    rig.pass(5 * MINUTE);

    const second = await readStream(rig, 'contacts', { from: first.at(-1)?.checkpoint });

    expect(changesOf(first)).toEqual([]);
    expect(changesOf(second).map(subjectOf)).toEqual([`crm:contact:${late.id}`]);
  });

  it('brings deleted and merged records as gone, once more than a day has passed too', async () => {
    await using rig = await openRig();
    const [deleted = '', winner = '', loser = ''] = fill(rig, 3);
    rig.pass(HOUR);
    const first = await readStream(rig, 'contacts');
    rig.pass(30 * HOUR);
    rig.vendor.store.delete(deleted);
    rig.vendor.store.merge(winner, [loser]);
    rig.pass(MINUTE);

    const second = await readStream(rig, 'contacts', { from: first.at(-1)?.checkpoint });

    expect(changesOf(second)).toMatchObject([
      { kind: 'gone', fragment: `crm:contact:${deleted}` },
      { kind: 'gone', fragment: `crm:contact:${loser}` },
    ]);
  });

  it('asks in order of instant and id, with one request a page', async () => {
    await using rig = await openRig();
    const first = await readStream(rig, 'contacts');
    rig.pass(HOUR);
    const ids = fill(rig, 7);
    rig.pass(MINUTE);
    const before = rig.vendor.calls.query;

    const pages = (await readStream(rig, 'contacts', { from: first.at(-1)?.checkpoint, pageSize: 3 })).slice(0, -1);

    expect(pages.map((page) => page.changes.map(subjectOf))).toEqual(
      [ids.slice(0, 3), ids.slice(3, 6), ids.slice(6)].map((part) => part.map((id) => `crm:contact:${id}`)),
    );
    expect(rig.vendor.calls.query - before).toBe(3);
  });
});

describe('activities', () => {
  it('hold a meeting once it begins, not when it is planned', async () => {
    await using rig = await openRig();
    const [contact = ''] = fill(rig, 1);
    const start = new Date(rig.now().getTime() + 24 * HOUR).toISOString();
    const meeting = rig.vendor.store.insert('Event', {
      WhoId: contact,
      Subject: 'Demonstration',
      StartDateTime: start,
    });
    rig.pass(HOUR);
    const planned = await readStream(rig, 'activities');
    rig.pass(24 * HOUR);

    const held = await readStream(rig, 'activities', { from: planned.at(-1)?.checkpoint });

    expect(changesOf(planned)).toEqual([]);
    expect(changesOf(held)).toMatchObject([
      { id: meeting, name: 'Meeting Held', at: start, fragment: `crm:contact:${contact}` },
    ]);
  });

  it('go to the contact or the lead they are about, in one page with one checkpoint', async () => {
    await using rig = await openRig();
    const { store } = rig.vendor;
    const [contact = ''] = fill(rig, 1);
    const lead = store.insert('Lead', { LastName: 'Curious', Company: 'Example' });
    const campaign = store.insert('Campaign', { Name: 'Spring fair', Type: 'Trade Show', Status: 'Planned' });
    store.insert('Task', { WhoId: lead, TaskSubtype: 'Email', Status: 'Completed' });
    store.insert('Task', { WhoId: contact, TaskSubtype: 'Call', Status: 'Completed' });
    store.insert('Task', { WhoId: contact, Status: 'Not Started' });
    const member = store.insert('CampaignMember', { CampaignId: campaign, ContactId: contact, Status: 'Responded' });
    rig.pass(HOUR);

    const pages = await readStream(rig, 'activities');

    expect(changesOf(pages)).toMatchObject([
      { name: 'Email Sent', fragment: `crm:lead:${lead}` },
      { name: 'Call Logged', fragment: `crm:contact:${contact}` },
      {
        name: 'Campaign Joined',
        id: member,
        properties: {
          campaign: 'Spring fair',
          campaign_id: campaign,
          campaign_type: 'Trade Show',
          campaign_status: 'Planned',
          status: 'Responded',
        },
      },
      { name: 'Campaign Responded', id: `${member}:responded`, at: '2026-11-21T00:00:00.000Z' },
    ]);
    // The campaign member is archived under both of its mappings.
    expect(pages.flatMap((page) => page.lines)).toHaveLength(4);
    expect(pages.map((page) => page.checkpoint)).not.toContainEqual(
      expect.objectContaining({ instant: 'part of a page' }),
    );
  });
});

describe('reread', () => {
  it('brings records by id, and those that are no more as gone', async () => {
    await using rig = await openRig();
    const [kept = '', purged = ''] = fill(rig, 2);
    rig.vendor.store.delete(purged);
    rig.vendor.store.purge(purged);
    const contacts = salesforce.streams.find(({ name }) => name === 'contacts');
    const options = { signal: new AbortController().signal, now: rig.now() };

    const page = await contacts?.reread?.(await rig.connect(), 'crm', [kept.slice(0, 15), purged, 'no id'], options);

    expect(page?.changes).toMatchObject([
      { kind: 'gone', fragment: `crm:contact:${purged}`, at: rig.now().toISOString() },
      { kind: 'profile', fragment: `crm:contact:${kept}` },
    ]);
  });
});

describe('fields', () => {
  it('that the object lacks are told as a setting to correct', async () => {
    await using rig = await openRig();

    const reading = readStream(rig, 'leads', { config: { fields: { tier: 'Tier__c' } } });

    await expect(reading).rejects.toMatchObject({ kind: 'config', code: 'salesforce/unknown-field' });
  });
});

function fill({ vendor }: SalesforceRig, count: number): string[] {
  return Array.from({ length: count }, (_, n) => vendor.store.insert('Contact', { LastName: `Person ${n}` }));
}

function changesOf(pages: readonly { readonly changes: readonly Change[] }[]): Change[] {
  return pages.flatMap((page) => [...page.changes]);
}

function subjectOf(change: Change): string {
  return change.kind === 'account' ? change.account : change.fragment;
}
