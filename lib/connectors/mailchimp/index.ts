import { defineConnector } from '../define.ts';
import { activity } from './activity.stream.ts';
import { audiences } from './audiences.ts';
import { campaigns } from './campaigns.stream.ts';
import type { MailchimpClient } from './client.ts';
import { type Config, config, type Secret, secret } from './config.ts';
import { echoes } from './echoes.ts';
import { erasure } from './erasure.ts';
import { fieldValues } from './field-values.ts';
import { manifest } from './manifest.ts';
import { members } from './members.stream.ts';
import { surveys } from './surveys.stream.ts';
import { traits } from './traits.ts';
import { webhook } from './webhook.ts';

export const mailchimp = defineConnector<Config, Secret, MailchimpClient>({
  manifest,
  config,
  secret,
  async connect(connection, io) {
    // Loaded on first use: functions that only verify a webhook or read the registry never pay for the vendor's client.
    const { openMailchimp } = await import('./client.ts');
    return openMailchimp(connection, io);
  },
  async check(api) {
    const { name } = await api.getList();
    return { account: `list ${name} in ${api.dataCentre}` };
  },
  streams: [members, activity, campaigns, surveys],
  traits,
  webhook,
  audiences,
  fieldValues,
  erasure,
  echoes,
});
