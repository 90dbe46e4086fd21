import { describe, expect, it } from 'vitest';
import type { BatchResult, ListPage, Member } from '../../lib/connectors/contract.ts';
import { audiences } from '../../lib/connectors/salesforce/audiences.ts';
import type { SalesforceApi } from '../../lib/connectors/salesforce/client.ts';
import { truth } from '../../lib/connectors/salesforce/truth.ts';
import { openRig, type SalesforceRig } from './salesforce-rig.ts';

describe('ensure', () => {
  it('finds the campaign of that name, whatever quotes it holds', async () => {
    await using rig = await openRig();
    const api = await rig.connect();
    const target = { campaign: "Winter's \\ fair" };

    const made = await audiences.ensure(api, target);
    const found = await audiences.ensure(api, target);

    expect(found).toEqual(made);
    expect(rig.vendor.store.all('Campaign')).toMatchObject([
      { Id: made.remoteId, Name: target.campaign, IsActive: true },
    ]);
  });
});

describe('apply', () => {
  it('gives each member the outcome of its own record', async () => {
    await using rig = await openRig();
    const { store } = rig.vendor;
    const [first, second, third] = [1, 2, 3].map((n) => store.insert('Contact', { LastName: `Person ${n}` }));
    const deleted = store.insert('Contact', { LastName: 'Deleted' });
    store.delete(deleted);
    const { api, remoteId } = await opened(rig);
    store.insert('CampaignMember', { CampaignId: remoteId, ContactId: first });
    rig.vendor.faults.add({ kind: 'row-lock', on: ['write'] });

    const result = await audiences.apply(
      api,
      batch(remoteId, 'add', [third, first, second, deleted, '0035g00000ZZZZZ']),
    );

    expect(outcomesOf(result)).toEqual([
      { status: 'retry', code: 'unable-to-lock-row' },
      { status: 'unchanged' },
      { status: 'applied' },
      { status: 'unmatched' },
      { status: 'unmatched' },
    ]);
  });

  it('finds people by address: the oldest contact, else a lead that is not converted', async () => {
    await using rig = await openRig();
    const { store } = rig.vendor;
    const oldest = store.insert('Contact', { LastName: 'Ann', Email: 'Ann@Example.com' });
    store.insert('Contact', { LastName: 'Ann again', Email: 'ann@example.com' });
    const lead = store.insert('Lead', { LastName: 'Bo', Company: 'Example', Email: "o'bo@example.org" });
    const converted = store.insert('Lead', { LastName: 'Cy', Company: 'Example', Email: 'cy@example.org' });
    const contact = store.convertLead(converted);
    const { api, remoteId } = await opened(rig);
    const before = rig.vendor.calls.total;

    const keys = ['ann@example.com', "o'bo@example.org", 'cy@example.org', 'nobody@example.org'];
    const result = await audiences.apply(api, batch(remoteId, 'add', keys));

    expect(outcomesOf(result).map(({ status }) => status)).toEqual(['applied', 'applied', 'applied', 'unmatched']);
    expect(peopleIn(rig)).toEqual([oldest, contact, lead].sort());
    expect(result.calls).toBe(rig.vendor.calls.total - before);
    expect(result.calls).toBe(3);
  });

  it('sets the fields of a member that it makes, and never those of one that is there', async () => {
    await using rig = await openRig();
    const { store } = rig.vendor;
    const [made, there] = ['Ann', 'Bo'].map((LastName) => store.insert('Contact', { LastName }));
    const { api, remoteId } = await opened(rig);
    store.insert('CampaignMember', { CampaignId: remoteId, ContactId: there, Reason__c: 'asked us' });
    const { members, ...rest } = batch(remoteId, 'add', [made, there]);
    const fields = { Reason__c: 'customer', Topics__c: ['price', 'delivery'] };

    const result = await audiences.apply(api, { ...rest, members: members.map((one) => ({ ...one, fields })) });

    expect(outcomesOf(result)).toEqual([{ status: 'applied' }, { status: 'unchanged' }]);
    const rows = store.all('CampaignMember').map(({ ContactId, Reason__c, Topics__c, Status }) => {
      return { ContactId, Reason__c, Topics__c, Status };
    });
    expect(rows).toEqual([
      { ContactId: there, Reason__c: 'asked us', Topics__c: undefined, Status: expect.anything() },
      { ContactId: made, Reason__c: 'customer', Topics__c: 'price;delivery', Status: 'Sent' },
    ]);
  });

  it.each([
    ['Reason__c', undefined],
    ['reason', undefined],
    ['Reason c', 'the API name of a field, such as Reason__c'],
    ['Status', 'member_status of the connection instead'],
    ['contactid', 'a field that the push does not set itself'],
    ['HasResponded', 'a field that Salesforce does not set itself'],
  ])('lets an audience name the field %s, or says what is expected', (field, expected) => {
    expect(audiences.creates?.refuses(field)).toBe(expected);
  });

  it('adds 200 known people with one request', async () => {
    await using rig = await openRig();
    const ids = Array.from({ length: 200 }, (_, n) => rig.vendor.store.insert('Contact', { LastName: `Person ${n}` }));
    const { api, remoteId } = await opened(rig);

    const result = await audiences.apply(api, batch(remoteId, 'add', ids));

    expect(result.calls).toBe(1);
    expect(new Set(outcomesOf(result).map(({ status }) => status))).toEqual(new Set(['applied']));
  });

  it('removes every record of a person, and leaves others alone', async () => {
    await using rig = await openRig();
    const { store } = rig.vendor;
    const contact = store.insert('Contact', { LastName: 'Ann', Email: 'ann@example.com' });
    const lead = store.insert('Lead', { LastName: 'Ann', Company: 'Example', Email: 'ann@example.com' });
    const other = store.insert('Contact', { LastName: 'Bo', Email: 'bo@example.org' });
    const { api, remoteId } = await opened(rig);
    for (const who of [{ ContactId: contact }, { LeadId: lead }, { ContactId: other }]) {
      store.insert('CampaignMember', { CampaignId: remoteId, ...who });
    }

    const result = await audiences.apply(api, batch(remoteId, 'remove', ['ann@example.com', 'nobody@example.org']));

    expect(outcomesOf(result)).toEqual([{ status: 'applied' }, { status: 'unchanged' }]);
    expect(peopleIn(rig)).toEqual([other]);
  });

  it('rejects by the vendor’s code what will never work', async () => {
    await using rig = await openRig();
    const id = rig.vendor.store.insert('Contact', { LastName: 'Ann' });
    const { api, remoteId } = await opened(rig, { member_status: 'Dreaming' });

    const result = await audiences.apply(api, batch(remoteId, 'add', [id]));

    expect(outcomesOf(result)).toEqual([{ status: 'rejected', code: 'invalid-status' }]);
  });

  it('says that the campaign is gone, not that everybody is unknown', async () => {
    await using rig = await openRig();
    const id = rig.vendor.store.insert('Contact', { LastName: 'Ann' });
    const { api, remoteId } = await opened(rig);
    rig.vendor.store.delete(remoteId);

    const adding = audiences.apply(api, batch(remoteId, 'add', [id]));

    await expect(adding).rejects.toMatchObject({ kind: 'transient', code: 'salesforce/campaign-gone' });
  });
});

