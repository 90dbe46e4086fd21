import { hubspot } from '../../../lib/connectors/hubspot/index.ts';
import type { Identifier } from '../../../lib/domain/change.ts';
import { CONNECTION } from '../../conformance/rig.ts';
import type { FieldScenario, Scenario, StreamScenario, WebhookScenario } from '../../conformance/scenario.ts';
import { type HubspotSimulator, startHubspot } from './server.ts';
import { signedRequest } from './webhook-sender.ts';

const TOKEN = 'pat-eu1-simulated-access-token';
const CLIENT_SECRET = 'simulated-hubspot-client-secret';
const HOOK = 'https://hooks.example.com/webhooks/hubspot';
const LIST = 'Conformance list';
const PROPERTY = 'tributary_segment';
const PAGE = 5;
const FORMS = ['0c6f0a2e-1111-4222-8333-944455566677', '9d7a1b3f-1111-4222-8333-944455566677'] as const;

/** What the simulated account holds, for streams that make activities of it: ids of activities that must arrive. */
const told = new WeakMap<HubspotSimulator, string[]>();

/** How the conformance suite sees HubSpot. */
export const hubspotScenario: Scenario<HubspotSimulator> = {
  connector: hubspot,
  config: {
    fields: { tier: 'customer_tier', pushed: PROPERTY, segment: 'company.segment' },
    opt_outs: { newsletter: 'hs_email_optout_8421' },
    subscriptions: { email: 8421 },
  },
  secret: { access_token: TOKEN, client_secret: CLIENT_SECRET },
  async start(now) {
    const vendor = await startHubspot({ now });
    vendor.store.addProperty('contacts', 'customer_tier');
    vendor.store.addProperty('contacts', 'hs_email_optout_8421');
    vendor.store.addProperty('contacts', PROPERTY);
    vendor.store.addProperty('contacts', 'a_choice', 'text', { options: ['gold', 'silver'] });
    vendor.store.addProperty('contacts', 'many_choices', 'text', { options: ['lapsing'], many: true });
    vendor.store.addProperty('contacts', 'a_number', 'number');
    vendor.store.addProperty('contacts', 'a_tick', 'bool');
    vendor.store.addProperty('contacts', 'an_instant', 'instant');
    vendor.store.addProperty('companies', 'segment');
    return vendor;
  },
  secrets: [TOKEN, CLIENT_SECRET, '@example.com', '@example.org', 'Bearer '],
  usage: ({ usage }) => ({ used: usage.used(), limit: usage.limit }),
  streams: {
    companies: objects('companies', 'account', (n) => ({ name: `Company ${n}`, segment: 'gold' }), {
      numberofemployees: '7',
    }),
    contacts: objects(
      'contacts',
      'contact',
      (n) => ({ email: `person${n}@example.com`, firstname: 'Ann', customer_tier: 'gold' }),
      { jobtitle: 'Head of procurement' },
    ),
    deals: deals(),
    'email-events': emailEvents(),
    engagements: engagements(),
    'form-submissions': submissions(),
  },
  webhook: webhook(),
  audience: {
    target: { list: LIST },
    seed: ({ store }) => ({
      known: [0, 1, 2].map((n) => ({
        type: 'hubspot.contact_id',
        value: store.create('contacts', { email: `known${n}@example.com` }),
      })),
      stranger: { type: 'email', value: 'stranger@example.org' },
      refused: [],
    }),
    // No stream tells of lists.
    unheard: true,
    remote: ({ store }) => [...(store.lists.named(LIST)?.members.keys() ?? [])].sort(),
    byHand: {
      add: ({ store }, { value }) => {
        const list = store.lists.named(LIST);
        if (list !== undefined) store.lists.add(list, value);
      },
      remove: ({ store }, { value }) => void store.lists.named(LIST)?.members.delete(value),
      deleteList: ({ store }) => store.lists.delete(store.lists.named(LIST)?.listId ?? ''),
      leave({ store }, { value }) {
        store.archive('contacts', value);
        return 'unknown';
      },
    },
    silence: ({ faults }) => faults.add({ kind: 'silence', on: ['write'] }),
    fault: ({ faults }, kind) =>
      faults.add({ kind: kind === 'rate-limit' ? 'ten-secondly' : 'error-after-accepting', on: ['write'] }),
  },
  field: field(),
  erasure: {
    seed({ store }) {
      const contact = (email: string) => contactToErase(store.create('contacts', { email }), email);
      return {
        ann: contact('known1@example.com'),
        bob: contact('known2@example.com'),
        stranger: contactToErase('999999', 'never@example.org'),
      };
    },
    knows: ({ store }, { records }) => store.find('contacts', records[0]?.id ?? '') !== undefined,
    fault: ({ faults }, kind) =>
      faults.add({ kind: kind === 'rate-limit' ? 'ten-secondly' : 'error-after-accepting', on: ['write'] }),
  },
};

