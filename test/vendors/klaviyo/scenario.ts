import { klaviyo } from '../../../lib/connectors/klaviyo/index.ts';
import type { Identifier } from '../../../lib/domain/change.ts';
import type { Json } from '../../../lib/domain/json.ts';
import { CONNECTION } from '../../conformance/rig.ts';
import type { FieldScenario, Scenario, StreamScenario, WebhookScenario } from '../../conformance/scenario.ts';
import { type KlaviyoSimulator, startKlaviyo } from './server.ts';
import { signedRequest } from './webhook-sender.ts';

const KEY = 'pk_simulated_private_key';
const HOOK_SECRET = 'simulated-klaviyo-webhook-secret';
const LIST = 'Conformance list';
const PROPERTY = 'Tributary segment';
const PAGE = 5;

/** Ids that must arrive of what the simulated account holds. */
const told = new WeakMap<KlaviyoSimulator, string[]>();

/** How the conformance suite sees Klaviyo. */
export const klaviyoScenario: Scenario<KlaviyoSimulator> = {
  connector: klaviyo,
  config: {
    fields: { tier: 'Loyalty tier', pushed: PROPERTY },
    external_id: 'user_id',
    metrics: { 'Placed Order': 'Order Completed' },
    event_properties: { order_id: 'OrderId' },
    events_lookback_hours: 1,
  },
  secret: { private_key: KEY, webhook_secret: HOOK_SECRET },
  start: (now) => startKlaviyo({ now }),
  secrets: [KEY, HOOK_SECRET, '@example.com', '@example.org', 'Klaviyo-API-Key '],
  forbidden: { errors: [{ status: 403, code: 'permission_denied', title: 'You do not have permission.', detail: '' }] },
  streams: { events: events(), 'list-joins': listJoins(), profiles: profiles() },
  webhook: webhook(),
  audience: {
    target: { list: LIST },
    seed: ({ store }) => ({
      known: [0, 1, 2].map((n) => ({
        type: 'klaviyo.profile_id',
        value: store.create({ email: `known${n}@example.com` }),
      })),
      stranger: { type: 'email', value: 'stranger@example.org' },
      refused: [],
    }),
    remote: ({ store }) => [...(store.lists.named(LIST)?.members.keys() ?? [])].sort(),
    byHand: {
      add: ({ store }, { value }) => {
        const list = store.lists.named(LIST);
        if (list !== undefined) store.lists.add(list, value);
      },
      remove: ({ store }, { value }) => void store.lists.named(LIST)?.members.delete(value),
      deleteList: ({ store }) => store.lists.delete(store.lists.named(LIST)?.id ?? ''),
      leave({ store }, { value }) {
        store.unsubscribe(value);
        return 'unsubscribed';
      },
    },
    fault: ({ faults }, kind) =>
      faults.add({ kind: kind === 'rate-limit' ? 'burst' : 'error-after-accepting', on: ['write'] }),
  },
  field: field(),
  erasure: {
    seed({ store }) {
      const profile = (email: string) => toErase(store.create({ email }), email);
      return {
        ann: profile('known1@example.com'),
        bob: profile('known2@example.com'),
        stranger: toErase('01KWNOBODY', 'never@example.org'),
      };
    },
    knows: ({ store }, { records }) => store.profiles.has(records[0]?.id ?? ''),
    fault: ({ faults }, kind) =>
      faults.add({ kind: kind === 'rate-limit' ? 'burst' : 'error-after-accepting', on: ['write'] }),
  },
};

function field(): FieldScenario<KlaviyoSimulator> {
  const set = ({ store }: KlaviyoSimulator, { value }: Identifier, to: Json): void =>
    store.update(value, { properties: { [PROPERTY]: to } });
  const heldBy = ({ store }: KlaviyoSimulator, id: string) => store.profiles.get(id)?.attributes.properties?.[PROPERTY];
  return {
    target: { property: PROPERTY, value: 'lapsing' },
    other: { property: PROPERTY, value: 'loyal' },
    theirs: 'Lapsing',
    seed: ({ store }) => ({
      known: [0, 1, 2].map((n) => ({
        type: 'klaviyo.profile_id',
        value: store.create({ email: `known${n}@example.com`, properties: { shirt: 'M' } }),
      })),
      stranger: { type: 'email', value: 'stranger@example.org' },
      refused: [],
    }),
    remote: (vendor) => [...vendor.store.profiles.keys()].filter((id) => heldBy(vendor, id) === 'lapsing').sort(),
    held: (vendor, { value }) => (heldBy(vendor, value) as Json | undefined) ?? undefined,
    overwrite: set,
    impossible: [
      { target: { property: '$consent', value: 'email' }, names: 'no $' },
      { target: { property: 'a.b', value: 'lapsing' }, names: 'no dots' },
    ],
    byHand: {
      add: (vendor, key) => set(vendor, key, 'lapsing'),
      remove: ({ store }, { value }) => store.update(value, {}, { unset: [PROPERTY] }),
      leave({ store }, { value }) {
        store.unsubscribe(value);
        return 'unsubscribed';
      },
    },
    fault: ({ faults }, kind) =>
      faults.add({ kind: kind === 'rate-limit' ? 'burst' : 'error-after-accepting', on: ['write'] }),
  };
}

function toErase(id: string, email: string) {
  return { records: [{ kind: 'profile', id }], keys: [{ type: 'email', value: email }] };
}

