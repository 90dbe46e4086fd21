import { describe, expect, it } from 'vitest';
import type { BusEvent, Delivery } from '../../lib/connectors/contract-deliveries.ts';
import { salesforceConfig } from '../../lib/connectors/salesforce/config.ts';
import { events } from '../../lib/connectors/salesforce/events.ts';
import { salesforce } from '../../lib/connectors/salesforce/index.ts';
import type { Json } from '../../lib/domain/json.ts';
import { changeEvent, type RelayedEvent } from '../vendors/salesforce/change-events.ts';
import { openRig } from './salesforce-rig.ts';

const BUS = 'aws.partner/salesforce.com/00D5g000001DemoEAC/0YL5g00000001AAGAY';
const CONTACT = '0035g0000000001AAA';
const config = salesforceConfig.parse({});

function told({ detailType, detail }: RelayedEvent): readonly Delivery[] {
  const event: BusEvent = { id: 'e1', source: BUS, detailType, detail: detail as unknown as Json };
  return events.parse(event, 'crm', config);
}

const changed = (header: Parameters<typeof changeEvent>[1], fields = {}): RelayedEvent =>
  changeEvent(
    { object: 'Contact', id: CONTACT, changeType: 'UPDATE', fields, at: Date.parse('2026-11-21T08:00:00.250Z') },
    { transactionKey: 't1', sequenceNumber: 2, ...header },
  );

describe('a relayed change', () => {
  it('of the simulated org leads to what the org holds then', async () => {
    await using rig = await openRig();
    const { store } = rig.vendor;
    const relayed: RelayedEvent[] = [];
    rig.vendor.relayChanges(async (event) => void relayed.push(event));
    const [kept, merged, purged] = ['Kept', 'Merged', 'Purged'].map((LastName) =>
      store.insert('Contact', { LastName }),
    );
    store.update(kept ?? '', { Title: 'Head of procurement' });
    store.merge(kept ?? '', [merged ?? '']);
    store.delete(purged ?? '');
    store.purge(purged ?? '');
    store.insert('Campaign', { Name: 'Nobody reads it again' });
    await rig.vendor.settleEvents();

    const deliveries = relayed.flatMap(told);
    const hinted = new Set(deliveries.flatMap((one) => ('hint' in one ? one.hint.ids : [])));
    const contacts = salesforce.streams.find(({ name }) => name === 'contacts');
    const options = { signal: new AbortController().signal, now: rig.now() };
    const page = await contacts?.reread?.(await rig.connect(), 'crm', [...hinted], options);

    const { header } = { header: relayed.map(({ detail }) => detail.payload.ChangeEventHeader) };
    expect(header.map(({ changeType }) => changeType)).toEqual([
      'CREATE',
      'CREATE',
      'CREATE',
      'UPDATE',
      'DELETE',
      'DELETE',
    ]);
    expect(deliveries.flatMap((one) => ('change' in one ? [one.change] : []))).toEqual(
      [merged, purged].map((id) => ({ kind: 'gone', fragment: `crm:contact:${id}`, at: '2026-11-21T08:00:00.000Z' })),
    );
    expect([...hinted].sort()).toEqual([kept, merged, purged].sort());
    expect(page?.changes.map(({ kind }) => kind).sort()).toEqual(['gone', 'gone', 'profile']);
  });

  it('is known by its place in its transaction, whatever the bus calls it', () => {
    expect(told(changed({}))).toEqual([{ deliveryId: 't1/2/Contact', hint: { stream: 'contacts', ids: [CONTACT] } }]);
  });

  it('takes AppFlow, which leaves the payload out, for the same', () => {
    const { detailType, detail } = changed({});
    const flat = { detailType, detail: detail.payload } as unknown as RelayedEvent;

    expect(told(flat)).toEqual(told(changed({})));
  });

  it.each([
    ['an opt-out that changed', changed({}, { HasOptedOutOfEmail: true })],
    ['a change that nobody can describe', changed({ changeType: 'GAP_UPDATE' })],
  ])('with %s pauses the person until they are read again', (_, event) => {
    expect(told(event)).toMatchObject([{ hint: { ids: [CONTACT], withdraws: [`crm:contact:${CONTACT}`] } }]);
  });

  it.each(['GAP_CREATE', 'GAP_DELETE', 'GAP_UNDELETE', 'UNDELETE', 'CREATE', 'SOMETHING_NEW'])(
    'of type %s has the record read again',
    (changeType) => {
      expect(told(changed({ changeType }))).toEqual([
        { deliveryId: 't1/2/Contact', hint: { stream: 'contacts', ids: [CONTACT] } },
      ]);
    },
  );

  it.each([
    ['too much changed at once', { changeType: 'GAP_OVERFLOW', recordIds: ['000000000000000AAA'] }],
    ['a wildcard stands for records', { changeType: 'UPDATE', recordIds: ['003*'] }],
    ['a wildcard stands for records that are gone', { changeType: 'DELETE', recordIds: ['003*'] }],
  ])('has the whole stream pulled where %s', (_, header) => {
    expect(told(changed(header))).toEqual([{ deliveryId: 't1/2/Contact', pull: { stream: 'contacts' } }]);
  });

  it('of an object whose records nobody reads again is nothing', () => {
    expect(told(changed({ entityName: 'Opportunity', recordIds: ['0065g0000000001AAA'] }))).toEqual([]);
  });
});
