import { createHash } from 'node:crypto';
import { mailchimp } from '../../../lib/connectors/mailchimp/index.ts';
import type { Identifier } from '../../../lib/domain/change.ts';
import type { Json } from '../../../lib/domain/json.ts';
import { CONNECTION } from '../../conformance/rig.ts';
import type { FieldScenario, Scenario, WebhookScenario } from '../../conformance/scenario.ts';
import { memberHash, vendorTime } from './member.ts';
import { DEFAULT_KEY, type Mailchimp, startMailchimp } from './simulator.ts';

const LIST = 'a1b2c3d4e5';
const TAG = 'Lapsing';
const MERGE = 'SEGMENT';
const WEBHOOK_SECRET = 'correct-horse-battery-staple';
const LINK = 'https://example.com/prices';

const EARLIER = new Date('2026-11-20T10:00:00Z');
const LATER = new Date('2026-11-20T11:00:00Z');
const SENT = new Date('2026-11-18T09:00:00Z');
const OPENED = new Date('2026-11-18T12:00:00Z');

const score = { question: 'q1', type: 'range', query: 'How likely are you to recommend us?', answer: '9' } as const;

const people = Array.from({ length: 11 }, (_, n) => `person${n}@example.com`);
const away = ['gone1@example.org', 'gone2@example.org'];

const delivery: WebhookScenario['signed'] = {
  method: 'POST',
  path: '/webhooks/newsletter',
  query: { secret: WEBHOOK_SECRET },
  headers: { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'MailChimp.com' },
  body: new URLSearchParams({
    type: 'profile',
    fired_at: '2026-11-21 08:00:00',
    'data[list_id]': LIST,
    'data[id]': '9b69bff67b',
    'data[email]': 'person1@example.com',
    'data[merges][FNAME]': 'Ann',
  }).toString(),
};

