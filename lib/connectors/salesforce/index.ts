import { defineConnector } from '../define.ts';
import { accounts } from './accounts.stream.ts';
import { activities } from './activities.stream.ts';
import { audiences } from './audiences.ts';
import type { SalesforceApi } from './client.ts';
import { type SalesforceConfig, type SalesforceSecret, salesforceConfig, salesforceSecret } from './config.ts';
import { contacts } from './contacts.stream.ts';
import { echoes } from './echoes.ts';
import { erasure } from './erasure.ts';
import { events } from './events.ts';
import { fieldValues } from './field-values.ts';
import { leads } from './leads.stream.ts';
import { manifest } from './manifest.ts';
import { opportunities } from './opportunities.stream.ts';
import { webhook } from './webhook.ts';

export const salesforce = defineConnector<SalesforceConfig, SalesforceSecret, SalesforceApi>({
  manifest,
  config: salesforceConfig,
  secret: salesforceSecret,
  connect: async (connection, io) => {
    // Loaded here, so that a function that only checks a webhook never loads jsforce.
    const { openSalesforce } = await import('./client.ts');
    return openSalesforce(connection, io);
  },
  check: async (api) => {
    await api.get('/limits');
    return { account: api.signedInAs() };
  },
  streams: [accounts, activities, contacts, leads, opportunities],
  webhook,
  events,
  audiences,
  fieldValues,
  erasure,
  echoes,
});
