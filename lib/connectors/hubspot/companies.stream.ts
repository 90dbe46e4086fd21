import type { Mapping } from '../../domain/mapping.ts';
import { propertiesOf } from './contacts.stream.ts';
import { objectStream } from './object-stream.ts';
import { objectRecord } from './record.ts';

export const companyMapping: Mapping = {
  version: 1,
  object: 'account',
  subject: 'account',
  id: ['id'],
  at: ['archivedAt', 'properties.hs_lastmodifieddate'],
  gone: { from: 'archived', is: [true] },
  traits: {
    'company.name': { from: 'properties.name', as: 'string' },
    'company.type': { from: 'properties.type', as: 'string' },
    'company.industry': { from: 'properties.industry', as: 'string' },
    'company.employees': { from: 'properties.numberofemployees', as: 'number' },
    'company.annual_revenue': { from: 'properties.annualrevenue', as: 'number' },
    'company.website': { from: 'properties.website', as: 'string' },
    'company.phone': { from: 'properties.phone', as: 'string' },
    'company.address.street': { from: 'properties.address', as: 'string' },
    'company.address.city': { from: 'properties.city', as: 'string' },
    'company.address.region': { from: 'properties.state', as: 'string' },
    'company.address.postal_code': { from: 'properties.zip', as: 'string' },
    'company.address.country': { from: 'properties.country', as: 'string' },
  },
};

export const companies = objectStream({
  name: 'companies',
  record: objectRecord,
  sources: [
    {
      object: 'companies',
      changed: 'hs_lastmodifieddate',
      properties: propertiesOf(companyMapping),
      deletions: true,
      dress: async (_api, found) => found,
    },
  ],
  mapping: companyMapping,
  reread: {
    gone: (connection, id, at) => [{ kind: 'account', account: `${connection}:account:${id}`, at, gone: true }],
  },
});
