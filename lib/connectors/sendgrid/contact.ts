import * as z from 'zod';
import { parseInstant } from '../../domain/instant.ts';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import type { Mapping, Rule } from '../../domain/mapping.ts';
import type { Schema } from '../contract.ts';
import type { Config } from './config.ts';

export const contactId = z.string().regex(/^[0-9A-Za-z-]{1,64}$/, 'expected the id of a contact');

/** Fields of SendGrid's own that are read; what an export leaves out of the newer ones, ids, is not known to be empty. */
const RESERVED = [
  'email',
  'first_name',
  'last_name',
  'phone_number',
  'address_line_1',
  'city',
  'state_province_region',
  'postal_code',
  'country',
];

/**
 * A contact as a search or an export tells it. Exports call the id `contact_id` and leave out what is empty
 * (sendgrid-csharp#1024); only null says that a value is gone, so every field that is read is there.
 */
export const contactRecord = z
  .looseObject({
    id: contactId.optional(),
    contact_id: contactId.optional(),
    updated_at: z.string().refine((at) => parseInstant(at) !== undefined, 'expected an instant'),
    custom_fields: z.record(z.string(), z.json()).nullish(),
  })
  .transform((record, context) => {
    const id = record.id ?? record.contact_id;
    if (id === undefined) {
      context.addIssue({ code: 'custom', path: ['id'], message: 'expected the id of a contact' });
      return z.NEVER;
    }
    const empty = Object.fromEntries(RESERVED.map((name) => [name, null]));
    return { ...empty, ...record, id, custom_fields: record.custom_fields ?? {} };
  }) as unknown as Schema<JsonObject>;

/** No consent: a contact says nothing of it, the lists of suppressions do. */
export const contactMapping: Mapping = {
  version: 1,
  object: 'contact',
  subject: 'person',
  id: ['id'],
  at: ['updated_at'],
  identifiers: [
    { type: 'sendgrid.contact_id', from: 'id' },
    { type: 'email', from: 'email' },
    // The number that SendGrid itself knows a contact by; `phone_number` is a field that anybody may fill.
    { type: 'phone', from: 'phone_number_id' },
  ],
  traits: {
    email: { from: 'email', as: 'string' },
    first_name: { from: 'first_name', as: 'string' },
    last_name: { from: 'last_name', as: 'string' },
    phone: { from: 'phone_number', as: 'string' },
    'address.street': { from: 'address_line_1', as: 'string' },
    'address.city': { from: 'city', as: 'string' },
    'address.region': { from: 'state_province_region', as: 'string' },
    'address.postal_code': { from: 'postal_code', as: 'string' },
    'address.country': { from: 'country', as: 'string' },
    created_at: { from: 'created_at', as: 'instant' },
    'sendgrid.external_id': { from: 'external_id', as: 'string' },
  },
};

/** The contact mapping with what the connection says: traits of its own fields, and what `external_id` identifies. */
export function withOwnFields(mapping: Mapping, { fields, external_id }: Config): Mapping {
  const traits: Record<string, Rule> = { ...mapping.traits };
  for (const [trait, name] of Object.entries(fields)) traits[trait] = { from: `custom_fields.${name}` };
  const own = external_id === undefined ? [] : [{ type: external_id, from: 'external_id' }];
  return { ...mapping, traits, identifiers: [...(mapping.identifiers ?? []), ...own] };
}

/** A field of the account's own that a contact does not have is left out of it, so those that the connection names are always there. */
export function withEveryField(record: unknown, { fields }: Config): unknown {
  if (!isJsonObject(record)) return record;
  const given = record.custom_fields ?? {};
  if (!isJsonObject(given)) return record;
  const empty = Object.fromEntries(Object.values(fields).map((name) => [name, null]));
  return { ...record, custom_fields: { ...empty, ...given } };
}
