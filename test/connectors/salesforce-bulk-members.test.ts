import { describe, expect, it } from 'vitest';
import type { BatchResult, Member, Outcome, Write } from '../../lib/connectors/contract.ts';
import { audiences } from '../../lib/connectors/salesforce/audiences.ts';
import type { SalesforceApi } from '../../lib/connectors/salesforce/client.ts';
import type { JsonObject } from '../../lib/domain/json.ts';
import { openRig, type SalesforceRig } from './salesforce-rig.ts';

interface Campaign {
  readonly rig: SalesforceRig;
  readonly api: SalesforceApi;
  readonly remoteId: string;
}

describe('campaign members in bulk', () => {
  it('are one job for ten thousand, with a true outcome for each', async () => {
    await using rig = await openRig({ bulkPolls: 3 });
    const campaign = await open(rig);
    const ids = contacts(rig, 10_000);
    const calls = rig.vendor.calls.total;

    const outcomes = await push(campaign, 'add', byId(ids));

    expect(count(outcomes)).toEqual({ applied: 10_000 });
    expect(rig.vendor.store.all('CampaignMember')).toHaveLength(10_000);
    expect(rig.vendor.ingest.ids()).toHaveLength(1);
    expect(rig.vendor.calls.total - calls).toBeLessThanOrEqual(audiences.bulk?.calls ?? 0);
  });

  it('keep what a cell holds: commas, quotes, ends of lines, several values, nothing', async () => {
    await using rig = await openRig();
    const campaign = await open(rig);
    const [ann = '', bob = ''] = contacts(rig, 2);
    const lead = rig.vendor.store.insert('Lead', { LastName: 'Curious', Company: 'Example' });
    const reason = 'Example, "Ann"\nthe second; =1+1';
    const fields: Readonly<Record<string, JsonObject>> = {
      [ann]: { Reason__c: reason, Topics__c: ['price', 'range'] },
      [bob]: { Reason__c: null },
    };
    const members = byId([ann, bob, lead]).map((one) => ({ ...one, fields: fields[one.memberId] ?? {} }));

    const outcomes = await push(campaign, 'add', members);

    expect(count(outcomes)).toEqual({ applied: 3 });
    const made = rig.vendor.store.all('CampaignMember');
    expect(made.find(({ ContactId }) => ContactId === ann)).toMatchObject({
      Reason__c: reason,
      Topics__c: 'price;range',
      Status: 'Sent',
    });
    expect(made.find(({ LeadId }) => LeadId === lead)?.Reason__c ?? null).toBeNull();
  });

  it('end as unchanged, unmatched, retry or rejected, whatever order the answers come in', async () => {
    await using rig = await openRig();
    const campaign = await open(rig, { member_status: 'Sent' });
    const { store, faults } = rig.vendor;
    const [there = '', fresh = '', binned = '', locked = ''] = contacts(rig, 4);
    store.insert('CampaignMember', { CampaignId: campaign.remoteId, ContactId: there });
    store.delete(binned);
    faults.add({ kind: 'row-lock', on: ['bulk'] });
    const stranger: Member = { memberId: 'stranger', keys: [{ type: 'email', value: 'nobody@example.com' }] };
    const twin: Member = { memberId: 'twin', keys: [{ type: 'salesforce.contact_id', value: fresh }] };

    // The last row is worked at first, and is the one that is locked.
    const outcomes = await push(campaign, 'add', [...byId([there, fresh, binned]), stranger, ...byId([locked])]);
    const twins = await push(campaign, 'add', [...byId([fresh]), twin]);

    expect(Object.fromEntries(outcomes)).toEqual({
      [there]: { status: 'unchanged' },
      [fresh]: { status: 'applied' },
      [binned]: { status: 'unmatched' },
      stranger: { status: 'unmatched' },
      [locked]: { status: 'retry', code: 'unable-to-lock-row' },
    });
    expect([...twins.values()].every(({ status }) => status === 'unchanged' || status === 'retry')).toBe(true);
    const wrong = await push(await open(rig, { member_status: 'Unknown' }), 'add', byId([locked]));
    expect(wrong.get(locked)).toEqual({ status: 'rejected', code: 'invalid-status' });
  });

  it('that a failed job did not come to are tried again, and those it saved are not', async () => {
    await using rig = await openRig();
    const campaign = await open(rig);
    rig.vendor.faults.add({ kind: 'job-fails', on: ['bulk'] });

    const outcomes = await push(campaign, 'add', byId(contacts(rig, 10)));

    expect(count(outcomes)).toEqual({ applied: 5, 'retry bulk-unprocessed': 5 });
    expect(rig.vendor.store.all('CampaignMember')).toHaveLength(5);
  });

  it('of a job that Salesforce no longer has are tried again', async () => {
    await using rig = await openRig();
    const campaign = await open(rig);

    const outcomes = await push(campaign, 'add', byId(contacts(rig, 2)), (id) => rig.vendor.ingest.delete(id));

    expect(count(outcomes)).toEqual({ 'retry bulk-job-gone': 2 });
  });

  it('are taken off in bulk: who is not there is unchanged, and a row that fails is its own member’s', async () => {
    await using rig = await openRig();
    const campaign = await open(rig);
    const { store, faults } = rig.vendor;
    const ids = contacts(rig, 5);
    for (const ContactId of ids.slice(1)) store.insert('CampaignMember', { CampaignId: campaign.remoteId, ContactId });
    faults.add({ kind: 'row-lock', on: ['bulk'] });

    const outcomes = await push(campaign, 'remove', byId(ids));

    expect(count(outcomes)).toEqual({ unchanged: 1, applied: 3, 'retry unable-to-lock-row': 1 });
    const [left, ...others] = store.all('CampaignMember');
    expect(others).toEqual([]);
    expect(outcomes.get(String(left?.ContactId))).toEqual({ status: 'retry', code: 'unable-to-lock-row' });
  });

  it('are noted before the job and once Salesforce gave them ids, so that they are known when they come back', async () => {
    await using rig = await openRig();
    const campaign = await open(rig);
    const [ann = ''] = contacts(rig, 1);
    const asked: Write[] = [];
    const made: Write[] = [];
    const notes = {
      asked: async (writes: readonly Write[]) => void asked.push(...writes),
      made: async (writes: readonly Write[]) => void made.push(...writes),
    };

    await push({ ...campaign, notes }, 'add', byId([ann]));

    const [member] = rig.vendor.store.all('CampaignMember');
    expect(asked).toMatchObject([{ object: 'CampaignMember', id: `${campaign.remoteId}/${ann}`, member: ann }]);
    expect(made).toMatchObject([{ id: member?.Id, field: 'ours' }, { value: member?.Id }]);
  });
});

