import { defineConnector } from '../define.ts';
import { audiences } from './audiences.ts';
import type { HubspotApi } from './client.ts';
import { companies } from './companies.stream.ts';
import { type Config, config, type Secret, secret } from './config.ts';
import { contactMapping, contacts } from './contacts.stream.ts';
import { withTraits } from './custom-fields.ts';
import { deals } from './deals.stream.ts';
import { echoes } from './echoes.ts';
import { emailEvents } from './email-events.stream.ts';
import { engagements } from './engagements.stream.ts';
import { erasure } from './erasure.ts';
import { fieldValues } from './field-values.ts';
import { formSubmissions } from './form-submissions.stream.ts';
import { manifest } from './manifest.ts';
import { traits } from './traits.ts';
import { webhook } from './webhook.ts';

export const hubspot = defineConnector<Config, Secret, HubspotApi>({
  manifest,
  config,
  secret,
  async connect(connection, io) {
    // Loaded on first use: functions that only verify a webhook or read the registry never pay for the vendor's client.
    const { openHubspot } = await import('./client.ts');
    return openHubspot(connection, io);
  },
  async check(api) {
    const { portalId } = await api.account();
    return { account: `account ${portalId}` };
  },
  mappingsOf: (settings) => [withTraits(contactMapping, 'contacts', settings)],
  streams: [companies, contacts, deals, emailEvents, engagements, formSubmissions],
  traits,
  webhook,
  audiences,
  fieldValues,
  erasure,
  echoes,
});
