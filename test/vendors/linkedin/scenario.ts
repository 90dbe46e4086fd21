import { createHash } from 'node:crypto';
import { linkedin } from '../../../lib/connectors/linkedin/index.ts';
import type { Identifier } from '../../../lib/domain/change.ts';
import { CONNECTION } from '../../conformance/rig.ts';
import type { AudienceScenario, Scenario, StreamScenario, WebhookScenario } from '../../conformance/scenario.ts';
import { AD_ACCOUNT, type LinkedinSimulator, ORGANIZATION, startLinkedin } from './server.ts';
import { signedRequest } from './webhook-sender.ts';

const TOKEN = 'AQXsimulatedaccesstoken';
const CLIENT_SECRET = 'simulated-client-secret';
const AUDIENCE = 'Conformance audience';
const PAGE = 5;

/** Ids that must arrive of what the simulated account holds. */
const told = new WeakMap<LinkedinSimulator, string[]>();

/** How the conformance suite sees LinkedIn. */
export const linkedinScenario: Scenario<LinkedinSimulator> = {
  connector: linkedin,
  config: {
    ad_account: AD_ACCOUNT,
    organization: ORGANIZATION,
    source_platform: 'EXAMPLE',
    fields: { budget: 'budget' },
    consent: { '7234246:0': 'email' },
  },
  secret: { access_token: TOKEN, client_secret: CLIENT_SECRET },
  // No time passes within a check, so that a new segment would never be ready.
  start: (now) => startLinkedin({ now, segmentReadyAfterMs: 0 }),
  secrets: [TOKEN, CLIENT_SECRET, '@example.com', '@example.org', 'Nice shoes', 'Bearer '],
  streams: { leads: leads(), 'social-actions': socialActions() },
  webhook: webhook(),
  audience: audience(),
};

function leads(): StreamScenario<LinkedinSimulator> {
  const changesOf = (id: string): string[] => [`${CONNECTION}:lead:${id}`, id];
  return {
    pageSize: PAGE,
    seed(vendor) {
      const { store } = vendor;
      const forms = ['Newsletter', 'Webinar'].map((name) =>
        store.createForm(name, [
          { name: 'email', predefinedField: 'EMAIL' },
          { name: 'budget', options: ['little', 'a lot'] },
        ]),
      );
      const ids = Array.from({ length: 18 }, (_, n) =>
        store.submit(
          forms[n % 2] ?? '',
          { email: `person${n}@example.com`, budget: [n % 2] },
          { at: stamp(n), person: `person${n}`, accepted: [n % 3 === 0] },
        ),
      );
      const damaged = store.submit(forms[0] ?? '', { email: 'damaged@example.com' }, { at: stamp(3) });
      store.damageLead(damaged, { submittedAt: 'yesterday' });
      told.set(vendor, ids.flatMap(changesOf));
    },
    expected: (vendor) => told.get(vendor) ?? [],
    rejected: 1,
    touch({ store }) {
      const [form = ''] = store.forms.keys();
      return changesOf(store.submit(form, { email: 'late@example.com' }));
    },
    reread({ store }) {
      const [id = ''] = store.leads.keys();
      return { id, brings: changesOf(id) };
    },
  };
}

function socialActions(): StreamScenario<LinkedinSimulator> {
  return {
    pageSize: PAGE,
    seed(vendor) {
      const { store } = vendor;
      const acts = ['COMMENT', 'SHARE_MENTION', 'SHARE'] as const;
      const ids = Array.from({ length: 18 }, (_, n) => {
        const action = acts[n % acts.length] ?? 'COMMENT';
        const id = store.act(action, 'aNN', { at: stamp(n), text: `Nice shoes ${n}` });
        return `${action.toLowerCase().replace('_', '-')}-${id}-aNN`;
      });
      store.act('LIKE', 'b0b', { at: stamp(4), post: '77' });
      ids.push('like-77-b0b');
      // The company's own, what is told of an earlier comment, and nobody's.
      store.act('ADMIN_COMMENT', 'aDm1n', { at: stamp(4), text: 'Thank you' });
      store.act('COMMENT', `urn:li:organization:${store.organization}`, { at: stamp(4), text: 'Thank you' });
      store.act('COMMENT_EDIT', 'aNN', { at: stamp(5), text: 'Nicer shoes' });
      store.damageNotification(store.act('COMMENT', 'aNN', { at: stamp(6) }), { lastModifiedAt: 'yesterday' });
      told.set(vendor, ids);
    },
    expected: (vendor) => told.get(vendor) ?? [],
    rejected: 1,
    touch: ({ store }) => [`comment-${store.act('COMMENT', 'b0b', { text: 'One more' })}-b0b`],
  };
}

function audience(): AudienceScenario<LinkedinSimulator> {
  const known = [0, 1, 2].map((n) => email(`known${n}@example.com`));
  const stranger = email('stranger@example.org');
  const everybody = new Map<string, string>();
  const meet = (keys: readonly Identifier[]): readonly Identifier[] => {
    for (const { value } of keys) everybody.set(createHash('sha256').update(value).digest('hex'), value);
    return keys;
  };
  meet([...known, stranger]);
  return {
    target: { matched_audience: AUDIENCE },
    seed: () => ({ known, stranger, refused: [] }),
    remote: ({ segments }) =>
      [...(segments.named(AUDIENCE)?.users ?? [])]
        .map((user) => user.replace('SHA256_EMAIL ', ''))
        .map((hash) => everybody.get(hash) ?? hash)
        .sort(),
    strangers: (count) => meet(Array.from({ length: count }, (_, n) => email(`n${n}@example.org`))),
    silence: ({ faults }) => faults.add({ kind: 'lost-user', on: ['write'] }),
    fault: ({ faults }, kind) =>
      faults.add({ kind: kind === 'rate-limit' ? 'throttled' : 'error-after-accepting', on: ['write'] }),
  };
}

function email(value: string): Identifier {
  return { type: 'email', value };
}

/** Groups of seven records share one instant, which a page of five cannot hold. */
function stamp(n: number): Date {
  return new Date(`2026-11-17T0${Math.floor(n / 7)}:00:00Z`);
}

function webhook(): WebhookScenario {
  const comment = {
    notificationId: 5_603_453_321,
    organizationalEntity: `urn:li:organization:${ORGANIZATION}`,
    action: 'COMMENT',
    sourcePost: 'urn:li:activity:7094637247890620418',
    generatedActivity: 'urn:li:comment:(activity:7094637247890620418,7094977717598625792)',
    decoratedGeneratedActivity: { comment: { owner: 'urn:li:person:aNN', text: 'Nice shoes' } },
    lastModifiedAt: 1_795_248_000_000,
  };
  const request = (body: object) => {
    const text = JSON.stringify(body);
    return {
      method: 'POST',
      path: '/webhooks/linkedin',
      headers: signedRequest(CLIENT_SECRET, text).headers,
      body: text,
    };
  };
  const social = (...notifications: readonly object[]) =>
    request({ type: 'ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS', notifications });
  const signed = social(comment, { ...comment, notificationId: 2, action: 'SHARE_MENTION' });
  return {
    signed,
    tampered: { ...signed, body: signed.body.replace('Nice', 'Poor') },
    unsigned: { ...signed, headers: { 'content-type': 'application/json' } },
    unreadable: request({ type: 'SOMETHING_ELSE' }),
    meaningless: social({ ...comment, lastModifiedAt: 'yesterday' }),
  };
}
