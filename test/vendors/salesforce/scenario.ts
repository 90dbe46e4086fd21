import type { BusEvent } from '../../../lib/connectors/contract-deliveries.ts';
import { salesforce } from '../../../lib/connectors/salesforce/index.ts';
import type { Identifier } from '../../../lib/domain/change.ts';
import type { Json } from '../../../lib/domain/json.ts';
import type { FieldScenario, Scenario, StreamScenario } from '../../conformance/scenario.ts';
import { type ChangeEventHeader, changeEvent } from './change-events.ts';
import { outboundEnvelope } from './outbound.ts';
import { type SalesforceSimulator, startSalesforce } from './server.ts';

type Person = 'Contact' | 'Lead';

/** Digits of an id that has lost its upper and lower case on the way: its check characters do not fit. */
const DAMAGED = 'badid00000000AAA';
const WEBHOOK_SECRET = 'conformance-webhook-secret';
const FIELD = 'VIP__c';
const PAGE = 5;

/** How the conformance suite sees Salesforce. */
export const salesforceScenario: Scenario<SalesforceSimulator> = {
  connector: salesforce,
  config: { fields: { lifecycle_stage: 'Lifecycle_Stage__c', vip: 'VIP__c' } },
  secret: {
    client_id: 'tributary-simulated-app',
    client_secret: 'simulated-client-secret',
    login_url: 'https://acme.my.salesforce.com',
    webhook_secret: WEBHOOK_SECRET,
  },
  async start(now) {
    const vendor = await startSalesforce({ now, bulkPolls: 1 });
    for (const object of ['Contact', 'Lead']) vendor.store.declareField(object, FIELD, 'string', { length: 10 });
    vendor.store.declareField('Contact', 'Level__c', 'picklist', { values: ['Gold', 'Silver'] });
    vendor.store.declareField('Contact', 'Formula__c', 'string', { readOnly: true });
    vendor.store.declareField('Contact', 'Notes__c', 'string', { hardToFind: true });
    vendor.store.declareField('Contact', 'Tick__c', 'boolean');
    vendor.store.declareField('Contact', 'Score__c', 'double');
    return vendor;
  },
  secrets: ['simulated-client-secret', WEBHOOK_SECRET, '@example.com', '@example.org', 'Bearer '],
  usage: ({ usage }) => ({ used: usage.used(), limit: usage.limit }),
  streams: {
    contacts: people('Contact', 'contact'),
    leads: people('Lead', 'lead'),
    accounts: {
      pageSize: PAGE,
      seed: ({ store }) => {
        for (let n = 0; n < 17; n += 1) store.insert('Account', { Name: `Company ${n}`, ...stamp(n) });
        store.delete(firstOf('Account')({ store }));
        store.insert('Account', { Id: `001${DAMAGED}`, Name: 'Damaged', ...stamp(6) });
      },
      expected: (vendor) => idsOf(vendor, 'Account').map((id) => `conformance:account:${id}`),
      rejected: 1,
      touch: (vendor) => {
        const id = firstOf('Account')(vendor);
        vendor.store.update(id, { NumberOfEmployees: 7 });
        return [`conformance:account:${id}`];
      },
    },
    activities: activities(),
    opportunities: opportunities(),
  },
  webhook: {
    signed: outboundMessage({ secret: WEBHOOK_SECRET }),
    tampered: outboundMessage({ secret: 'another-webhook-secret' }),
    unsigned: outboundMessage({}),
    unreadable: { ...outboundMessage({ secret: WEBHOOK_SECRET }), body: '<soapenv:Envelope/>' },
  },
  events: {
    usable: [
      relayed('UPDATE', 'Contact', ['0035g0000000001AAA', '0035g0000000002AAA']),
      relayed('DELETE', 'Lead', ['00Q5g0000000001EAA', '00Q5g0000000002EAA']),
      relayed('DELETE', 'Account', ['0015g0000000001AAA']),
      relayed('GAP_CREATE', 'Account', ['0015g0000000001AAA']),
      relayed('GAP_OVERFLOW', 'Contact', ['000000000000000AAA']),
    ],
    unusable: [
      { ...relayed('UPDATE', 'Contact', []), detail: { payload: { Email: 'person1@example.com' } } },
      relayed('UPDATE', 'Contact', ['0035g0000000001AAA'], { commitTimestamp: Number.NaN }),
    ],
  },
  audience: {
    target: { campaign: 'Conformance campaign' },
    seed: ({ store }) => ({
      known: [0, 1, 2].map((n) => ({
        type: 'salesforce.contact_id',
        value: store.insert('Contact', { LastName: `Known ${n}`, Email: `known${n}@example.com` }),
      })),
      stranger: { type: 'email', value: 'stranger@example.org' },
      refused: [],
    }),
    remote: ({ store }) =>
      store
        .all('CampaignMember')
        .map((row) => String(row.ContactId ?? row.LeadId))
        .sort(),
    byHand: {
      add: (vendor, { value }) => {
        vendor.store.insert('CampaignMember', { CampaignId: campaignOf(vendor), ContactId: value });
      },
      remove: ({ store }, { value }) =>
        store.delete(store.all('CampaignMember').find(({ ContactId }) => ContactId === value)?.Id ?? ''),
      deleteList: (vendor) => vendor.store.delete(campaignOf(vendor)),
      leave({ store }, { value }) {
        store.delete(value);
        return 'unknown';
      },
    },
    silence: ({ faults }) => faults.add({ kind: 'missing-result', on: ['write'] }),
    fault: ({ faults }, kind) =>
      faults.add({ kind: kind === 'rate-limit' ? 'concurrent-limit' : 'error-after-accepting', on: ['write'] }),
  },
  field: field(),
  erasure: {
    seed({ store }) {
      const contact = (n: number) =>
        contactToErase(store.insert('Contact', { LastName: `Known ${n}`, Email: 'known@example.com' }));
      return { ann: contact(1), bob: contact(2), stranger: contactToErase('003000000000001AAA') };
    },
    knows: ({ store }, { records }) => store.get(records[0]?.id ?? '') !== undefined,
    fault: ({ faults }, kind) =>
      faults.add({ kind: kind === 'rate-limit' ? 'concurrent-limit' : 'error-after-accepting', on: ['write'] }),
  },
};

