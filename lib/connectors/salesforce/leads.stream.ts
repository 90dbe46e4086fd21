import { peopleStream } from './people.ts';

export const leads = peopleStream({
  name: 'leads',
  object: 'Lead',
  ids: [
    { type: 'salesforce.lead_id', from: 'Id' },
    // A converted lead says which contact it became: the same person.
    { type: 'salesforce.contact_id', from: 'ConvertedContactId' },
  ],
  account: 'ConvertedAccountId',
  address: '',
  traits: {
    lead_source: { from: 'LeadSource', as: 'string' },
    lead_status: { from: 'Status', as: 'string' },
    'company.name': { from: 'Company', as: 'string' },
    'company.industry': { from: 'Industry', as: 'string' },
    'company.employees': { from: 'NumberOfEmployees', as: 'number' },
    'company.annual_revenue': { from: 'AnnualRevenue', as: 'number' },
    'company.website': { from: 'Website', as: 'string' },
  },
  also: ['MasterRecordId', 'IsConverted', 'CreatedDate'],
});
