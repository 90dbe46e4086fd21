import type { Mapping } from '../../domain/mapping.ts';
import { objectStream } from './object-stream.ts';
import { optedOut, personRecord, personTraits } from './record.ts';
import { always } from './source.ts';

export const contactMapping: Mapping = {
  version: 1,
  object: 'contact',
  subject: 'person',
  id: ['Id'],
  at: ['SystemModstamp'],
  gone: { from: 'IsDeleted', is: [true] },
  identifiers: [
    { type: 'salesforce.contact_id', from: 'Id' },
    { type: 'email', from: 'Email' },
    // Phone is often a switchboard that a whole company shares; only the mobile number tells who somebody is.
    { type: 'phone', from: 'MobilePhone' },
  ],
  account: { from: 'AccountId', object: 'account' },
  consent: optedOut,
  traits: {
    ...personTraits,
    department: { from: 'Department', as: 'string' },
    lead_source: { from: 'LeadSource', as: 'string' },
    'address.street': { from: 'MailingStreet', as: 'string' },
    'address.city': { from: 'MailingCity', as: 'string' },
    'address.region': { from: 'MailingState', as: 'string' },
    'address.postal_code': { from: 'MailingPostalCode', as: 'string' },
    'address.country': { from: 'MailingCountry', as: 'string' },
  },
};

export const contacts = objectStream({
  name: 'contacts',
  record: personRecord,
  sources: [
    {
      object: 'Contact',
      // MailingAddress would hold it all, but the bulk API refuses compound fields.
      fields: [
        'IsDeleted',
        'MasterRecordId',
        'AccountId',
        'FirstName',
        'LastName',
        'Email',
        'Phone',
        'MobilePhone',
        'Title',
        'Department',
        'LeadSource',
        'HasOptedOutOfEmail',
        'MailingStreet',
        'MailingCity',
        'MailingState',
        'MailingPostalCode',
        'MailingCountry',
        'CreatedDate',
      ],
      mappingsOf: always('contact'),
    },
  ],
  mappings: { contact: contactMapping },
  gone: (connection, id, at) => ({ kind: 'gone', fragment: `${connection}:contact:${id}`, at }),
});
