import { describe, expect, it } from 'vitest';
import type { Page } from '../../lib/connectors/contract.ts';
import type { ActivityChange } from '../../lib/domain/change.ts';
import { openRig, readStream, type SalesforceRig } from './salesforce-rig.ts';

const HOUR = 60 * 60_000;

describe('opportunities', () => {
  it('are told of every contact, with their money once: with the primary contact', async () => {
    await using rig = await openRig();
    const { ann, bob, deal } = aWonDeal(rig);
    rig.pass(HOUR);

    const told = actsOf(await readStream(rig, 'opportunities'));

    const common = { deal_id: deal, deal_name: 'Annual order', amount: 900, stage: 'Closed Won', contacts: 2 };
    expect(told).toMatchObject([
      { fragment: `crm:contact:${bob}`, name: 'Deal Created', at: '2026-11-21T08:00:00.000Z' },
      { fragment: `crm:contact:${bob}`, name: 'Deal Won', at: '2026-11-20T00:00:00.000Z', id: `deal-${deal}-won` },
      { fragment: `crm:contact:${ann}`, name: 'Deal Created' },
      { fragment: `crm:contact:${ann}`, name: 'Deal Won' },
    ]);
    expect(told.map(({ properties }) => properties)).toMatchObject([common, common, common, common]);
    expect(revenues(told)).toEqual([900]);
    expect(told[1]?.properties).toMatchObject({ primary: true, role: 'Decision Maker', close_date: '2026-11-20' });
    expect(told[3]?.properties).not.toHaveProperty('revenue');
  });

  it('give their money to the contact who is primary now, and take it from the former one', async () => {
    await using rig = await openRig();
    const { ann, bob, deal } = aWonDeal(rig);
    rig.pass(HOUR);
    const first = await readStream(rig, 'opportunities');
    rig.pass(HOUR);
    const role = rig.vendor.store.all('OpportunityContactRole').find(({ ContactId }) => ContactId === ann);
    rig.vendor.store.update(role?.Id ?? '', { IsPrimary: true });
    rig.pass(HOUR);

    const told = actsOf(await readStream(rig, 'opportunities', { from: first.at(-1)?.checkpoint }));

    const won = told.filter(({ id }) => id === `deal-${deal}-won`);
    expect(won.map(({ fragment, properties }) => [fragment, properties?.revenue])).toEqual([
      [`crm:contact:${ann}`, 900],
      [`crm:contact:${bob}`, undefined],
    ]);
  });

  it('take their money back when they are deleted, and bring it again when they are undeleted', async () => {
    await using rig = await openRig();
    const { deal } = aWonDeal(rig);
    rig.pass(HOUR);
    const first = await readStream(rig, 'opportunities');
    rig.pass(HOUR);
    rig.vendor.store.delete(deal);
    rig.pass(HOUR);

    const second = await readStream(rig, 'opportunities', { from: first.at(-1)?.checkpoint });
    rig.vendor.store.undelete(deal);
    rig.pass(HOUR);
    const third = await readStream(rig, 'opportunities', { from: second.at(-1)?.checkpoint });

    // The opportunity and its roles all changed, so the same is told by both: repeats change nothing.
    expect(new Set(actsOf(second).map(({ properties }) => properties?.deleted))).toEqual(new Set([true]));
    expect(revenues(actsOf(second))).toEqual([]);
    expect(new Set(revenues(actsOf(third)))).toEqual(new Set([900]));
  });

  it('that were deleted before the backfill are not told at all', async () => {
    await using rig = await openRig();
    const { deal } = aWonDeal(rig);
    rig.vendor.store.delete(deal);
    rig.pass(HOUR);

    expect(actsOf(await readStream(rig, 'opportunities'))).toEqual([]);
  });

  it('are told without a contact whose role was deleted', async () => {
    await using rig = await openRig();
    const { ann, bob } = aWonDeal(rig);
    const { store } = rig.vendor;
    store.delete(store.all('OpportunityContactRole').find(({ ContactId }) => ContactId === bob)?.Id ?? '');
    rig.pass(HOUR);

    const told = actsOf(await readStream(rig, 'opportunities'));

    expect(new Set(told.map(({ fragment }) => fragment))).toEqual(new Set([`crm:contact:${ann}`]));
    expect(revenues(told)).toEqual([900]);
  });

  it('name the currency of each where the org has several, else the one of the connection', async () => {
    await using rig = await openRig();
    const { deal } = aWonDeal(rig);
    rig.pass(HOUR);

    const alone = actsOf(await readStream(rig, 'opportunities'));
    const set = actsOf(await readStream(rig, 'opportunities', { config: { currency: 'EUR' } }));
    rig.vendor.store.declareField('Opportunity', 'CurrencyIsoCode', 'string');
    rig.vendor.store.update(deal, { CurrencyIsoCode: 'CHF' });
    rig.pass(HOUR);
    const several = actsOf(await readStream(rig, 'opportunities', { config: { currency: 'EUR' } }));

    expect(alone[0]?.properties).not.toHaveProperty('currency');
    expect(new Set(set.map(({ properties }) => properties?.currency))).toEqual(new Set(['EUR']));
    expect(new Set(several.map(({ properties }) => properties?.currency))).toEqual(new Set(['CHF']));
  });

  it('go to the contact that they name where the org shows no roles', async () => {
    await using rig = await openRig();
    const { store } = rig.vendor;
    const contact = store.insert('Contact', { LastName: 'Buyer' });
    const deal = { Name: 'Small order', StageName: 'Closed Lost', CloseDate: '2026-11-20' };
    store.insert('Opportunity', { ...deal, ContactId: contact });
    store.insert('Opportunity', deal);
    store.hide('OpportunityContactRole');
    rig.pass(HOUR);

    const filled = await readStream(rig, 'opportunities');
    store.insert('Opportunity', { ...deal, ContactId: contact });
    rig.pass(HOUR);
    const increment = await readStream(rig, 'opportunities', { from: filled.at(-1)?.checkpoint });

    const names = ['Deal Created', 'Deal Lost'];
    expect(actsOf(filled).map(({ name, fragment }) => [name, fragment])).toEqual(
      names.map((name) => [name, `crm:contact:${contact}`]),
    );
    expect(actsOf(increment).map(({ name }) => name)).toEqual(names);
  });

  it('cost two descriptions and one query a source in a quiet hour', async () => {
    await using rig = await openRig();
    const first = await readStream(rig, 'opportunities');
    rig.pass(HOUR);
    const before = { ...rig.vendor.calls };

    await readStream(rig, 'opportunities', { from: first.at(-1)?.checkpoint });

    expect(rig.vendor.calls.query - before.query).toBe(2);
    expect(rig.vendor.calls.other - before.other).toBe(2);
  });
});