/** The simulated Mailchimp, described for the conformance suite. */
export const mailchimpScenario: Scenario<Mailchimp> = {
  connector: mailchimp,
  config: { list: LIST },
  secret: { api_key: DEFAULT_KEY, webhook_secret: WEBHOOK_SECRET },
  async start(now) {
    const vendor = await startMailchimp({ now });
    vendor.addList({ id: LIST, name: 'Newsletter' });
    vendor.addMergeField(LIST, { tag: MERGE, type: 'text' });
    vendor.addMergeField(LIST, { tag: 'CHOICE', type: 'dropdown', choices: ['Gold', 'Silver'] });
    vendor.addMergeField(LIST, { tag: 'SCORE', type: 'number' });
    vendor.addMergeField(LIST, { tag: 'SINCE', type: 'date' });
    vendor.addMergeField(LIST, { tag: 'NEEDED', type: 'text', required: true });
    return vendor;
  },
  secrets: [
    DEFAULT_KEY,
    DEFAULT_KEY.split('-')[0] ?? '',
    WEBHOOK_SECRET,
    'person1@example.com',
    'known1@example.com',
    'never@example.org',
  ],
  forbidden: {
    type: 'about:blank',
    title: 'Forbidden',
    status: 403,
    detail: 'The user may not do this.',
    instance: '',
  },
  streams: {
    members: {
      pageSize: 4,
      seed(vendor) {
        for (const [n, email] of people.entries()) {
          const status = n === 2 ? 'unsubscribed' : 'subscribed';
          vendor.putMember(LIST, { email, status, merge: { FNAME: 'Ann' }, at: n < 6 ? EARLIER : LATER });
        }
        for (const email of away) vendor.putMember(LIST, { email, status: 'archived', at: EARLIER });
        vendor.putMember(LIST, { email: 'broken@example.com', at: EARLIER });
        vendor.corrupt(LIST, 'broken@example.com', { id: null });
      },
      expected: () => [...people, ...away].map((email) => `${CONNECTION}:member:${memberHash(email)}`),
      rejected: 1,
      touch(vendor) {
        vendor.setStatus(LIST, 'person3@example.com', 'unsubscribed');
        return [`${CONNECTION}:member:${memberHash('person3@example.com')}`];
      },
    },
    activity: {
      drifts: { url: 'a click is told apart by its link' },
      pageSize: 3,
      seed(vendor) {
        for (const email of people) vendor.putMember(LIST, { email, at: EARLIER });
        for (const id of ['spring', 'summer']) {
          vendor.sendCampaign(LIST, { id, title: id, sentAt: SENT, recipients: people });
          for (const email of people.slice(0, 8)) vendor.open(id, email, OPENED);
        }
        vendor.click('spring', 'person1@example.com', LINK, OPENED);
        vendor.bounce('summer', 'person10@example.com', 'hard', OPENED);
        vendor.act('summer', 'person9@example.com', 'forwarded', OPENED);
      },
      expected: () => [
        ...['spring', 'summer'].flatMap((id) => people.slice(0, 8).map((email) => actId(id, email, 'open', OPENED))),
        actId('spring', 'person1@example.com', 'click', OPENED, LINK),
        actId('summer', 'person10@example.com', 'bounce', OPENED),
      ],
      rejected: 1,
      touch(vendor) {
        const at = new Date('2026-11-21T09:30:00Z');
        vendor.open('spring', 'person9@example.com', at);
        return [actId('spring', 'person9@example.com', 'open', at)];
      },
    },
    campaigns: {
      pageSize: 3,
      seed(vendor) {
        for (const email of people) vendor.putMember(LIST, { email, at: EARLIER });
        for (const id of ['spring', 'summer']) {
          vendor.sendCampaign(LIST, { id, title: id, sentAt: SENT, recipients: people });
          for (const email of people.slice(0, 4)) vendor.unsubscribe(id, email, 'Did not signup for list', OPENED);
        }
        vendor.addList({ id: 'other', name: 'Another list' });
        vendor.sendCampaign('other', { id: 'elsewhere', sentAt: SENT, recipients: ['never@example.org'] });
        vendor.complain('summer', 'person5@example.com', OPENED);
        // A complaint without a day that can be read.
        vendor.complain('summer', 'person6@example.com', new Date(Number.NaN));
      },
      expected: () => [
        ...['spring', 'summer'].flatMap((id) => people.map((email) => reportId(id, email, 'sent-to'))),
        ...['spring', 'summer'].flatMap((id) => people.slice(0, 4).map((email) => reportId(id, email, 'unsubscribed'))),
        reportId('summer', 'person5@example.com', 'abuse-reports'),
      ],
      rejected: 1,
      touch(vendor) {
        vendor.unsubscribe('spring', 'person9@example.com');
        return [reportId('spring', 'person9@example.com', 'unsubscribed')];
      },
    },
    surveys: {
      pageSize: 3,
      seed(vendor) {
        for (const email of people) vendor.putMember(LIST, { email, at: EARLIER });
        for (const id of ['prices', 'service']) {
          vendor.addSurvey(LIST, { id });
          for (const [n, email] of people.slice(0, 4).entries()) {
            vendor.answerSurvey(id, { id: `${id}${n}`, email, at: OPENED, answers: [score] });
          }
        }
        vendor.answerSurvey('service', { id: 'unknown', at: SENT, answers: [score] });
        vendor.addList({ id: 'other', name: 'Another list' });
        vendor.addSurvey('other', { id: 'elsewhere' });
        vendor.answerSurvey('elsewhere', { email: 'never@example.org', at: OPENED, answers: [score] });
        // A response without a time that can be read.
        vendor.answerSurvey('prices', { id: 'timeless', at: new Date(Number.NaN), answers: [score] });
      },
      expected: () => [
        ...['prices', 'service'].flatMap((id) => [0, 1, 2, 3].map((n) => responseId(id, `${id}${n}`))),
        responseId('service', 'unknown'),
      ],
      rejected: 1,
      touch(vendor) {
        vendor.answerSurvey('prices', { id: 'later', email: 'person9@example.com', answers: [score] });
        return [responseId('prices', 'later')];
      },
    },
  },
  webhook: {
    signed: delivery,
    tampered: { ...delivery, query: { secret: 'wrong' } },
    unsigned: { ...delivery, query: {} },
  },
  audience: {
    target: { tag: TAG },
    seed(vendor) {
      const known = ['known1@example.com', 'known2@example.com', 'known3@example.com'];
      // Mailchimp keeps the case in which an address was typed, and matches it in any.
      for (const email of known) vendor.putMember(LIST, { email: email.replace('known', 'Known') });
      const refused = (['unsubscribed', 'cleaned', 'pending', 'archived'] as const).map((status) => {
        vendor.putMember(LIST, { email: `${status}@example.com`, status });
        return { key: { type: 'email', value: `${status}@example.com` }, code: status };
      });
      vendor.putMember(LIST, { email: 'forgotten@example.com' });
      vendor.deletePermanently(LIST, 'forgotten@example.com');
      return {
        known: known.map((value) => ({ type: 'email', value })),
        stranger: { type: 'email', value: 'never@example.org' },
        refused: [...refused, { key: { type: 'email', value: 'forgotten@example.com' }, code: 'forgotten' }],
      };
    },
    remote: (vendor) => vendor.tagged(LIST, TAG, { anyStatus: true }),
    byHand: {
      add: (vendor, { value }) => vendor.tag(LIST, value, TAG),
      remove: (vendor, { value }) => vendor.untag(LIST, value, TAG),
      deleteList: (vendor) => vendor.deleteTag(LIST, TAG),
      leave(vendor, { value }) {
        vendor.setStatus(LIST, value, 'unsubscribed');
        return 'unsubscribed';
      },
    },
    silence: (vendor, { value }) => void vendor.faults.push({ kind: 'silence', email: value }),
    fault(vendor, kind) {
      vendor.faults.push(
        kind === 'rate-limit'
          ? { kind: 'too-many', on: 'write' }
          : { kind: 'error', status: 504, carriedOut: 0.5, on: 'write' },
      );
    },
  },
  field: field(),
  erasure: {
    seed(vendor) {
      // Whatever state somebody is in: an unsubscribed contact is personal data too.
      vendor.putMember(LIST, { email: 'Known1@example.com', status: 'unsubscribed' });
      vendor.putMember(LIST, { email: 'known2@example.com' });
      return {
        ann: memberToErase('known1@example.com'),
        bob: memberToErase('known2@example.com'),
        stranger: memberToErase('never@example.org'),
      };
    },
    knows: (vendor, { keys }) => vendor.member(LIST, keys[0]?.value ?? '') !== undefined,
    fault(vendor, kind) {
      vendor.faults.push(
        kind === 'rate-limit' ? { kind: 'too-many', on: 'write' } : { kind: 'error', status: 504, on: 'write' },
      );
    },
  },
};