function profiles(): StreamScenario<KlaviyoSimulator> {
  return {
    pageSize: PAGE,
    seed(vendor) {
      const { store } = vendor;
      const ids = Array.from({ length: 17 }, (_, n) =>
        store.create(
          { email: `person${n}@example.com`, external_id: `u${n}`, properties: { 'Loyalty tier': 'gold' } },
          { at: stamp(n) },
        ),
      );
      const [first = '', second = ''] = ids;
      store.subscribe(first, { at: stamp(0), doubleOptin: true });
      store.unsubscribe(second, { at: stamp(0) });
      store.damage(store.create({ email: 'damaged@example.com' }, { at: stamp(6) }), { updated: 'yesterday' });
      told.set(
        vendor,
        ids.map((id) => `${CONNECTION}:profile:${id}`),
      );
    },
    expected: (vendor) => told.get(vendor) ?? [],
    rejected: 1,
    touch({ store }) {
      const id = [...store.profiles.keys()][3] ?? '';
      store.update(id, { title: 'Head of procurement' });
      return [`${CONNECTION}:profile:${id}`];
    },
  };
}

function events(): StreamScenario<KlaviyoSimulator> {
  return {
    pageSize: PAGE,
    seed(vendor) {
      const { store } = vendor;
      const ann = store.create({ email: 'ann@example.com' }, { at: stamp(0) });
      const metrics = ['Received Email', 'Opened Email', 'Clicked Email', 'Placed Order'];
      const ids: string[] = [];
      for (let n = 0; n < 17; n += 1) {
        ids.push(store.track(ann, metrics[n % 4] ?? '', { Subject: 'News', OrderId: n }, { at: stamp(n) }));
        // Nobody asked for these.
        if (n % 5 === 0) store.track(ann, 'Active on Site', {}, { at: stamp(n) });
      }
      const damaged = store.track(ann, 'Opened Email', {}, { at: stamp(6) });
      store.damageEvent(damaged, { datetime: 'yesterday' });
      told.set(vendor, ids);
    },
    expected: (vendor) => told.get(vendor) ?? [],
    rejected: 1,
    touch: ({ store }) => [store.track([...store.profiles.keys()][0] ?? '', 'Opened Email')],
  };
}

function listJoins(): StreamScenario<KlaviyoSimulator> {
  const joinId = (list: string, profile: string, at: Date): string => `${list}-${profile}-${at.getTime()}`;
  return {
    pageSize: PAGE,
    seed(vendor) {
      const { store } = vendor;
      const ids: string[] = [];
      for (const name of ['News', 'Offers']) {
        const list = store.lists.create(name, { at: stamp(0) });
        for (let n = 0; n < 9; n += 1) {
          const id = store.create({ email: `${name}${n}@example.com` }, { at: stamp(0) });
          store.lists.add(list, id, { at: stamp(n) });
          ids.push(joinId(list.id, id, stamp(n)));
        }
      }
      const damaged = store.create({ email: 'damaged@example.com' }, { at: stamp(0) });
      const news = store.lists.named('News');
      if (news !== undefined) store.lists.add(news, damaged, { at: stamp(6) });
      store.damage(damaged, { joined_group_at: 'yesterday' });
      told.set(vendor, ids);
    },
    expected: (vendor) => told.get(vendor) ?? [],
    rejected: 1,
    touch({ store }) {
      const offers = store.lists.named('Offers');
      const id = store.create({ email: 'late@example.com' });
      if (offers === undefined) throw new Error('there is a list');
      store.lists.add(offers, id);
      return [joinId(offers.id, id, new Date(offers.members.get(id) ?? 0))];
    },
  };
}

/** Groups of seven records share one instant, which a page of five cannot hold. */
function stamp(n: number): Date {
  return new Date(`2026-11-01T0${Math.floor(n / 7)}:00:00Z`);
}

function webhook(): WebhookScenario {
  const event = (topic: string, id: string, profile: string) => ({
    external_id: id,
    topic: `event:klaviyo.${topic}`,
    payload: {
      data: {
        type: 'event',
        id,
        attributes: { event_properties: { Recipient: 'person1@example.com' } },
        relationships: { profile: { data: { type: 'profile', id: profile } } },
      },
      included: [],
    },
  });
  const body = {
    data: [event('clicked_email', '7f1', '01KWANN'), event('unsubscribed_from_email_marketing', '7f2', '01KWBOB')],
    meta: { klaviyo_account_id: 'VXSTFA', klaviyo_webhook_id: '01KWHOOK', timestamp: '2026-11-21T08:00:00Z' },
  };
  // The instant at which the suite's clock starts.
  const at = new Date('2026-11-21T08:00:00Z');
  const request = (text: string, when = at) => ({
    method: 'POST',
    path: '/webhooks/klaviyo',
    headers: signedRequest(HOOK_SECRET, text, when).headers,
    body: text,
  });
  const signed = request(JSON.stringify(body));
  const { 'klaviyo-signature': _, ...unsigned } = signed.headers;
  return {
    signed,
    tampered: { ...signed, body: signed.body.replace('01KWANN', '01KWEVE') },
    unsigned: { ...signed, headers: unsigned },
    stale: request(signed.body, new Date(at.getTime() - 61 * 60_000)),
    unreadable: request('{"not":"events"}'),
  };
}