function field(): FieldScenario<HubspotSimulator> {
  const set = ({ store }: HubspotSimulator, { value }: Identifier, to: string | null): void =>
    store.update('contacts', value, { [PROPERTY]: to });
  return {
    target: { property: PROPERTY, value: 'lapsing' },
    other: { property: PROPERTY, value: 'loyal' },
    // HubSpot's search finds it with ours: texts are compared in any case.
    theirs: 'Lapsing',
    seed: ({ store }) => ({
      known: [0, 1, 2].map((n) => ({
        type: 'hubspot.contact_id',
        value: store.create('contacts', { email: `known${n}@example.com` }),
      })),
      stranger: { type: 'email', value: 'stranger@example.org' },
      refused: [],
    }),
    remote: ({ store }) =>
      store
        .all('contacts')
        .filter(({ properties }) => properties[PROPERTY] === 'lapsing')
        .map(({ id }) => id)
        .sort(),
    held: ({ store }, { value }) => store.find('contacts', value)?.properties[PROPERTY] ?? undefined,
    overwrite: (vendor, key, value) => set(vendor, key, String(value)),
    impossible: [
      { target: { property: 'a_choice', value: 'lapsing' }, names: 'a_choice' },
      { target: { property: 'many_choices', value: 'lapsing' }, names: 'many_choices' },
      { target: { property: 'a_number', value: 'lapsing' }, names: 'a_number' },
      { target: { property: 'a_tick', value: 'lapsing' }, names: 'a_tick' },
      { target: { property: 'an_instant', value: 'lapsing' }, names: 'an_instant' },
      { target: { property: 'createdate', value: 'lapsing' }, names: 'createdate' },
      { target: { property: 'hs_email_optout', value: true }, names: 'HubSpot' },
      { target: { property: 'lifecyclestage', value: 'customer' }, names: 'lifecyclestage' },
    ],
    byHand: {
      add: (vendor, key) => set(vendor, key, 'lapsing'),
      remove: (vendor, key) => set(vendor, key, null),
      deleteList: ({ store }) => store.dropProperty('contacts', PROPERTY),
      leave({ store }, { value }) {
        store.archive('contacts', value);
        return 'unknown';
      },
    },
    // The search index.
    lagMs: 30_000,
    silence: ({ faults }) => faults.add({ kind: 'silence', on: ['write'] }),
    fault: ({ faults }, kind) =>
      faults.add({ kind: kind === 'rate-limit' ? 'ten-secondly' : 'error-after-accepting', on: ['write'] }),
  };
}

function contactToErase(id: string, email: string) {
  return { records: [{ kind: 'contact', id }], keys: [{ type: 'email', value: email }] };
}