function field(): FieldScenario<SalesforceSimulator> {
  const set = ({ store }: SalesforceSimulator, { value }: Identifier, to: Json): void =>
    store.update(value, { [FIELD]: to });
  return {
    // Names are not told apart by case.
    target: { field: 'Vip__c', value: 'gold' },
    other: { field: FIELD, value: 'silver' },
    theirs: 'Gold',
    seed: ({ store }) => ({
      known: [0, 1, 2].map((n) => ({
        type: 'salesforce.contact_id',
        value: store.insert('Contact', { LastName: `Known ${n}`, Email: `known${n}@example.com` }),
      })),
      stranger: { type: 'email', value: 'stranger@example.org' },
      refused: [],
    }),
    remote: ({ store }) =>
      store
        .all('Contact')
        .filter((row) => row[FIELD] === 'gold')
        .map(({ Id }) => Id)
        .sort(),
    held: ({ store }, { value }) => store.get(value)?.[FIELD] ?? undefined,
    overwrite: set,
    impossible: [
      { target: { field: FIELD, value: 'longer than that' }, names: FIELD },
      { target: { field: 'Level__c', value: 'gold' }, names: 'Level__c' },
      { target: { field: 'Formula__c', value: 'gold' }, names: 'Formula__c' },
      { target: { field: 'Notes__c', value: 'gold' }, names: 'Notes__c' },
      { target: { field: 'Tick__c', value: 'gold' }, names: 'Tick__c' },
      { target: { field: 'Score__c', value: 'gold' }, names: 'Score__c' },
      { target: { field: 'Birthdate', value: '2000-01-01' }, names: 'Birthdate' },
      { target: { field: 'HasOptedOutOfEmail', value: true }, names: 'opt-outs' },
      { target: { field: FIELD, value: 'gold', external_id: { field: 'Nr__c', type: 'user_id' } }, names: 'Nr__c' },
    ],
    byHand: {
      add: (vendor, key) => set(vendor, key, 'gold'),
      remove: (vendor, key) => set(vendor, key, null),
      deleteList: ({ store }) => store.dropField('Contact', FIELD),
      leave({ store }, { value }) {
        store.delete(value);
        return 'unknown';
      },
    },
    silence: ({ faults }) => faults.add({ kind: 'missing-result', on: ['write'] }),
    fault: ({ faults }, kind) =>
      faults.add({ kind: kind === 'rate-limit' ? 'concurrent-limit' : 'error-after-accepting', on: ['write'] }),
  };
}

