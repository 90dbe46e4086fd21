import { defineConnector } from '../define.ts';
import { audiences } from './audiences.ts';
import type { LinkedinApi } from './client.ts';
import { type Config, config, type Secret, secret } from './config.ts';
import { leadMappingOf } from './lead.ts';
import { leads } from './leads.stream.ts';
import { manifest } from './manifest.ts';
import { socialActions } from './social-actions.stream.ts';
import { webhook } from './webhook.ts';

export const linkedin = defineConnector<Config, Secret, LinkedinApi>({
  manifest,
  config,
  secret,
  async connect(connection, io) {
    const { openLinkedin } = await import('./client.ts');
    return openLinkedin(connection, io);
  },
  async check(api) {
    return { account: await api.account() };
  },
  streams: [leads, socialActions],
  mappingsOf: (given) => [leadMappingOf(given)],
  webhook,
  audiences,
});
