import * as z from 'zod';
import { formatInstant, parseInstant } from '../../domain/instant.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Mapping } from '../../domain/mapping.ts';
import type { Schema } from '../contract.ts';
import { emailStand, instantsOf, smsStand, subscriptions } from './consent.ts';

export const profileId = z.string().regex(/^[0-9A-Za-z_-]{1,64}$/, 'expected the id of a profile');

/**
 * A profile as Klaviyo tells it, with `email` and `sms`: how it stands to each; and `changed`: when anything of it changed
 * last, consent included, of which Klaviyo does not say that it moves `updated`.
 */
export const profileRecord = z
  .looseObject({
    id: profileId,
    attributes: z.looseObject({
      updated: z.string().refine((at) => parseInstant(at) !== undefined, 'expected an instant'),
      properties: z.record(z.string(), z.json()).nullish(),
      // Without it an opt-out would look like nothing having been said.
      subscriptions,
    }),
  })
  .transform((record) => {
    const { updated, subscriptions: to } = record.attributes;
    const instants = [updated, ...instantsOf(to)].map(parseInstant).filter((one) => one !== undefined);
    return { ...record, email: emailStand(to), sms: smsStand(to), changed: formatInstant(Math.max(...instants)) };
  }) as unknown as Schema<JsonObject>;

const email = { topic: 'email', from: 'email.state', address: 'attributes.email', at: 'email.at' } as const;
const sms = { topic: 'sms', from: 'sms.state', address: 'attributes.phone_number', at: 'sms.at' } as const;

export const profileMapping: Mapping = {
  version: 1,
  object: 'profile',
  subject: 'person',
  id: ['id'],
  at: ['changed'],
  identifiers: [
    { type: 'klaviyo.profile_id', from: 'id' },
    { type: 'email', from: 'attributes.email' },
    { type: 'phone', from: 'attributes.phone_number' },
  ],
  consent: [
    // Only a confirmed address is the person's own word; any other "yes" may have been imported or sent by an API.
    { ...email, granted: ['confirmed'], denied: [], by: 'person', source: 'Klaviyo, double opt-in' },
    { ...email, granted: ['subscribed'], denied: [], by: 'company', source: 'Klaviyo e-mail consent' },
    {
      ...email,
      granted: [],
      denied: ['unsubscribed', 'spam_complaint'],
      by: 'person',
      source: 'Klaviyo e-mail consent',
    },
    {
      ...email,
      granted: [],
      denied: ['hard_bounce', 'invalid_email', 'user_suppressed', 'suppressed'],
      by: 'company',
      source: 'Klaviyo suppression',
    },
    { ...sms, granted: ['subscribed'], denied: [], by: 'company', source: 'Klaviyo SMS consent' },
    { ...sms, granted: [], denied: ['unsubscribed'], by: 'person', source: 'Klaviyo SMS consent' },
  ],
  traits: {
    email: { from: 'attributes.email', as: 'string' },
    phone: { from: 'attributes.phone_number', as: 'string' },
    first_name: { from: 'attributes.first_name', as: 'string' },
    last_name: { from: 'attributes.last_name', as: 'string' },
    title: { from: 'attributes.title', as: 'string' },
    language: { from: 'attributes.locale', as: 'string' },
    'company.name': { from: 'attributes.organization', as: 'string' },
    'address.street': { from: 'attributes.location.address1', as: 'string' },
    'address.city': { from: 'attributes.location.city', as: 'string' },
    'address.region': { from: 'attributes.location.region', as: 'string' },
    'address.postal_code': { from: 'attributes.location.zip', as: 'string' },
    'address.country': { from: 'attributes.location.country', as: 'string' },
    'location.timezone': { from: 'attributes.location.timezone', as: 'string' },
    created_at: { from: 'attributes.created', as: 'instant' },
    'klaviyo.external_id': { from: 'attributes.external_id', as: 'string' },
    'klaviyo.email_status': { from: 'email.state', as: 'string' },
    'klaviyo.sms_status': { from: 'sms.state', as: 'string' },
    'klaviyo.last_event_at': { from: 'attributes.last_event_date', as: 'instant' },
  },
};
