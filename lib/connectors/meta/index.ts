import { defineConnector } from '../define.ts';
import { audiences } from './audiences.ts';
import type { MetaApi } from './client.ts';
import { comments } from './comments.stream.ts';
import { type Config, config, type Secret, secret } from './config.ts';
import { erasure } from './erasure.ts';
import { insights } from './insights.stream.ts';
import { leadMappingOf } from './lead.ts';
import { leads } from './leads.stream.ts';
import { manifest } from './manifest.ts';
import { webhook } from './webhook.ts';

export const meta = defineConnector<Config, Secret, MetaApi>({
  manifest,
  config,
  secret,
  async connect(connection, io) {
    const { openMeta } = await import('./client.ts');
    return openMeta(connection, io);
  },
  async check(api) {
    const { id } = await api.account();
    return { account: `user ${id}` };
  },
  streams: [comments, insights, leads],
  mappingsOf: (given) => [leadMappingOf(given)],
  webhook,
  audiences,
  erasure,
});
