import { createHash } from 'node:crypto';
import * as z from 'zod';
import { formatInstant } from '../../domain/instant.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { ConsentRule, Mapping } from '../../domain/mapping.ts';
import type { Schema } from '../contract.ts';
import { epochSeconds } from '../epoch.ts';
import type { Config } from './config.ts';

/** Whoever SendGrid has sent to, or does not send to any more, contact or not: it knows them by their address alone. */
export const RECIPIENT = 'recipient';

/** The same for an address in any letters. Whoever knows the address can compute it (docs/privacy.md). */
function recipientId(email: string): string {
  return createHash('sha256').update(email.trim().toLowerCase()).digest('hex').slice(0, 32);
}

const email = z.string().regex(/^\S[^\s@]*@\S+$/, 'expected an e-mail address');

const STATES = { unsubscribes: 'unsubscribed', spam_reports: 'spam_complaint', bounces: 'hard_bounce' } as const;

type State = (typeof STATES)[keyof typeof STATES];

/** An address on one of the lists of suppressions, with `list`: which. */
export const suppressionRecord = z
  .looseObject({ list: z.enum(['unsubscribes', 'spam_reports', 'bounces']), email, created: epochSeconds })
  .transform((record) => ({
    ...record,
    id: recipientId(record.email),
    at: formatInstant(record.created * 1_000),
    state: STATES[record.list],
  })) as unknown as Schema<JsonObject>;

/** An event of the Event Webhook about somebody. */
export const eventRecord = z
  .looseObject({
    email,
    timestamp: epochSeconds,
    event: z.string(),
    sg_event_id: z.string().min(1).max(200),
    type: z.string().nullish(),
    asm_group_id: z.coerce.string().nullish(),
    category: z.union([z.string(), z.array(z.string())]).nullish(),
  })
  .transform((record) => {
    const { event, type, asm_group_id: group } = record;
    const word = Object.hasOwn(groupWords, event) ? groupWords[event] : undefined;
    return {
      ...record,
      id: recipientId(record.email),
      at: formatInstant(record.timestamp * 1_000),
      state: stateOf(event, type) ?? null,
      groups: word === undefined || group === undefined || group === null ? {} : { [group]: word },
    };
  }) as unknown as Schema<JsonObject>;

const groupWords: Readonly<Record<string, string>> = {
  group_unsubscribe: 'unsubscribed',
  group_resubscribe: 'resubscribed',
};

/** A bounce that is `blocked` passes: the address is tried again. */
function stateOf(event: string, type: string | null | undefined): State | undefined {
  if (event === 'unsubscribe') return 'unsubscribed';
  if (event === 'spamreport') return 'spam_complaint';
  return event === 'bounce' && type !== 'blocked' ? 'hard_bounce' : undefined;
}

const state = { topic: 'email', from: 'state', address: 'email', granted: [] } as const;

/** How somebody stands, as a list of suppressions or an event says it. */
export const recipientMapping: Mapping = {
  version: 1,
  object: RECIPIENT,
  subject: 'person',
  id: ['id'],
  at: ['at'],
  identifiers: [{ type: 'email', from: 'email' }],
  consent: [
    { ...state, denied: ['unsubscribed'], by: 'person', source: 'SendGrid global unsubscribe' },
    { ...state, denied: ['spam_complaint'], by: 'person', source: 'SendGrid spam report' },
    { ...state, denied: ['hard_bounce'], by: 'company', source: 'SendGrid bounce' },
  ],
  traits: { 'sendgrid.email_status': { from: 'state', as: 'string' } },
};

/** The same with consent to what the connection's unsubscribe groups are for. */
export function withGroups(mapping: Mapping, { groups }: Config): Mapping {
  const rules = Object.entries(groups).map(
    ([group, topic]): ConsentRule => ({
      topic,
      from: `groups.${group}`,
      address: 'email',
      granted: ['resubscribed'],
      denied: ['unsubscribed'],
      by: 'person',
      source: `SendGrid unsubscribe group ${group}`,
    }),
  );
  return { ...mapping, consent: [...(mapping.consent ?? []), ...rules] };
}

/** What somebody, or their mail server, did with a mail. */
export const eventMapping: Mapping = {
  version: 1,
  object: RECIPIENT,
  subject: 'person',
  id: ['id'],
  at: ['at'],
  identifiers: [{ type: 'email', from: 'email' }],
  activity: {
    id: ['sg_event_id'],
    name: {
      from: 'event',
      names: {
        delivered: 'Email Delivered',
        open: 'Email Opened',
        click: 'Email Link Clicked',
        bounce: 'Email Bounced',
        dropped: 'Email Dropped',
        spamreport: 'Email Marked as Spam',
        unsubscribe: 'Email Unsubscribed',
        group_unsubscribe: 'Email Group Unsubscribed',
        group_resubscribe: 'Email Group Resubscribed',
      },
    },
    properties: {
      message_id: { from: 'sg_message_id', as: 'string' },
      url: { from: 'url', as: 'string' },
      category: { from: 'category' },
      campaign_id: { from: 'singlesend_id', as: 'string' },
      campaign_name: { from: 'singlesend_name', as: 'string' },
      group_id: { from: 'asm_group_id', as: 'string' },
      bounce_type: { from: 'type', as: 'string' },
      status: { from: 'status', as: 'string' },
      machine_open: { from: 'sg_machine_open', as: 'boolean' },
    },
  },
};
