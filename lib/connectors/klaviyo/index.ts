import { defineConnector } from '../define.ts';
import { audiences } from './audiences.ts';
import type { KlaviyoApi } from './client.ts';
import { type Config, config, type Secret, secret } from './config.ts';
import { echoes } from './echoes.ts';
import { erasure } from './erasure.ts';
import { events } from './events.stream.ts';
import { fieldValues } from './field-values.ts';
import { listJoins } from './list-joins.stream.ts';
import { manifest } from './manifest.ts';
import { profiles } from './profiles.stream.ts';
import { traits } from './traits.ts';
import { webhook } from './webhook.ts';

export const klaviyo = defineConnector<Config, Secret, KlaviyoApi>({
  manifest,
  config,
  secret,
  async connect(connection, io) {
    const { openKlaviyo } = await import('./client.ts');
    return openKlaviyo(connection, io);
  },
  async check(api) {
    const { id } = await api.account();
    return { account: `account ${id}` };
  },
  streams: [events, listJoins, profiles],
  traits,
  webhook,
  audiences,
  fieldValues,
  erasure,
  echoes,
});