/** Records that are people or companies themselves: one of them deleted, one that nobody can read. */
function objects(
  type: 'contacts' | 'companies',
  kind: string,
  properties: (n: number) => Record<string, string>,
  touched: Record<string, string>,
): StreamScenario<HubspotSimulator> {
  return {
    pageSize: PAGE,
    seed(vendor) {
      const { store } = vendor;
      const ids = Array.from({ length: 17 }, (_, n) => store.create(type, properties(n), { at: stamp(n) }));
      const [first = '', second = ''] = ids;
      store.archive(type, first);
      if (type === 'contacts') {
        const company = store.create('companies', { name: 'Example' }, { at: stamp(0) });
        store.associate('contacts', second, 'companies', company, { primary: true });
      }
      const damaged = store.create(type, properties(99), { at: stamp(6) });
      store.damage(type, damaged, { lastmodifieddate: 'yesterday', hs_lastmodifieddate: 'yesterday' });
      told.set(
        vendor,
        ids.map((id) => `${CONNECTION}:${kind}:${id}`),
      );
    },
    expected: (vendor) => told.get(vendor) ?? [],
    rejected: 1,
    touch(vendor) {
      const id = vendor.store.all(type)[3]?.id ?? '';
      vendor.store.update(type, id, touched);
      return [`${CONNECTION}:${kind}:${id}`];
    },
  };
}

function deals(): StreamScenario<HubspotSimulator> {
  return {
    pageSize: PAGE,
    seed(vendor) {
      const { store } = vendor;
      const [ann, bob] = ['ann', 'bob'].map((name) => store.create('contacts', { email: `${name}@example.com` }));
      const ids: string[] = [];
      for (let n = 0; n < 12; n += 1) {
        const won = {
          dealstage: 'closedwon',
          hs_is_closed: 'true',
          hs_is_closed_won: 'true',
          closedate: '2026-10-30T12:00:00Z',
        };
        const open = { dealstage: 'presentationscheduled', hs_is_closed: 'false', hs_is_closed_won: 'false' };
        const deal = store.create(
          'deals',
          { dealname: `Deal ${n}`, amount: '1200.50', ...(n < 4 ? won : open) },
          { at: stamp(n) },
        );
        store.associate('deals', deal, 'contacts', ann ?? '');
        if (n === 0) store.associate('deals', deal, 'contacts', bob ?? '');
        ids.push(
          ...Array(n === 0 ? 2 : 1)
            .fill([`deal-${deal}-created`, ...(n < 4 ? [`deal-${deal}-won`] : [])])
            .flat(),
        );
      }
      // A deal without anybody is nobody's act; one that cannot be read is quarantined.
      store.create('deals', { dealname: 'Alone' }, { at: stamp(3) });
      const damaged = store.create('deals', { dealname: 'Damaged', hs_is_closed: 'false' }, { at: stamp(6) });
      store.associate('deals', damaged, 'contacts', ann ?? '');
      store.damage('deals', damaged, { createdate: 'yesterday' });
      told.set(vendor, ids);
    },
    expected: (vendor) => told.get(vendor) ?? [],
    rejected: 1,
    touch(vendor) {
      const id = vendor.store.all('deals')[5]?.id ?? '';
      vendor.store.update('deals', id, { amount: '9' });
      return [`deal-${id}-created`];
    },
    reread: (vendor) => {
      const id = vendor.store.all('deals')[5]?.id ?? '';
      return { id, brings: [`deal-${id}-created`] };
    },
  };
}

function engagements(): StreamScenario<HubspotSimulator> {
  return {
    pageSize: PAGE,
    seed(vendor) {
      const { store } = vendor;
      const ann = store.create('contacts', { email: 'ann@example.com' });
      const ids: string[] = [];
      const make = (type: string, n: number, properties: Record<string, string>): string => {
        const hs_timestamp = '2026-10-20T10:00:00Z';
        const id = store.create(type, { hs_timestamp, ...properties }, { at: stamp(n) });
        store.associate(type, id, 'contacts', ann);
        return id;
      };
      for (let n = 0; n < 9; n += 1) {
        ids.push(`calls-${make('calls', n, { hs_call_title: 'Call' })}`);
        ids.push(`meetings-${make('meetings', n, { hs_meeting_outcome: 'COMPLETED' })}`);
      }
      ids.push(`emails-${make('emails', 0, { hs_email_direction: 'INCOMING_EMAIL' })}`);
      ids.push(`notes-${make('notes', 0, {})}`);
      ids.push(`tasks-${make('tasks', 0, { hs_task_status: 'COMPLETED' })}`);
      make('tasks', 0, { hs_task_status: 'NOT_STARTED' });
      make('meetings', 0, { hs_timestamp: '2027-01-01T10:00:00Z' });
      store.damage('calls', make('calls', 6, {}), { hs_timestamp: 'yesterday' });
      told.set(vendor, ids);
    },
    expected: (vendor) => told.get(vendor) ?? [],
    rejected: 1,
    touch(vendor) {
      const id = vendor.store.all('calls')[2]?.id ?? '';
      vendor.store.update('calls', id, { hs_call_title: 'Call, at length' });
      return [`calls-${id}`];
    },
  };
}

