import * as z from 'zod';
import { parseInstant } from '../../domain/instant.ts';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import { type Mapping, valueAt } from '../../domain/mapping.ts';
import type { Schema, Stream } from '../contract.ts';
import { defineStream, streamBySettings } from '../define.ts';
import type { KlaviyoApi, PageQuery } from './client.ts';
import { type Config, eventsLookbackMs } from './config.ts';
import { type Cursor, cursor } from './cursor.ts';
import { all, compared } from './filter.ts';
import { withOwnMetrics } from './own-fields.ts';
import { type Pass, readPasses } from './passes.ts';
import { profileId } from './profile.ts';

export const eventMapping: Mapping = {
  version: 1,
  object: 'profile',
  subject: 'person',
  id: ['profile'],
  at: ['attributes.datetime'],
  identifiers: [{ type: 'klaviyo.profile_id', from: 'profile' }],
  activity: {
    id: ['id'],
    // Klaviyo's own metrics. Ids of metrics differ between accounts, names do not.
    name: {
      from: 'metric',
      names: {
        'Received Email': 'Email Delivered',
        'Opened Email': 'Email Opened',
        'Clicked Email': 'Email Link Clicked',
        'Bounced Email': 'Email Bounced',
        'Marked Email as Spam': 'Email Marked as Spam',
        'Unsubscribed from Email Marketing': 'Email Unsubscribed',
      },
    },
    properties: {
      metric: { from: 'metric', as: 'string' },
      value: { from: 'attributes.event_properties.$value', as: 'number' },
      campaign_name: { from: 'attributes.event_properties.Campaign Name', as: 'string' },
      subject: { from: 'attributes.event_properties.Subject', as: 'string' },
      message_id: { from: 'attributes.event_properties.$message', as: 'string' },
      bounce_type: { from: 'attributes.event_properties.Bounce Type', as: 'string' },
    },
  },
};

/** An event with the name of its metric and the profile that it belongs to. */
export const eventRecord = z
  .looseObject({
    id: z.string().min(1).max(200),
    metric: z.string(),
    attributes: z.looseObject({
      datetime: z.string(),
      event_properties: z.record(z.string(), z.json()).nullish(),
    }),
    relationships: z.looseObject({ profile: z.looseObject({ data: z.looseObject({ id: profileId }) }) }),
  })
  .transform((event) => ({ ...event, profile: event.relationships.profile.data.id })) as unknown as Schema<JsonObject>;

/** Events by their own time: those of Klaviyo's e-mails, and of the metrics that the connection names. */
export const events = streamBySettings(configured);

function configured(config: Config | undefined): Stream<KlaviyoApi> {
  const mapping = config === undefined ? eventMapping : withOwnMetrics(eventMapping, config);
  return defineStream<KlaviyoApi, JsonObject, Cursor>({
    name: 'events',
    record: eventRecord,
    cursor,
    mappings: { event: mapping },
    read: (api, from, options) =>
      readPasses(async () => [happened(api, mapping)], from, {
        ...options,
        mapping: 'event',
        lookbackMs: eventsLookbackMs(api.config),
      }),
  });
}

function happened(api: KlaviyoApi, mapping: Mapping): Pass {
  return {
    name: 'happened',
    filter: (from, until) =>
      all(
        from === null ? undefined : compared('greater-or-equal', 'datetime', from),
        compared('less-than', 'datetime', until),
      ),
    sort: 'datetime',
    page: (query) => pageOf(api, mapping, query),
    instantOf: (record) => parseInstant(valueAt(record, 'attributes.datetime')),
  };
}

/** Metrics that have no name here are nobody's act that was asked for: an account may have hundreds. */
async function pageOf(api: KlaviyoApi, mapping: Mapping, query: PageQuery) {
  const name = mapping.activity?.name;
  const wanted = typeof name === 'object' ? name.names : {};
  const { records, metrics, after } = await api.listEvents(query);
  const named = records.map((event) => {
    const metric = metrics.get(String(valueAt(event, 'relationships.metric.data.id') ?? ''));
    return isJsonObject(event) && metric !== undefined ? { ...event, metric } : event;
  });
  // What names no metric cannot be judged; it is kept for quarantine.
  const kept = named.filter((event) => !isNamed(event) || Object.hasOwn(wanted, event.metric));
  return { records: kept, after };
}

function isNamed(event: unknown): event is JsonObject & { readonly metric: string } {
  return isJsonObject(event) && typeof event.metric === 'string';
}
