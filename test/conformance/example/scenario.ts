import { sorted } from '../rig.ts';
import type { Scenario } from '../scenario.ts';
import { exampleConnector } from './connector.ts';
import type { Flaw } from './flaw.ts';
import { API_KEY, type ExampleVendor, startExampleVendor } from './server.ts';

const WEBHOOK_SECRET = 'webhook-secret-77b1';
const delivery = { method: 'POST', path: '/webhooks/example', headers: {}, body: 'person=p01' };

/** The example vendor's scenario; a flaw goes into the connector, never into the vendor. */
export function exampleScenario(flaw?: Flaw): Scenario<ExampleVendor> {
  return {
    connector: exampleConnector(flaw),
    config: { list: 'a1' },
    secret: { api_key: API_KEY, webhook_secret: WEBHOOK_SECRET },
    start: startExampleVendor,
    secrets: [API_KEY, [...API_KEY].reverse().join(''), WEBHOOK_SECRET, '@example.com'],
    streams: {
      people: {
        pageSize: 4,
        seed: (vendor) => {
          for (let n = 10; n < 24; n += 1) vendor.put(`p${n}`, n === 13 ? 13 : `p${n}@example.com`);
        },
        expected: (vendor) => [...vendor.people.keys()].filter((id) => id !== 'p13').map(fragment),
        rejected: 1,
        touch: (vendor) => {
          vendor.put('p11', 'p11@example.com');
          return [fragment('p11')];
        },
      },
    },
    webhook: {
      signed: { ...delivery, query: { secret: WEBHOOK_SECRET } },
      tampered: { ...delivery, query: { secret: `${WEBHOOK_SECRET}x` } },
      unsigned: delivery,
      unreadable: { ...delivery, query: { secret: WEBHOOK_SECRET }, body: 'nobody' },
    },
    audience: {
      target: { group: 'Spring' },
      seed: (vendor) => {
        vendor.put('a1', 'ann@example.com');
        vendor.put('b1', 'ben@example.com');
        vendor.put('c1', 'cleo@example.com', { unsubscribed: true });
        return {
          known: [email('ann@example.com'), email('ben@example.com')],
          stranger: email('nobody@example.com'),
          refused: [{ key: email('cleo@example.com'), code: 'unsubscribed' }],
        };
      },
      remote: (vendor) => sorted([...vendor.groups.values()].flatMap(({ emails }) => [...emails])),
      byHand: {
        add: (vendor, { value }) => vendor.move('Spring', value, true),
        remove: (vendor, { value }) => vendor.move('Spring', value, false),
        deleteList: (vendor) => vendor.groups.clear(),
        leave(vendor, { value }) {
          const [id] = [...vendor.people].find(([, person]) => person.email === value) ?? [];
          vendor.put(id ?? '', value, { unsubscribed: true });
          return 'unsubscribed';
        },
      },
      silence: (vendor, key) => vendor.silenceNext(key.value),
      fault: (vendor, kind) => vendor.failNext(kind === 'rate-limit' ? 429 : 500),
    },
    field: {
      target: { field: 'level', value: 'gold' },
      other: { field: 'level', value: 'silver' },
      theirs: 'bronze',
      seed: (vendor) => {
        vendor.put('a1', 'ann@example.com');
        vendor.put('b1', 'ben@example.com');
        vendor.put('c1', 'cleo@example.com', { unsubscribed: true });
        return {
          known: [email('ann@example.com'), email('ben@example.com')],
          stranger: email('nobody@example.com'),
          refused: [{ key: email('cleo@example.com'), code: 'unsubscribed' }],
        };
      },
      remote: (vendor) =>
        sorted([...vendor.people.values()].flatMap((one) => (one.level === 'gold' ? [String(one.email)] : []))),
      held: (vendor, { value }) => [...vendor.people.values()].find((one) => one.email === value)?.level ?? undefined,
      overwrite: (vendor, { value }, level) => vendor.setLevel(value, String(level)),
      impossible: [{ target: { field: 'shoe size', value: 'gold' }, names: 'shoe size' }],
      byHand: {
        add: (vendor, { value }) => vendor.setLevel(value, 'gold'),
        remove: (vendor, { value }) => vendor.setLevel(value, null),
        deleteList: (vendor) => vendor.fields.clear(),
        leave(vendor, { value }) {
          const [id] = [...vendor.people].find(([, person]) => person.email === value) ?? [];
          vendor.put(id ?? '', value, { unsubscribed: true });
          return 'unsubscribed';
        },
      },
      silence: (vendor, key) => vendor.silenceNext(key.value),
      fault: (vendor, kind) => vendor.failNext(kind === 'rate-limit' ? 429 : 500),
    },
  };
}

function fragment(id: string): string {
  return `conformance:person:${id}`;
}

function email(value: string) {
  return { type: 'email', value };
}