/** Ann and Bob, who is the primary contact though Ann's role is older, and what they bought. */
function aWonDeal({ vendor }: SalesforceRig): { ann: string; bob: string; deal: string } {
  const { store } = vendor;
  const ann = store.insert('Contact', { LastName: 'Ann' });
  const bob = store.insert('Contact', { LastName: 'Bob' });
  const fields = { Name: 'Annual order', StageName: 'Closed Won', Amount: 900, CloseDate: '2026-11-20' };
  const deal = store.insert('Opportunity', fields);
  store.insert('OpportunityContactRole', { OpportunityId: deal, ContactId: ann });
  const primary = { IsPrimary: true, Role: 'Decision Maker' };
  store.insert('OpportunityContactRole', { OpportunityId: deal, ContactId: bob, ...primary });
  // A contact may have two roles, and has part once all the same.
  store.insert('OpportunityContactRole', { OpportunityId: deal, ContactId: ann, Role: 'Influencer' });
  return { ann, bob, deal };
}

function actsOf(pages: readonly Page[]): ActivityChange[] {
  return pages.flatMap(({ changes }) => changes.filter((change) => change.kind === 'activity'));
}

function revenues(acts: readonly ActivityChange[]): unknown[] {
  return acts.flatMap(({ properties }) => properties?.revenue ?? []);
}
