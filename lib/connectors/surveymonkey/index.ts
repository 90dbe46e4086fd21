import { defineConnector } from '../define.ts';
import { openResponses } from '../response-mapping.ts';
import type { SurveymonkeyApi } from './client.ts';
import { type Config, config, type Secret, secret } from './config.ts';
import { manifest } from './manifest.ts';
import { responses, shape } from './responses.stream.ts';
import { webhook } from './webhook.ts';

export const surveymonkey = defineConnector<Config, Secret, SurveymonkeyApi>({
  manifest,
  config,
  secret,
  async connect(connection, io) {
    const { openSurveymonkey } = await import('./client.ts');
    return openSurveymonkey(connection, io);
  },
  async check(api) {
    const { id } = await api.survey();
    return { account: `survey ${id}` };
  },
  streams: [responses],
  mappingsOf: ({ mapping }) => openResponses(mapping, shape).mappings,
  webhook,
});
