import { peopleStream } from './people.ts';

export const contacts = peopleStream({
  name: 'contacts',
  object: 'Contact',
  ids: [{ type: 'salesforce.contact_id', from: 'Id' }],
  account: 'AccountId',
  address: 'Mailing',
  traits: {
    department: { from: 'Department', as: 'string' },
    lead_source: { from: 'LeadSource', as: 'string' },
  },
  also: ['MasterRecordId', 'CreatedDate'],
});
