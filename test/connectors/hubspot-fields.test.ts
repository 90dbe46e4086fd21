import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HubspotApi } from '../../lib/connectors/hubspot/client.ts';
import { fieldValues } from '../../lib/connectors/hubspot/field-values.ts';
import { email, holdersIn, sendTo } from './field-rig.ts';
import { type HubspotRig, openRig } from './hubspot-rig.ts';

const SEGMENT = { property: 'tributary_segment', value: 'lapsing' };

let rig: HubspotRig;
let api: HubspotApi;
let ann: string;
beforeEach(async () => {
  rig = await openRig();
  api = rig.connect();
  rig.vendor.store.addProperty('contacts', SEGMENT.property);
  ann = rig.vendor.store.create('contacts', { email: 'ann@example.com', jobtitle: 'Buyer' });
});
afterEach(() => rig[Symbol.asyncDispose]());

describe('a contact property', () => {
  it('is written by id, else by address in any case, and nothing else of the contact is', async () => {
    const bob = rig.vendor.store.create('contacts', { email: 'bob@example.com' });
    rig.vendor.store.archive('contacts', bob);
    const cat = rig.vendor.store.create('contacts', { email: 'cat@example.com' });

    const { outcomes, calls } = await sendTo(fieldValues, api, 'add', SEGMENT, [
      [id(ann)],
      [id(bob), email('CAT@example.com')],
      [email('never@example.org')],
    ]);

    expect(outcomes).toEqual([{ status: 'applied' }, { status: 'applied' }, { status: 'unmatched' }]);
    expect([ann, cat].map(held)).toEqual(['lapsing', 'lapsing']);
    // By id, by address, and one change of both.
    expect(calls).toBe(3);
    expect(rig.vendor.calls.at(-1)?.body).toEqual({
      inputs: [ann, cat].map((one) => ({ id: one, properties: { tributary_segment: 'lapsing' } })),
    });
    expect(rig.vendor.store.all('contacts')).toHaveLength(2);
  });

  it('takes ticks and numbers as HubSpot writes them', async () => {
    rig.vendor.store.addProperty('contacts', 'vip', 'bool');
    rig.vendor.store.addProperty('contacts', 'level', 'number');

    for (const target of [
      { property: 'vip', value: true },
      { property: 'level', value: 3 },
    ]) {
      const first = await sendTo(fieldValues, api, 'add', target, [[id(ann)]]);
      const second = await sendTo(fieldValues, api, 'add', target, [[id(ann)]]);

      expect([...first.outcomes, ...second.outcomes]).toEqual([{ status: 'applied' }, { status: 'unchanged' }]);
    }
    expect(rig.vendor.store.find('contacts', ann)?.properties).toMatchObject({ vip: 'true', level: '3' });
  });

  it('lists who holds the value exactly, by windows of ids and never by later pages', async () => {
    const holders = Array.from({ length: 401 }, (_, n) =>
      rig.vendor.store.create('contacts', { email: `n${n}@example.com`, tributary_segment: 'lapsing' }),
    );
    rig.vendor.store.create('contacts', { email: 'other@example.com', tributary_segment: 'LAPSING' });
    rig.pass(30_000);

    const { people, pages } = await holdersIn(fieldValues, api, SEGMENT);

    expect(people.map(({ keys }) => keys[0]?.value)).toEqual(holders);
    expect(people[0]?.keys).toEqual([id(holders[0] ?? ''), email('n0@example.com')]);
    expect(pages).toBe(3);
    const searches = rig.vendor.calls.filter(({ area }) => area === 'search');
    expect(searches.map(({ body }) => Reflect.get(Object(body), 'after'))).toEqual([undefined, undefined, undefined]);
  });

  it('says which property was deleted while people were being written', async () => {
    const { remoteId } = await fieldValues.ensure(api, SEGMENT);
    rig.vendor.store.dropProperty('contacts', SEGMENT.property);
    const members = [{ memberId: 'ann', keys: [id(ann)] }];

    await expect(fieldValues.apply(api, { remoteId, op: 'add', members, idempotencyKey: 'k' })).rejects.toMatchObject({
      kind: 'config',
      code: 'hubspot/unknown-property',
      message: expect.stringContaining('tributary_segment'),
    });
  });
});

function id(value: string) {
  return { type: 'hubspot.contact_id', value };
}

function held(contact: string): string | null | undefined {
  return rig.vendor.store.find('contacts', contact)?.properties.tributary_segment;
}
