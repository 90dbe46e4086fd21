import { createHash } from 'node:crypto';
import { meta } from '../../../lib/connectors/meta/index.ts';
import type { Identifier } from '../../../lib/domain/change.ts';
import { CONNECTION } from '../../conformance/rig.ts';
import type { AudienceScenario, Scenario, StreamScenario, WebhookScenario } from '../../conformance/scenario.ts';
import { AD_ACCOUNT, INSTAGRAM_ID, type MetaSimulator, PAGE_ID, startMeta } from './server.ts';
import { signedRequest } from './webhook-sender.ts';

const TOKEN = 'EAAsimulatedsystemusertoken';
const APP_SECRET = 'simulated-app-secret';
const VERIFY_TOKEN = 'simulated-verify-token';
const AUDIENCE = 'Conformance audience';
const PAGE = 5;

const ann = { id: '24601001', name: 'Ann Example' };
const bob = { id: '24601002', name: 'bob.example' };

/** Ids that must arrive of what the simulated page holds. */
const told = new WeakMap<MetaSimulator, string[]>();

/** How the conformance suite sees Meta. */
export const metaScenario: Scenario<MetaSimulator> = {
  connector: meta,
  config: {
    page: PAGE_ID,
    instagram: INSTAGRAM_ID,
    ad_account: `act_${AD_ACCOUNT}`,
    fields: { budget: 'what_is_your_budget' },
    consent: { optional_1: 'email' },
    insights: { page: ['page_post_engagements', 'page_actions_post_reactions_total'] },
    history_days: 8,
  },
  secret: { access_token: TOKEN, app_secret: APP_SECRET, verify_token: VERIFY_TOKEN },
  start: (now) => startMeta({ now }),
  secrets: [TOKEN, APP_SECRET, VERIFY_TOKEN, 'EAAsimulated', '@example.com', '@example.org', 'Ann Example', 'Bearer '],
  streams: { comments: comments(), insights: insights(), leads: leads() },
  webhook: webhook(),
  audience: audience(),
  erasure: {
    seed({ store }) {
      const form = store.createForm('Newsletter');
      const lead = (email: string) => ({
        records: [{ kind: 'lead', id: store.submit(form, { email }) }],
        keys: [{ type: 'email', value: email }],
      });
      return {
        ann: lead('ann@example.com'),
        bob: lead('bob@example.com'),
        stranger: { records: [{ kind: 'lead', id: '999' }], keys: [{ type: 'email', value: 'never@example.org' }] },
      };
    },
    knows: ({ store }, { records }) => store.leads.has(records[0]?.id ?? ''),
    fault: ({ faults }, kind) =>
      faults.add({ kind: kind === 'rate-limit' ? 'app-limit' : 'error-after-accepting', on: ['write'] }),
  },
};

