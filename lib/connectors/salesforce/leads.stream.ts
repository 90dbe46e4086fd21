import type { Mapping } from '../../domain/mapping.ts';
import { objectStream } from './object-stream.ts';
import { optedOut, personRecord, personTraits } from './record.ts';
import { always } from './source.ts';

export const leadMapping: Mapping = {
  version: 1,
  object: 'lead',
  subject: 'person',
  id: ['Id'],
  at: ['SystemModstamp'],
  gone: { from: 'IsDeleted', is: [true] },
  identifiers: [
    { type: 'salesforce.lead_id', from: 'Id' },
    // A converted lead says which contact it became: the same person.
    { type: 'salesforce.contact_id', from: 'ConvertedContactId' },
    { type: 'email', from: 'Email' },
    { type: 'phone', from: 'MobilePhone' },
  ],
  account: { from: 'ConvertedAccountId', object: 'account' },
  consent: optedOut,
  traits: {
    ...personTraits,
    lead_source: { from: 'LeadSource', as: 'string' },
    lead_status: { from: 'Status', as: 'string' },
    'company.name': { from: 'Company', as: 'string' },
    'company.industry': { from: 'Industry', as: 'string' },
    'company.employees': { from: 'NumberOfEmployees', as: 'number' },
    'company.annual_revenue': { from: 'AnnualRevenue', as: 'number' },
    'company.website': { from: 'Website', as: 'string' },
    'address.street': { from: 'Street', as: 'string' },
    'address.city': { from: 'City', as: 'string' },
    'address.region': { from: 'State', as: 'string' },
    'address.postal_code': { from: 'PostalCode', as: 'string' },
    'address.country': { from: 'Country', as: 'string' },
  },
};

export const leads = objectStream({
  name: 'leads',
  record: personRecord,
  sources: [
    {
      object: 'Lead',
      fields: [
        'IsDeleted',
        'MasterRecordId',
        'IsConverted',
        'ConvertedContactId',
        'ConvertedAccountId',
        'FirstName',
        'LastName',
        'Email',
        'Phone',
        'MobilePhone',
        'Title',
        'LeadSource',
        'Status',
        'Company',
        'Industry',
        'NumberOfEmployees',
        'AnnualRevenue',
        'Website',
        'HasOptedOutOfEmail',
        'Street',
        'City',
        'State',
        'PostalCode',
        'Country',
        'CreatedDate',
      ],
      mappingsOf: always('lead'),
    },
  ],
  mappings: { lead: leadMapping },
  gone: (connection, id, at) => ({ kind: 'gone', fragment: `${connection}:lead:${id}`, at }),
});
