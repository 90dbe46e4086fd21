import { defineConnector } from '../define.ts';
import { audiences } from './audiences.ts';
import type { SendgridApi } from './client.ts';
import { type Config, config, type Secret, secret } from './config.ts';
import { contacts } from './contacts.stream.ts';
import { erasure } from './erasure.ts';
import { manifest } from './manifest.ts';
import { eventMapping, recipientMapping, withGroups } from './recipient.ts';
import { suppressions } from './suppressions.stream.ts';
import { traits } from './traits.ts';
import { webhook } from './webhook.ts';

export const sendgrid = defineConnector<Config, Secret, SendgridApi>({
  manifest,
  config,
  secret,
  async connect(connection, io) {
    const { openSendgrid } = await import('./client.ts');
    return openSendgrid(connection, io);
  },
  async check(api) {
    const { contacts: count } = await api.countContacts();
    return { account: `account with ${count} contacts` };
  },
  streams: [contacts, suppressions],
  // What the webhook tells is in no stream.
  mappingsOf: (settings) => [eventMapping, withGroups(recipientMapping, settings)],
  traits,
  webhook,
  audiences,
  erasure,
});