/** A contact by its id; the address, which both people state, must not delete anybody. */
function contactToErase(id: string) {
  return { records: [{ kind: 'contact', id }], keys: [{ type: 'email', value: 'known@example.com' }] };
}

function campaignOf({ store }: Pick<SalesforceSimulator, 'store'>): string {
  return store.all('Campaign').find(({ Name }) => Name === 'Conformance campaign')?.Id ?? '';
}

function people(object: Person, kind: string): StreamScenario<SalesforceSimulator> {
  return {
    pageSize: PAGE,
    seed: ({ store }) => {
      for (let n = 0; n < 17; n += 1) {
        store.insert(object, {
          FirstName: 'Ann',
          LastName: `Person ${n}`,
          Email: `person${n}@example.com`,
          Lifecycle_Stage__c: 'customer',
          ...(object === 'Lead' ? { Company: 'Example' } : {}),
          ...stamp(n),
        });
      }
      store.delete(firstOf(object)({ store }));
      const needed = { LastName: 'Damaged', ...(object === 'Lead' ? { Company: 'Example' } : {}) };
      store.insert(object, { Id: `${object === 'Lead' ? '00Q' : '003'}${DAMAGED}`, ...needed, ...stamp(6) });
    },
    expected: (vendor) => idsOf(vendor, object).map((id) => `conformance:${kind}:${id}`),
    rejected: 1,
    touch: (vendor) => {
      const id = firstOf(object)(vendor);
      vendor.store.update(id, { Title: 'Head of procurement' });
      return [`conformance:${kind}:${id}`];
    },
  };
}

function activities(): StreamScenario<SalesforceSimulator> {
  return {
    pageSize: PAGE,
    seed: ({ store }) => {
      const contact = store.insert('Contact', { LastName: 'Busy', Email: 'busy@example.com' });
      const lead = store.insert('Lead', { LastName: 'Curious', Company: 'Example', Email: 'curious@example.org' });
      for (let n = 0; n < 12; n += 1) {
        const who = { WhoId: n % 3 === 0 ? lead : contact, ...stamp(n) };
        store.insert('Task', { ...who, Subject: 'Call', TaskSubtype: 'Call', Status: 'Completed' });
        store.insert('Event', { ...who, Subject: 'Demonstration', StartDateTime: '2026-11-02T10:00:00Z' });
        const CampaignId = store.insert('Campaign', { Name: `Fair ${n}` });
        const member = n % 2 === 0 ? { ContactId: contact } : { LeadId: lead };
        store.insert('CampaignMember', { CampaignId, ...member, Status: n < 3 ? 'Responded' : 'Sent', ...stamp(n) });
      }
      store.insert('Task', {
        Id: `00T${DAMAGED}`,
        WhoId: contact,
        TaskSubtype: 'Call',
        Status: 'Completed',
        ...stamp(6),
      });
    },
    expected: (vendor) => [
      ...idsOf(vendor, 'Task'),
      ...idsOf(vendor, 'Event'),
      ...idsOf(vendor, 'CampaignMember'),
      ...vendor.store
        .all('CampaignMember')
        .filter(responded)
        .map(({ Id }) => `${Id}:responded`),
    ],
    rejected: 1,
    touch: (vendor) => {
      const id = firstOf('Task')(vendor);
      vendor.store.update(id, { Subject: 'Call, at length' });
      return [id];
    },
  };
}