function leads(): StreamScenario<MetaSimulator> {
  const changesOf = (id: string): string[] => [`${CONNECTION}:lead:${id}`, id];
  return {
    pageSize: PAGE,
    seed(vendor) {
      const { store } = vendor;
      const forms = ['Newsletter', 'Webinar'].map((name) => store.createForm(name));
      const ids = Array.from({ length: 18 }, (_, n) =>
        store.submit(
          forms[n % 2] ?? '',
          { email: `person${n}@example.com`, full_name: `Person ${n}`, what_is_your_budget: 'a lot' },
          { at: stamp(Math.floor(n / 2)), boxes: { optional_1: n % 3 === 0 } },
        ),
      );
      const damaged = store.submit(forms[0] ?? '', { email: 'damaged@example.com' }, { at: stamp(3) });
      store.damageLead(damaged, { created_time: 'yesterday' });
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

function comments(): StreamScenario<MetaSimulator> {
  return {
    pageSize: PAGE,
    seed(vendor) {
      const { store } = vendor;
      const post = store.post('New shoes', { at: stamp(0) });
      const medium = store.share('New shoes', { at: stamp(0) });
      const longAgo = store.post('Old shoes', { at: new Date('2026-10-01T00:00:00Z') });
      const ids = Array.from({ length: 17 }, (_, n) => store.comment(post, ann, `Number ${n}`, { at: stamp(n) }));
      const [first = ''] = ids;
      ids.push(store.comment(post, bob, 'An answer', { at: stamp(17), parent: first }));
      const onMedium = Array.from({ length: 9 }, (_, n) => store.comment(medium, bob, 'Nice', { at: stamp(n) }));
      ids.push(...onMedium);
      // More replies than come along with a comment.
      for (let n = 0; n < 5; n += 1) {
        ids.push(store.comment(medium, ann, `Reply ${n}`, { at: stamp(n), parent: onMedium[0] ?? '' }));
      }
      // Nobody's whom Meta names, the page's own, and one on a post that nobody looks at any more.
      store.comment(post, undefined, 'Who am I?', { at: stamp(3) });
      store.comment(post, { id: store.page, name: 'Example' }, 'Thank you', { at: stamp(3) });
      store.comment(longAgo, ann, 'Still here?', { at: stamp(3) });
      store.damageComment(store.comment(post, ann, 'Damaged', { at: stamp(6) }), { created_time: 'yesterday' });
      told.set(vendor, ids);
    },
    expected: (vendor) => told.get(vendor) ?? [],
    rejected: 1,
    touch({ store }) {
      const [post = ''] = store.posts.keys();
      return [store.comment(post, ann, 'One more')];
    },
    reread({ store }) {
      const [id = ''] = store.comments.keys();
      return { id: `facebook:${id}`, brings: [id] };
    },
  };
}

function insights(): StreamScenario<MetaSimulator> {
  const days = [13, 14, 15, 16, 17, 18, 19, 20].map((day) => `2026-11-${day}`);
  const namesOf = (day: string): string[] => [
    `${day} page page_post_engagements`,
    `${day} page page_actions_post_reactions_total by=like`,
    `${day} page page_actions_post_reactions_total by=love`,
    `${day} instagram reach`,
  ];
  const damaged = '2026-11-14';
  return {
    pageSize: 3,
    seed({ store }) {
      for (const [at, day] of days.entries()) {
        const reactions = { like: at, love: 2 };
        store.count('page', day, { page_post_engagements: 10 + at, page_actions_post_reactions_total: reactions });
        store.count('instagram', day, { reach: 100 * at });
      }
      store.count('instagram', damaged, { reach: 'many' });
    },
    expected: () => days.flatMap(namesOf).filter((name) => name !== `${damaged} instagram reach`),
    rejected: 1,
    overlap: () => days.slice(-3).flatMap(namesOf),
    touch({ store }) {
      store.count('instagram', '2026-11-19', { reach: 7 });
      return [`2026-11-19 instagram reach`];
    },
    drifts: {
      like: 'what reactions are split into goes by the names that Meta gives',
      love: 'the same',
    },
  };
}

function audience(): AudienceScenario<MetaSimulator> {
  const known = [0, 1, 2].map((n) => email(`known${n}@example.com`));
  const stranger = email('stranger@example.org');
  const everybody = new Map<string, string>();
  const meet = (keys: readonly Identifier[]): readonly Identifier[] => {
    for (const { value } of keys) everybody.set(createHash('sha256').update(value).digest('hex'), value);
    return keys;
  };
  meet([...known, stranger]);
  return {
    target: { custom_audience: AUDIENCE },
    seed: () => ({ known, stranger, refused: [] }),
    remote: ({ audiences }) =>
      (audiences.named(AUDIENCE)?.rows ?? []).map(({ EMAIL = '' }) => everybody.get(EMAIL) ?? EMAIL).sort(),
    strangers: (count) => meet(Array.from({ length: count }, (_, n) => email(`n${n}@example.org`))),
    silence: ({ faults }) => faults.add({ kind: 'lost-row', on: ['write'] }),
    fault: ({ faults }, kind) =>
      faults.add({ kind: kind === 'rate-limit' ? 'audience-limit' : 'error-after-accepting', on: ['write'] }),
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
  const feed = {
    from: ann,
    item: 'comment',
    verb: 'add',
    post_id: `${PAGE_ID}_77`,
    comment_id: '77_88',
    parent_id: `${PAGE_ID}_77`,
    created_time: 1_795_248_000,
    message: 'Nice shoes',
  };
  const mention = {
    sender_id: bob.id,
    sender_name: 'Bob',
    item: 'post',
    post_id: '24601002_5',
    verb: 'add',
    message: 'Hi',
  };
  const entryOf = (...changes: readonly { readonly field: string; readonly value: object }[]) => ({
    object: 'page',
    entry: [{ id: PAGE_ID, time: 1_795_248_001, changes }],
  });
  const request = (body: object) => {
    const text = JSON.stringify(body);
    return { method: 'POST', path: '/webhooks/meta', headers: signedRequest(APP_SECRET, text).headers, body: text };
  };
  const signed = request(
    entryOf(
      {
        field: 'leadgen',
        value: { created_time: 1_795_248_000, leadgen_id: '1459', page_id: PAGE_ID, form_id: '1616' },
      },
      { field: 'feed', value: feed },
      { field: 'feed', value: { ...feed, verb: 'edited' } },
      { field: 'mention', value: mention },
    ),
  );
  return {
    signed,
    tampered: { ...signed, body: signed.body.replace('1459', '1460') },
    unsigned: { ...signed, headers: { 'content-type': 'application/json' } },
    unreadable: request({ not: 'updates' }),
    meaningless: request(entryOf({ field: 'feed', value: { ...feed, created_time: null } })),
  };
}
