import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SalesforceApi } from '../../lib/connectors/salesforce/client.ts';
import { salesforceConfig } from '../../lib/connectors/salesforce/config.ts';
import { echoes } from '../../lib/connectors/salesforce/echoes.ts';
import { fieldValues } from '../../lib/connectors/salesforce/field-values.ts';
import { email, holdersIn, sendTo } from './field-rig.ts';
import { openRig, type SalesforceRig } from './salesforce-rig.ts';

const VIP = { field: 'VIP__c', value: true };

let rig: SalesforceRig;
let api: SalesforceApi;
beforeEach(async () => {
  rig = await openRig();
  api = await rig.connect();
  for (const object of ['Contact', 'Lead']) rig.vendor.store.declareField(object, 'VIP__c', 'boolean');
});
afterEach(() => rig[Symbol.asyncDispose]());

describe('a field of contacts', () => {
  it('is a tick that an addition sets and a removal takes away', async () => {
    const ann = contact('ann@example.com');

    const added = await sendTo(fieldValues, api, 'add', VIP, [[id(ann)]]);
    const listed = await holdersIn(fieldValues, api, VIP);
    const removed = await sendTo(fieldValues, api, 'remove', VIP, [[id(ann)]]);

    expect([...added.outcomes, ...removed.outcomes]).toEqual([{ status: 'applied' }, { status: 'applied' }]);
    expect(listed.people).toEqual([{ keys: [id(ann), email('ann@example.com')], standing: 'reachable' }]);
    expect(rig.vendor.store.get(ann)?.VIP__c).toBe(false);
  });

  it('is found by an external id, and makes no record of whom the org does not know', async () => {
    rig.vendor.store.declareField('Contact', 'User_Id__c', 'string');
    const ann = contact('ann@example.com', { User_Id__c: 'U-1' });
    const bob = contact('bob@example.com');
    const target = { ...VIP, external_id: { field: 'user_id__c', type: 'user_id' } };

    const { outcomes } = await sendTo(fieldValues, api, 'add', target, [
      [user('u-1')],
      [user('u-2'), email('bob@example.com')],
      [user('u-3')],
    ]);
    const { people } = await holdersIn(fieldValues, api, target);

    expect(outcomes).toEqual([{ status: 'applied' }, { status: 'applied' }, { status: 'unmatched' }]);
    expect(
      rig.vendor.store
        .all('Contact')
        .map(({ Id }) => Id)
        .sort(),
    ).toEqual([ann, bob].sort());
    expect(people[0]?.keys).toEqual([id(ann), user('U-1'), email('ann@example.com')]);
    expect(fieldValues.moreKeys?.({ ...target, object: 'contact' })).toEqual(['user_id']);
  });

  it('says how people stand who were found by an external id', async () => {
    rig.vendor.store.declareField('Contact', 'User_Id__c', 'string');
    contact('ann@example.com', { User_Id__c: 'u-1' });
    const target = { ...VIP, external_id: { field: 'User_Id__c', type: 'user_id' } };
    const { remoteId } = await fieldValues.ensure(api, target);
    const members = ['u-1', 'u-2'].map((one) => ({ memberId: one, keys: [user(one)] }));

    const standings = await fieldValues.truth?.standing?.(api, members, remoteId);

    expect(standings).toEqual(new Map([['u-1', 'reachable']]));
  });

  it('settles each record by itself', async () => {
    rig.vendor.store.declareField('Contact', 'Level__c', 'picklist', { values: ['gold'] });
    const [ann, bob] = [contact('ann@example.com'), contact('bob@example.com')];
    const target = { field: 'Level__c', value: 'gold' };
    const { remoteId } = await fieldValues.ensure(api, target);
    const members = [ann, bob].map((one) => ({ memberId: one, keys: [id(one)] }));
    rig.vendor.faults.add({ kind: 'row-lock', on: ['write'] });

    const locked = await fieldValues.apply(api, { remoteId, op: 'add', members, idempotencyKey: 'k' });
    // An administrator takes the value out of the picklist after the last look.
    rig.vendor.store.declareField('Contact', 'Level__c', 'picklist', { values: ['silver'] });
    const refused = await fieldValues.apply(api, { remoteId, op: 'add', members, idempotencyKey: 'k' });

    expect(locked).toMatchObject({
      outcomes: new Map([
        [ann, { status: 'retry', code: 'unable-to-lock-row' }],
        [bob, { status: 'applied' }],
      ]),
    });
    expect(refused).toMatchObject({
      outcomes: new Map([
        [ann, { status: 'rejected', code: 'invalid-or-null-for-restricted-picklist' }],
        [bob, { status: 'unchanged' }],
      ]),
    });
  });
});

describe('a field of leads', () => {
  const target = { ...VIP, object: 'lead' };

  it('leaves contacts and converted leads alone', async () => {
    const lead = rig.vendor.store.insert('Lead', { LastName: 'A', Company: 'Example', Email: 'ann@example.com' });
    const converted = rig.vendor.store.insert('Lead', { LastName: 'B', Company: 'Example', Email: 'bob@example.com' });
    const became = rig.vendor.store.convertLead(converted);

    const { outcomes } = await sendTo(fieldValues, api, 'add', target, [
      [id(became), email('ann@example.com')],
      [{ type: 'salesforce.lead_id', value: converted }],
      [email('bob@example.com')],
    ]);

    expect(outcomes).toEqual([{ status: 'applied' }, { status: 'unmatched' }, { status: 'unmatched' }]);
    expect([lead, converted, became].map((one) => rig.vendor.store.get(one)?.VIP__c)).toEqual([true, false, false]);
  });

  it('comes back as ours from leads only, whatever the case of its name', () => {
    const config = salesforceConfig.parse({ fields: { vip: 'Vip__c' } });
    const heard = ['contact', 'lead'].map((kind) =>
      echoes(
        {
          kind: 'profile',
          fragment: `crm:${kind}:00Q5g0000000001EAA`,
          at: '2026-11-21T08:00:00Z',
          traits: { vip: true },
        },
        { config, targets: [target, { campaign: 'Spring' }] },
      ),
    );

    expect(heard).toEqual([
      [],
      [
        {
          writes: [{ object: 'Lead', id: '00Q5g0000000001EAA', field: 'field vip__c', value: 'true' }],
          of: { trait: 'vip' },
        },
      ],
    ]);
  });
});

function contact(Email: string, more: object = {}): string {
  return rig.vendor.store.insert('Contact', { LastName: 'Known', Email, ...more });
}

function id(value: string) {
  return { type: 'salesforce.contact_id', value };
}

function user(value: string) {
  return { type: 'user_id', value };
}