describe('truth', () => {
  it('reads a campaign of several pages by id and by address, and reads on after any page', async () => {
    await using rig = await openRig();
    const { api, remoteId } = await opened(rig);
    for (let n = 0; n < 2_050; n += 1) {
      const lead = n % 5 === 0;
      const person = rig.vendor.store.insert(lead ? 'Lead' : 'Contact', {
        LastName: `P${n}`,
        Email: `p${n}@example.com`,
        ...(lead ? { Company: 'Example' } : {}),
      });
      rig.vendor.store.insert('CampaignMember', { CampaignId: remoteId, [lead ? 'LeadId' : 'ContactId']: person });
    }
    const signal = new AbortController().signal;
    const pages: ListPage[] = [];
    for await (const page of truth.members?.(api, remoteId, { signal }) ?? []) pages.push(page);
    const again: ListPage[] = [];
    const after = pages[0]?.next ?? null;
    for await (const page of truth.members?.(api, remoteId, { signal, after }) ?? []) again.push(page);

    const members = pages.flatMap((page) => page.members);
    expect(members.map(({ keys }) => keys[0]?.value).sort()).toEqual(peopleIn(rig));
    expect(new Set(members.map(({ keys }) => keys[1]?.value)).size).toBe(2_050);
    expect(pages.map((page) => page.members.length)).toEqual([2_000, 50]);
    expect(again).toEqual(pages.slice(1));
  });

  it('knows the living by id and by address', async () => {
    await using rig = await openRig();
    const { api } = await opened(rig);
    const [alive = '', dead = ''] = ['alive', 'dead'].map((name) =>
      rig.vendor.store.insert('Contact', { LastName: name, Email: `${name}@example.com` }),
    );
    rig.vendor.store.delete(dead);
    const asked = [alive, dead, 'alive@example.com', 'dead@example.com'].map((value, n): Member => {
      const type = value.includes('@') ? 'email' : 'salesforce.contact_id';
      return { memberId: `m${n}`, keys: [{ type, value }] };
    });

    const standings = await truth.standing?.(api, asked, '');

    expect([...(standings ?? [])]).toEqual([
      ['m0', 'reachable'],
      ['m2', 'reachable'],
    ]);
  });
});

async function opened(rig: SalesforceRig, config: object = {}): Promise<{ api: SalesforceApi; remoteId: string }> {
  const api = await rig.connect({ config });
  const { remoteId } = await audiences.ensure(api, { campaign: 'Spring fair' });
  return { api, remoteId };
}

function batch(remoteId: string, op: 'add' | 'remove', values: readonly (string | undefined)[]) {
  const members = values.map((value = '', index): Member => {
    const type = value.includes('@') ? 'email' : 'salesforce.contact_id';
    return { memberId: `m${index}`, keys: [{ type, value }] };
  });
  return { remoteId, op, members, idempotencyKey: 'test' };
}

function outcomesOf(result: BatchResult) {
  if (result.state !== 'done') throw new Error('the batch is not done');
  const { outcomes } = result;
  return [...outcomes.keys()].sort().map((memberId) => outcomes.get(memberId) ?? { status: 'none' });
}

function peopleIn({ vendor }: SalesforceRig): string[] {
  return vendor.store
    .all('CampaignMember')
    .map((row) => String(row.ContactId ?? row.LeadId))
    .sort();
}