function emailEvents(): StreamScenario<HubspotSimulator> {
  return {
    pageSize: PAGE,
    seed(vendor) {
      const at = new Date('2026-11-18T12:00:00Z');
      const { marketing } = vendor;
      const ids: string[] = [];
      for (let n = 0; n < 14; n += 1) {
        ids.push(marketing.act(n % 3 === 0 ? 'CLICK' : 'OPEN', `person${n}@example.com`, { at }));
        marketing.act('SENT', `person${n}@example.com`, { at });
      }
      marketing.act('TELEPATHY', 'person1@example.com', { at });
      told.set(vendor, ids);
    },
    expected: (vendor) => told.get(vendor) ?? [],
    rejected: 1,
    touch: ({ marketing }) => [marketing.act('OPEN', 'person1@example.com')],
  };
}

function submissions(): StreamScenario<HubspotSimulator> {
  return {
    pageSize: PAGE,
    seed(vendor) {
      const { marketing } = vendor;
      const ids: string[] = [];
      for (const form of FORMS) {
        marketing.addForm(form, 'Contact us');
        for (let n = 0; n < 9; n += 1) {
          ids.push(marketing.submit(form, { email: `person${n}@example.com`, interest: 'prices' }, { at: stamp(n) }));
        }
        ids.push(marketing.submit(form, { interest: 'nobody says who' }, { at: stamp(1) }));
      }
      const broken = marketing.submit(FORMS[0], { email: 'broken@example.com' }, { at: stamp(3) });
      const own = marketing.submissionsOf(FORMS[0])?.find(({ conversionId }) => conversionId === broken);
      if (own !== undefined) Reflect.set(own, 'values', 'unreadable');
      told.set(vendor, ids);
    },
    expected: (vendor) => told.get(vendor) ?? [],
    rejected: 1,
    touch: ({ marketing }) => [marketing.submit(FORMS[1], { email: 'person1@example.com' })],
  };
}

/** Groups of seven records share one instant, which a page of five cannot hold. */
function stamp(n: number): Date {
  return new Date(`2026-11-01T0${Math.floor(n / 7)}:00:00Z`);
}

function webhook(): WebhookScenario {
  const events = [
    {
      eventId: 1,
      subscriptionId: 190,
      portalId: 62515,
      appId: 18221010,
      occurredAt: 1795248000000,
      subscriptionType: 'contact.propertyChange',
      attemptNumber: 0,
      objectId: 123,
      propertyName: 'email',
      propertyValue: 'person1@example.com',
      changeSource: 'CRM_UI',
    },
    { eventId: 1, subscriptionId: 191, occurredAt: 1795248000000, subscriptionType: 'company.creation', objectId: 7 },
  ];
  // The instant at which the suite's clock starts.
  const at = new Date('2026-11-21T08:00:00Z');
  const request = (body: string, secret = CLIENT_SECRET, when = at) => ({
    method: 'POST',
    path: '/webhooks/hubspot',
    headers: { host: 'hooks.example.com', ...signedRequest(secret, HOOK, body, when).headers },
    body,
  });
  const signed = request(JSON.stringify(events));
  const { 'x-hubspot-signature-v3': _, ...unsigned } = signed.headers;
  return {
    signed,
    tampered: { ...signed, body: signed.body.replace('123', '124') },
    unsigned: { ...signed, headers: unsigned },
    stale: request(signed.body, CLIENT_SECRET, new Date(at.getTime() - 6 * 60_000)),
    unreadable: request('{"not":"a list"}'),
  };
}