function opportunities(): StreamScenario<SalesforceSimulator> {
  return {
    pageSize: PAGE,
    seed: ({ store }) => {
      const [ann = '', bob = ''] = ['Ann', 'Bob'].map((LastName) => store.insert('Contact', { LastName }));
      const deal = { Amount: 100, CloseDate: '2026-10-31' };
      for (let n = 0; n < 17; n += 1) {
        const StageName = ['Prospecting', 'Closed Won', 'Closed Lost'][n % 3];
        const OpportunityId = store.insert('Opportunity', { ...deal, Name: `Deal ${n}`, StageName, ...stamp(n) });
        // The last is nobody's.
        if (n < 16) store.insert('OpportunityContactRole', { OpportunityId, ContactId: ann, IsPrimary: true });
        if (n % 2 === 0 && n < 16) store.insert('OpportunityContactRole', { OpportunityId, ContactId: bob });
      }
      store.delete(firstOf('Opportunity')({ store }));
      const damaged = { Name: 'Damaged', StageName: 'Prospecting', ...deal };
      store.insert('Opportunity', { Id: `006${DAMAGED}`, ...damaged, ...stamp(6) });
    },
    expected: ({ store }) =>
      store.all('OpportunityContactRole').flatMap(({ OpportunityId }) => actsOf(store, OpportunityId)),
    rejected: 1,
    touch: ({ store }) => {
      const OpportunityId = store.all('Opportunity').find(({ Name }) => Name === 'Deal 16')?.Id ?? '';
      const ContactId = store.all('Contact')[0]?.Id;
      store.insert('OpportunityContactRole', { OpportunityId, ContactId });
      return actsOf(store, OpportunityId);
    },
  };
}

/** What happened to an opportunity, for each who has part in it. */
function actsOf({ get }: SalesforceSimulator['store'], opportunity: unknown): string[] {
  const id = String(opportunity);
  const row = get(id);
  const end = row?.IsClosed === true ? [`deal-${id}-${row.IsWon === true ? 'won' : 'lost'}`] : [];
  return row === undefined ? [] : [`deal-${id}-created`, ...end];
}

/** Groups of seven records share one instant, which a page of five cannot hold. */
function stamp(n: number): { SystemModstamp: string; CreatedDate: string } {
  return {
    SystemModstamp: `2026-11-01T0${Math.floor(n / 7)}:00:00Z`,
    CreatedDate: `2026-10-${String(n + 1).padStart(2, '0')}T09:00:00Z`,
  };
}

function idsOf({ store }: Pick<SalesforceSimulator, 'store'>, object: string): string[] {
  return store
    .table(object)
    .inOrder.map(({ Id }) => Id)
    .filter((id) => !id.endsWith(DAMAGED));
}

function firstOf(object: string): (vendor: Pick<SalesforceSimulator, 'store'>) => string {
  return ({ store }) => store.all(object).find(({ Id }) => !Id.endsWith(DAMAGED))?.Id ?? '';
}

function responded(row: Readonly<Record<string, unknown>>): boolean {
  return row.FirstRespondedDate !== null && row.FirstRespondedDate !== undefined;
}

function relayed(
  changeType: string,
  entityName: string,
  recordIds: readonly string[],
  more: Partial<ChangeEventHeader> = {},
): BusEvent {
  const at = Date.parse('2026-11-21T07:59:00Z');
  const change = {
    object: entityName,
    id: '',
    changeType: 'UPDATE',
    fields: { Email: 'person1@example.com' },
    at,
  } as const;
  const header = { changeType, recordIds, transactionKey: '0002343d-9d90-e395-ed20-cf416ba652ad', ...more };
  const { detailType, detail } = changeEvent(change, header);
  const source = 'aws.partner/salesforce.com/00D5g000001DemoEAC/0YL5g00000001AAGAY';
  return { id: 'c5e1e1d8-0001', source, detailType, detail: detail as unknown as Json };
}

function outboundMessage(query: Readonly<Record<string, string>>) {
  return {
    method: 'POST',
    path: '/webhooks/salesforce',
    query,
    headers: { 'content-type': 'text/xml; charset=utf-8', soapaction: '""' },
    body: outboundEnvelope('00D5g000001DemoEAC', [
      { id: '04l5g0000000001AAA', object: 'Contact', recordId: '0035g0000000001AAA', email: 'person1@example.com' },
      { id: '04l5g0000000002AAA', object: 'Lead', recordId: '00Q5g0000000001EAA' },
    ]),
  };
}
