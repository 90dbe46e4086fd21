import { defineConnector } from '../define.ts';
import type { GoogleAnalyticsApi } from './client.ts';
import { type Config, config, type Secret, secret } from './config.ts';
import { manifest } from './manifest.ts';
import { mappingOf, openExport } from './mapping.ts';
import { reports } from './reports.stream.ts';

export const googleAnalytics = defineConnector<Config, Secret, GoogleAnalyticsApi>({
  manifest,
  config,
  secret,
  async connect(connection, io) {
    const { openGoogleAnalytics } = await import('./client.ts');
    return openGoogleAnalytics(connection, io);
  },
  async check(api) {
    const { property } = api.config;
    if (property === undefined) return { account: 'no property: rows of the export are sent to us' };
    const today = { from: 'today', to: 'today' };
    await api.runReport({ dimensions: [], metrics: ['sessions'] }, today, { offset: 0, limit: 1 });
    return { account: `property ${property}` };
  },
  streams: [reports],
  refusesStream: (_stream, { property }) =>
    property === undefined ? '`property`, the number of the GA4 property' : undefined,
  mappingsOf: (settings) => [mappingOf(settings, 'client')],
  imports: { stream: 'events', open: (settings) => openExport(settings as Config) },
});
