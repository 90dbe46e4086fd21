import { defineConnector } from '../define.ts';
import type { FormsApi } from './client.ts';
import { type Config, config, missingForBackfill, type Secret, secret } from './config.ts';
import { manifest } from './manifest.ts';
import { responseMapping } from './map-response.ts';
import { responses } from './responses.stream.ts';
import { webhook } from './webhook.ts';

export const forms = defineConnector<Config, Secret, FormsApi>({
  manifest,
  config,
  secret,
  async connect(connection, io) {
    const { openForms } = await import('./client.ts');
    return openForms(connection, io);
  },
  async check(api) {
    // Whoever only receives has nobody to ask: the proof is in each delivery.
    if (!api.asks) return { account: 'none: deliveries are received, nothing is asked' };
    await api.listResponses({ pageSize: 1 });
    return { account: `form ${api.config.form}` };
  },
  streams: [responses],
  refusesStream: (_stream, config) => missingForBackfill(config),
  mappingsOf: (given) => responseMapping(given).mappings,
  webhook,
});
