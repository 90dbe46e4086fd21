import { defineConnector } from '../define.ts';
import { type Config, config, secret } from './config.ts';
import { manifest } from './manifest.ts';
import { mappingOf, openExport } from './mapping.ts';

/** Rows of the export: there is no tool to ask. */
export const googleAnalytics = defineConnector<Config, Record<string, never>, undefined>({
  manifest,
  config,
  secret,
  connect: async () => undefined,
  check: async () => ({ account: 'no account: rows of the export are sent to us' }),
  streams: [],
  mappingsOf: (settings) => [mappingOf(settings, 'client')],
  imports: { stream: 'events', open: (settings) => openExport(settings as Config) },
});
