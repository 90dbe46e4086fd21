import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import { type Mapping, pathsRead } from '../../domain/mapping.ts';
import { associatedWith, idOf, idsOf } from './associated.ts';
import type { HubspotApi } from './client.ts';
import { optOutOf } from './custom-fields.ts';
import { BATCH } from './manifest.ts';
import { objectStream } from './object-stream.ts';
import { objectRecord } from './record.ts';

export const contactMapping: Mapping = {
  version: 1,
  object: 'contact',
  subject: 'person',
  id: ['id'],
  at: ['archivedAt', 'properties.lastmodifieddate'],
  gone: { from: 'archived', is: [true] },
  identifiers: [
    { type: 'hubspot.contact_id', from: 'id' },
    { type: 'email', from: 'properties.email' },
    // `phone` is often a switchboard that a whole company shares; only the mobile number tells who somebody is.
    { type: 'phone', from: 'properties.mobilephone' },
  ],
  account: { from: 'company', object: 'account' },
  consent: [optOutOf('email', 'hs_email_optout')],
  traits: {
    first_name: { from: 'properties.firstname', as: 'string' },
    last_name: { from: 'properties.lastname', as: 'string' },
    email: { from: 'properties.email', as: 'string' },
    // The trait that the phone identifier follows: emptied, it takes the identifier with it.
    phone: { from: 'properties.mobilephone', as: 'string' },
    work_phone: { from: 'properties.phone', as: 'string' },
    title: { from: 'properties.jobtitle', as: 'string' },
    website: { from: 'properties.website', as: 'string' },
    language: { from: 'properties.hs_language', as: 'string' },
    'address.street': { from: 'properties.address', as: 'string' },
    'address.city': { from: 'properties.city', as: 'string' },
    'address.region': { from: 'properties.state', as: 'string' },
    'address.postal_code': { from: 'properties.zip', as: 'string' },
    'address.country': { from: 'properties.country', as: 'string' },
    'company.name': { from: 'properties.company', as: 'string' },
    created_at: { from: 'properties.createdate', as: 'instant' },
    lifecycle_stage: { from: 'properties.lifecyclestage', as: 'string' },
    lead_status: { from: 'properties.hs_lead_status', as: 'string' },
    lead_source: { from: 'properties.hs_analytics_source', as: 'string' },
    'hubspot.owner_id': { from: 'properties.hubspot_owner_id', as: 'string' },
  },
};

export const contacts = objectStream({
  name: 'contacts',
  record: objectRecord,
  sources: [
    {
      object: 'contacts',
      changed: 'lastmodifieddate',
      properties: propertiesOf(contactMapping),
      deletions: true,
      dress: async (api, found) => withSubscriptions(api, await withCompany(api, found)),
    },
  ],
  mapping: contactMapping,
  reread: { gone: (connection, id, at) => [{ kind: 'gone', fragment: `${connection}:contact:${id}`, at }] },
});

/** Contacts with the company they belong to: the primary one, else the one that has been there longest. */
async function withCompany(api: HubspotApi, found: readonly unknown[]): Promise<readonly unknown[]> {
  const companies = await associatedWith(api, 'contacts', 'companies', idsOf(found));
  return found.map((record) => {
    const own = companies.get(idOf(record) ?? '') ?? [];
    const company = own.find(({ primary }) => primary) ?? own[0];
    return isJsonObject(record) ? { ...record, company: company?.id ?? null } : record;
  });
}

/** Contacts with how they stand to the subscriptions that the connection names; nothing is asked where it names none. */
async function withSubscriptions(api: HubspotApi, found: readonly unknown[]): Promise<readonly unknown[]> {
  const wanted = new Set(Object.values(api.config.subscriptions).map(String));
  const addresses = [...new Set(found.map(emailOf).filter((address) => address !== undefined))];
  if (wanted.size === 0) return found;
  const known = new Map<string, JsonObject>();
  for (let start = 0; start < addresses.length; start += BATCH) {
    const { results } = await api.readSubscriptions(addresses.slice(start, start + BATCH));
    for (const { subscriberIdString, statuses } of results) {
      const own = statuses.filter(({ subscriptionId }) => wanted.has(subscriptionId));
      const told = own.map(({ subscriptionId, status, timestamp }) => [subscriptionId, { status, timestamp }] as const);
      known.set(subscriberIdString.toLowerCase(), Object.fromEntries(told));
    }
  }
  return found.map((record) => {
    const subscriptions = known.get(emailOf(record) ?? '') ?? {};
    return isJsonObject(record) ? { ...record, subscriptions } : record;
  });
}

function emailOf(record: unknown): string | undefined {
  const properties = isJsonObject(record) ? record.properties : undefined;
  const email = isJsonObject(properties) ? properties.email : undefined;
  return typeof email === 'string' && email !== '' ? email.toLowerCase() : undefined;
}

/** The properties of HubSpot that a mapping reads. */
export function propertiesOf(mapping: Mapping): readonly string[] {
  const start = 'properties.';
  return pathsRead(mapping).flatMap((path) => (path.startsWith(start) ? [path.slice(start.length)] : []));
}
