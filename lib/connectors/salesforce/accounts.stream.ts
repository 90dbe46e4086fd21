import { type Mapping, pathsRead } from '../../domain/mapping.ts';
import { objectStream } from './object-stream.ts';
import { accountRecord } from './record.ts';
import { always } from './source.ts';

const accountMapping: Mapping = {
  version: 1,
  object: 'account',
  subject: 'account',
  id: ['Id'],
  at: ['SystemModstamp'],
  gone: { from: 'IsDeleted', is: [true] },
  traits: {
    'company.name': { from: 'Name', as: 'string' },
    'company.type': { from: 'Type', as: 'string' },
    'company.industry': { from: 'Industry', as: 'string' },
    'company.employees': { from: 'NumberOfEmployees', as: 'number' },
    'company.annual_revenue': { from: 'AnnualRevenue', as: 'number' },
    'company.website': { from: 'Website', as: 'string' },
    'company.phone': { from: 'Phone', as: 'string' },
    'company.address.street': { from: 'BillingStreet', as: 'string' },
    'company.address.city': { from: 'BillingCity', as: 'string' },
    'company.address.region': { from: 'BillingState', as: 'string' },
    'company.address.postal_code': { from: 'BillingPostalCode', as: 'string' },
    'company.address.country': { from: 'BillingCountry', as: 'string' },
  },
};

export const accounts = objectStream({
  name: 'accounts',
  record: accountRecord,
  sources: [
    {
      object: 'Account',
      fields: [...pathsRead(accountMapping), 'MasterRecordId', 'CreatedDate'],
      mappingsOf: always('account'),
    },
  ],
  mappings: { account: accountMapping },
  gone: (connection, id, at) => ({ kind: 'account', account: `${connection}:account:${id}`, at, gone: true }),
});
