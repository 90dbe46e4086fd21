import { defineConnector } from '../define.ts';
import { audiences } from './audiences.ts';
import type { GoogleAdsApi } from './client.ts';
import { type Config, config, type Secret, secret } from './config.ts';
import { manifest } from './manifest.ts';

export const googleAds = defineConnector<Config, Secret, GoogleAdsApi>({
  manifest,
  config,
  secret,
  async connect(connection, io) {
    const { openGoogleAds } = await import('./client.ts');
    return openGoogleAds(connection, io);
  },
  async check(api) {
    await api.look();
    return { account: `customer ${api.config.customer_id}` };
  },
  streams: [],
  audiences,
});
