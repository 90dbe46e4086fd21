import { createHash } from 'node:crypto';
import { sendgrid } from '../../../lib/connectors/sendgrid/index.ts';
import { CONNECTION } from '../../conformance/rig.ts';
import type { Scenario, StreamScenario, WebhookScenario } from '../../conformance/scenario.ts';
import { type SendgridSimulator, startSendgrid } from './server.ts';
import { openSigner } from './webhook-sender.ts';

const API_KEY = 'SG.simulated.api-key';
const LIST = 'Conformance list';
const PAGE = 5;

const signer = openSigner();

/** Ids that must arrive of what the simulated account holds. */
const told = new WeakMap<SendgridSimulator, string[]>();

/** How the conformance suite sees SendGrid. */
export const sendgridScenario: Scenario<SendgridSimulator> = {
  connector: sendgrid,
  config: { fields: { tier: 'loyalty_tier' }, external_id: 'user_id', groups: { 14281: 'newsletter' } },
  secret: { api_key: API_KEY, webhook_public_key: signer.publicKey },
  start: (now) => startSendgrid({ now }),
  secrets: [API_KEY, signer.publicKey, '@example.com', '@example.org', 'Bearer '],
  streams: { contacts: contacts(), suppressions: suppressions() },
  webhook: webhook(),
  audience: {
    target: { list: LIST },
    seed: ({ store }) => ({
      known: [0, 1, 2].map((n) => ({
        type: 'sendgrid.contact_id',
        value: store.create({ email: `known${n}@example.com` }),
      })),
      stranger: { type: 'email', value: 'stranger@example.org' },
      refused: [],
    }),
    remote: ({ store, jobs }) => {
      jobs.work();
      const list = store.listNamed(LIST)?.id ?? '';
      return [...store.contacts.values()]
        .filter(({ lists }) => lists.has(list))
        .map(({ id }) => id)
        .sort();
    },
    byHand: {
      add: ({ store }, { value }) => void store.contacts.get(value)?.lists.add(store.listNamed(LIST)?.id ?? ''),
      remove: ({ store }, { value }) => void store.contacts.get(value)?.lists.delete(store.listNamed(LIST)?.id ?? ''),
      deleteList: ({ store }) => store.deleteList(store.listNamed(LIST)?.id ?? ''),
      leave({ store }, { value }) {
        store.delete(value);
        return 'unknown';
      },
    },
    silence: ({ faults }) => faults.add({ kind: 'errored-upsert' }),
    fault: ({ faults }, kind) =>
      faults.add({ kind: kind === 'rate-limit' ? 'throttled' : 'error-after-accepting', on: ['write'] }),
  },
  erasure: {
    seed({ store }) {
      const contact = (email: string) => toErase(store.create({ email }), email);
      return {
        ann: contact('known1@example.com'),
        bob: contact('known2@example.com'),
        stranger: toErase('00000000-0000-4000-a000-000000000000', 'never@example.org'),
      };
    },
    knows: ({ store }, { records }) => store.contacts.has(records[0]?.id ?? ''),
    fault: ({ faults }, kind) =>
      faults.add({ kind: kind === 'rate-limit' ? 'throttled' : 'error-after-accepting', on: ['write'] }),
  },
};

function toErase(id: string, email: string) {
  return { records: [{ kind: 'contact', id }], keys: [{ type: 'email', value: email }] };
}

function contacts(): StreamScenario<SendgridSimulator> {
  return {
    pageSize: PAGE,
    seed(vendor) {
      const { store } = vendor;
      const ids = Array.from({ length: 17 }, (_, n) =>
        store.create(
          { email: `person${n}@example.com`, external_id: `u${n}`, custom_fields: { loyalty_tier: 'gold' } },
          { at: stamp(n) },
        ),
      );
      store.damage(store.create({ email: 'damaged@example.com' }, { at: stamp(6) }), { updated_at: 'yesterday' });
      told.set(
        vendor,
        ids.map((id) => `${CONNECTION}:contact:${id}`),
      );
    },
    expected: (vendor) => told.get(vendor) ?? [],
    rejected: 1,
    touch({ store }) {
      const id = [...store.contacts.keys()][3] ?? '';
      store.update(id, { first_name: 'Ann' });
      return [`${CONNECTION}:contact:${id}`];
    },
  };
}

function suppressions(): StreamScenario<SendgridSimulator> {
  return {
    pageSize: PAGE,
    seed(vendor) {
      const { store } = vendor;
      const fragments: string[] = [];
      for (const list of ['unsubscribes', 'spam_reports', 'bounces'] as const) {
        for (let n = 0; n < 9; n += 1) {
          const email = `${list}${n}@example.com`;
          store.suppress(list, email, { at: stamp(n) });
          fragments.push(recipient(email));
        }
      }
      // Tried again by SendGrid itself: nobody's word, and not read.
      store.suppress('blocks', 'blocked@example.com', { at: stamp(0) });
      store.damageSuppression('bounces', 'damaged@example.com', 'yesterday');
      told.set(vendor, fragments);
    },
    expected: (vendor) => told.get(vendor) ?? [],
    rejected: 1,
    touch({ store }) {
      store.suppress('unsubscribes', 'late@example.com');
      return [recipient('late@example.com')];
    },
  };
}

function recipient(email: string): string {
  return `${CONNECTION}:recipient:${createHash('sha256').update(email).digest('hex').slice(0, 32)}`;
}

/** Groups of seven records share one instant, which a page of five cannot hold. */
function stamp(n: number): Date {
  return new Date(`2026-11-01T0${Math.floor(n / 7)}:00:00Z`);
}

function webhook(): WebhookScenario {
  // The instant at which the suite's clock starts.
  const at = new Date('2026-11-21T08:00:00Z');
  const timestamp = at.getTime() / 1_000 - 60;
  const event = (name: string, id: string, more: object = {}) => ({
    email: `${id}@example.com`,
    timestamp,
    event: name,
    sg_event_id: id,
    sg_message_id: `${id}.recvd-0`,
    ...more,
  });
  const request = (events: unknown, when = at) => {
    const { body, headers } = signer.request(`${JSON.stringify(events)}\r\n`, when);
    return { method: 'POST', path: '/webhooks/sendgrid', headers, body };
  };
  const signed = request([
    event('processed', 'on-its-way'),
    event('click', 'ann', { url: 'https://example.com/offer' }),
    event('unsubscribe', 'bob'),
    event('group_unsubscribe', 'cleo', { asm_group_id: 14281 }),
  ]);
  const { 'x-twilio-email-event-webhook-signature': _, ...unsigned } = signed.headers;
  return {
    signed,
    tampered: { ...signed, body: signed.body.replace('bob@', 'eve@') },
    unsigned: { ...signed, headers: unsigned },
    stale: request([event('click', 'ann')], new Date(at.getTime() - 26 * 3_600_000)),
    unreadable: request({ not: 'events' }),
    meaningless: request([event('click', 'ann', { email: 'nobody' }), event('levitate', 'bob')]),
  };
}