async function open(rig: SalesforceRig, config: object = {}): Promise<Campaign> {
  const api = await rig.connect({ config });
  const { remoteId } = await audiences.ensure(api, { campaign: 'Engaged prospects' });
  return { rig, api, remoteId };
}

function contacts({ vendor }: SalesforceRig, amount: number): string[] {
  return Array.from({ length: amount }, (_, n) => vendor.store.insert('Contact', { LastName: `Person ${n}` }));
}

function byId(ids: readonly string[]): Member[] {
  return ids.map((value) => ({ memberId: value, keys: [{ type: 'salesforce.contact_id', value }] }));
}

/** Applies in bulk and follows the job; `before` is told of the job before anybody looks at it. */
async function push(
  { api, remoteId, notes }: Campaign & { readonly notes?: NonNullable<Parameters<typeof audiences.apply>[1]['notes']> },
  op: 'add' | 'remove',
  members: readonly Member[],
  before: (id: string) => void = () => undefined,
): Promise<ReadonlyMap<string, Outcome>> {
  const { bulk } = audiences;
  if (bulk === undefined) throw new Error('there is no way for very many');
  const noting = notes === undefined ? {} : { notes };
  let result: BatchResult = await bulk.apply(api, {
    remoteId,
    op,
    members,
    idempotencyKey: 'one',
    ...noting,
  });
  if (result.state === 'done') return result.outcomes;
  const known = new Map(result.outcomes ?? []);
  before((result.job as { readonly id: string }).id);
  const waiting = members.filter(({ memberId }) => !known.has(memberId));
  while (result.state === 'pending') {
    result = await bulk.poll(api, result.job, { remoteId, op, members: async () => waiting, ...noting });
  }
  return new Map([...known, ...result.outcomes]);
}

function count(outcomes: ReadonlyMap<string, Outcome>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const outcome of outcomes.values()) {
    const name = 'code' in outcome ? `${outcome.status} ${outcome.code}` : outcome.status;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
