import { isJsonObject } from '../../domain/json.ts';
import type { Mapping } from '../../domain/mapping.ts';
import { associatedWith, idOf, idsOf } from './associated.ts';
import type { HubspotApi } from './client.ts';
import { optOutOf } from './custom-fields.ts';
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

/** The properties that the mapping reads. */
export const contactProperties: readonly string[] = propertiesOf(contactMapping);

export const contacts = objectStream({
  name: 'contacts',
  record: objectRecord,
  sources: [
    {
      object: 'contacts',
      changed: 'lastmodifieddate',
      properties: contactProperties,
      deletions: true,
      dress: withCompany,
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

/** Every property of HubSpot that a mapping names. */
export function propertiesOf(mapping: Mapping): string[] {
  const paths = [
    ...mapping.at,
    ...(mapping.identifiers ?? []).map(({ from }) => from),
    ...Object.values(mapping.traits ?? {}).flatMap((rule) => ('from' in rule ? [rule.from] : [])),
    ...(mapping.consent ?? []).map(({ from }) => from),
  ];
  const start = 'properties.';
  return [...new Set(paths.filter((path) => path.startsWith(start)).map((path) => path.slice(start.length)))];
}