function field(): FieldScenario<Mailchimp> {
  const known = ['known1@example.com', 'known2@example.com', 'known3@example.com'];
  const set = (vendor: Mailchimp, { value: email }: Identifier, to: Json): void =>
    vendor.putMember(LIST, { email, merge: { [MERGE]: to } }, 'admin');
  return {
    target: { merge_field: MERGE, value: 'Lapsing' },
    other: { merge_field: MERGE, value: 'Loyal' },
    theirs: 'lapsing',
    seed(vendor) {
      for (const email of known) vendor.putMember(LIST, { email: email.replace('known', 'Known') });
      const refused = (['unsubscribed', 'cleaned', 'pending', 'archived'] as const).map((status) => {
        vendor.putMember(LIST, { email: `${status}@example.com`, status });
        return { key: { type: 'email', value: `${status}@example.com` }, code: status };
      });
      return {
        known: known.map((value) => ({ type: 'email', value })),
        stranger: { type: 'email', value: 'never@example.org' },
        refused,
      };
    },
    remote: (vendor) =>
      vendor
        .members(LIST)
        .filter(({ mergeFields }) => mergeFields[MERGE] === 'Lapsing')
        .map(({ email }) => email.toLowerCase())
        .sort(),
    held: (vendor, { value }) => vendor.member(LIST, value)?.mergeFields[MERGE] || undefined,
    overwrite: set,
    impossible: [
      { target: { merge_field: 'CHOICE', value: 'Bronze' }, names: 'CHOICE' },
      { target: { merge_field: 'SCORE', value: 'high' }, names: 'SCORE' },
      { target: { merge_field: 'SINCE', value: '2026-01-01' }, names: 'SINCE' },
      { target: { merge_field: 'NEEDED', value: 'x' }, names: 'NEEDED' },
      { target: { merge_field: 'segment', value: 'x' }, names: 'upper-case' },
      { target: { merge_field: MERGE, value: 'ö'.repeat(128) }, names: '255 bytes' },
    ],
    byHand: {
      add: (vendor, key) => set(vendor, key, 'Lapsing'),
      remove: (vendor, key) => set(vendor, key, ''),
      deleteList: (vendor) => vendor.dropMergeField(LIST, MERGE),
      leave(vendor, { value }) {
        vendor.setStatus(LIST, value, 'unsubscribed');
        return 'unsubscribed';
      },
    },
    fault(vendor, kind) {
      vendor.faults.push(
        kind === 'rate-limit' ? { kind: 'too-many', on: 'write' } : { kind: 'error', status: 504, on: 'write' },
      );
    },
  };
}

/** A member by the record that a stream brought, or by the address that a push told. */
function memberToErase(email: string) {
  return { records: [{ kind: 'member', id: memberHash(email) }], keys: [{ type: 'email', value: email }] };
}

/** The id that the connector gives a row of a report. */
function reportId(campaign: string, email: string, part: string): string {
  const parts = JSON.stringify([campaign, memberHash(email), part]);
  return `mailchimp:${createHash('sha256').update(parts).digest('hex').slice(0, 32)}`;
}

/** The id that the connector gives a response to a survey. */
function responseId(survey: string, response: string): string {
  return `mailchimp:${createHash('sha256')
    .update(JSON.stringify([survey, response]))
    .digest('hex')
    .slice(0, 32)}`;
}

/** The id that the connector gives an act: made from all that the report says about it. */
function actId(campaign: string, email: string, action: string, at: Date, url?: string): string {
  const parts = JSON.stringify([campaign, memberHash(email), action, vendorTime(at.getTime()), url]);
  return `mailchimp:${createHash('sha256').update(parts).digest('hex').slice(0, 32)}`;
}
