import { defineConnector } from '../define.ts';
import { audiences } from './audiences.ts';
import type { EndpointApi } from './client.ts';
import { type Config, config, type Secret, secret } from './config.ts';
import { manifest } from './manifest.ts';

export const webhook = defineConnector<Config, Secret, EndpointApi>({
  manifest,
  config,
  secret,
  async connect(connection, io) {
    const { openEndpoint } = await import('./client.ts');
    return openEndpoint(connection, io);
  },
  async check(api) {
    await api.send('check', { type: 'connection.check' });
    return { account: `endpoint at ${api.host}` };
  },
  streams: [],
  audiences,
});
