import * as z from 'zod';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import type { Mapping } from '../../domain/mapping.ts';
import type { Schema } from '../contract.ts';
import { defineStream } from '../define.ts';
import { epochMs } from '../epoch.ts';
import { addressIdOf } from './address.ts';
import type { HubspotApi } from './client.ts';
import { EVENT_PAGE } from './manifest.ts';

/** Events reach the API late: those of up to this much before the last run's end are read again, with the same ids. */
const OVERLAP_MS = 60 * 60 * 1000;

/** What HubSpot does on the way to a mailbox, and changes of subscriptions, which contacts tell: nobody's act. */
const PASSED_OVER: ReadonlySet<unknown> = new Set([
  'SENT',
  'PROCESSED',
  'DEFERRED',
  'DROPPED',
  'SUPPRESSED',
  'STATUSCHANGE',
  'UNBOUNCE',
]);

export const emailEventMapping: Mapping = {
  version: 1,
  object: 'address',
  subject: 'person',
  id: ['address_id'],
  at: ['at'],
  identifiers: [{ type: 'email', from: 'recipient' }],
  activity: {
    id: ['id'],
    name: {
      from: 'type',
      names: {
        DELIVERED: 'Email Delivered',
        OPEN: 'Email Opened',
        CLICK: 'Email Link Clicked',
        BOUNCE: 'Email Bounced',
        SPAMREPORT: 'Email Marked as Spam',
        FORWARD: 'Email Forwarded',
        PRINT: 'Email Printed',
      },
    },
    properties: {
      campaign_id: { from: 'emailCampaignId', as: 'string' },
      app_id: { from: 'appId', as: 'string' },
      url: { from: 'url', as: 'string' },
      bounce_type: { from: 'category', as: 'string' },
    },
  },
};

/** HubSpot tells instants here in milliseconds, and people by their address only. */
export const emailEventRecord = z
  .looseObject({ id: z.string().min(1), type: z.string(), recipient: z.string().min(1), created: epochMs })
  .transform((event) => ({
    ...event,
    address_id: addressIdOf(event.recipient),
    at: new Date(event.created).toISOString(),
  })) as unknown as Schema<JsonObject>;

const instant = z.int();

/** Either the end of the last complete run, or a page inside a frozen window. */
const cursor = z.discriminatedUnion('phase', [
  z.strictObject({ v: z.literal(1), phase: z.literal('done'), until: instant }),
  z.strictObject({
    v: z.literal(1),
    phase: z.literal('window'),
    since: instant.nullable(),
    until: instant,
    offset: z.string().nullable(),
  }),
]);

type Cursor = z.infer<typeof cursor>;
type Window = Extract<Cursor, { phase: 'window' }>;

/** Opens, clicks, bounces of marketing e-mails, page by page of HubSpot's own order inside a window that is frozen for the run. */
export const emailEvents = defineStream<HubspotApi, JsonObject, Cursor>({
  name: 'email-events',
  record: emailEventRecord,
  cursor,
  mappings: { event: emailEventMapping },
  async *read(api, from, options) {
    let at = from === undefined || from.phase === 'done' ? openWindow(from, options.now) : from;
    while (!options.signal.aborted) {
      const { since, until } = at;
      const page = await api.listEmailEvents({
        since: since ?? undefined,
        until,
        offset: at.offset ?? undefined,
        limit: Math.min(options.pageSize ?? EVENT_PAGE, EVENT_PAGE),
      });
      const records = page.events.filter((event) => !(isJsonObject(event) && PASSED_OVER.has(event.type)));
      const more = page.hasMore && page.offset !== undefined;
      const next: Cursor = more ? { ...at, offset: page.offset ?? null } : { v: 1, phase: 'done', until };
      if (records.length > 0 || !more) yield { mapping: 'event', records, checkpoint: next };
      if (next.phase === 'window') at = next;
      // A run that finished what an older one began goes on to its own end.
      else if (until < options.now.getTime()) at = openWindow(next, options.now);
      else return;
    }
  },
});

function openWindow(last: Extract<Cursor, { phase: 'done' }> | undefined, now: Date): Window {
  const until = Math.max(now.getTime(), last?.until ?? 0);
  return {
    v: 1,
    phase: 'window',
    since: last === undefined ? null : Math.max(0, last.until - OVERLAP_MS),
    until,
    offset: null,
  };
}
