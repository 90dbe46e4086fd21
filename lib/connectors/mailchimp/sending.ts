import * as z from 'zod';
import { TributaryError } from '../../domain/errors.ts';
import { type Milliseconds, parseInstant } from '../../domain/instant.ts';
import type { Mapping } from '../../domain/mapping.ts';
import type { ReadOptions } from '../contract.ts';
import type { RecordPage } from '../define.ts';
import type { Counted } from './client.ts';
import { MAX_PAGE } from './manifest.ts';
import { reportParts } from './reports.ts';

/** A campaign as both listings have it: streams go through campaigns in order of sending. */
interface Sent {
  readonly id: string;
  readonly send_time: string;
}

export function sentAt({ send_time }: Sent): Milliseconds {
  return parseInstant(send_time) ?? 0;
}

export function bySending(a: Sent, b: Sent): number {
  return besidePlace(a, { sent: sentAt(b), id: b.id });
}

/** Negative = sent before a place in a checkpoint, 0 = the campaign of that place. */
export function besidePlace(
  campaign: Sent,
  { sent, id }: { readonly sent: Milliseconds; readonly id: string },
): number {
  return sentAt(campaign) - sent || (campaign.id < id ? -1 : campaign.id > id ? 1 : 0);
}

/** Rows of a campaign. It can be deleted after it was listed; its own are gone with it, those of others are not. */
async function unlessDeleted(rows: Promise<Counted>): Promise<Counted> {
  try {
    return await rows;
  } catch (thrown) {
    if (thrown instanceof TributaryError && thrown.code === 'mailchimp/not-found') return { items: [], total: 0 };
    throw thrown;
  }
}

/** What a record of somebody and a campaign holds, whatever it tells. */
export const campaignRecord = z.object({
  id: z.string(),
  campaign_id: z.string(),
  campaign_title: z.string().optional(),
  subject: z.string().optional(),
  email_id: z.string().regex(/^[0-9a-f]{32}$/, 'expected an MD5'),
  email_address: z.string(),
  timestamp: z.string(),
});

/** The mapping of such records: `name` says which activity they are, `properties` what they tell besides the campaign. */
export function campaignMapping({ name, properties }: Omit<NonNullable<Mapping['activity']>, 'id'>): Mapping {
  return {
    version: 1,
    object: 'member',
    subject: 'person',
    id: ['email_id'],
    at: ['timestamp'],
    identifiers: [
      { type: 'email', from: 'email_address' },
      { type: 'mailchimp.member_id', from: 'email_id' },
    ],
    activity: {
      id: ['id'],
      name,
      properties: {
        campaign_id: { from: 'campaign_id', as: 'string' },
        campaign_title: { from: 'campaign_title', as: 'string' },
        subject: { from: 'subject', as: 'string' },
        ...properties,
      },
    },
  };
}

const instant = z.int();
const campaignPlace = z.strictObject({ sent: instant, id: z.string() });
const place = z.union([campaignPlace, campaignPlace.extend({ part: z.enum(reportParts) })]);

/** Either the end of the last complete run, or a position inside a run: the campaign, which part of its report, how far. */
export const cursor = z.union([
  z.strictObject({ v: z.literal(1), pass: z.literal('done'), until: instant }),
  z.strictObject({
    v: z.literal(1),
    pass: z.literal('campaigns'),
    since: instant.nullable(),
    until: instant,
    campaign: place.nullable(),
    offset: z.int().min(0),
  }),
]);

export type Cursor = z.infer<typeof cursor>;
export type Position = Exclude<Cursor, { pass: 'done' }>;

/** Where a run begins: where the last one was interrupted, or so long before the end of the last complete one. */
export function begin(from: Cursor | undefined, now: Milliseconds, overlapMs: Milliseconds): Position {
  if (from !== undefined && from.pass !== 'done') return from;
  const since = from === undefined ? null : from.until - overlapMs;
  return { v: 1, pass: 'campaigns', since, until: Math.max(now, from?.until ?? 0), campaign: null, offset: 0 };
}

/** Rows of one campaign, or of one part of its report, from an offset on. */
export interface Rows {
  readonly place: z.infer<typeof place>;
  readonly offset: number;
  read(page: { readonly offset: number; readonly count: number }): Promise<Counted>;
  /** The records that rows become; what has another shape is kept for quarantine. */
  recordsOf(rows: readonly unknown[]): readonly unknown[];
}

/** Reads campaign after campaign to its end, as records of one mapping, and then says that the run is complete. */
export async function* readCampaigns(
  start: Position,
  campaigns: readonly Rows[],
  mapping: string,
  { signal, pageSize = MAX_PAGE }: ReadOptions,
): AsyncIterable<RecordPage<Cursor>> {
  for (const { place: campaign, offset: first, read, recordsOf } of campaigns) {
    let offset = first;
    for (let more = true; more; ) {
      if (signal.aborted) return;
      const page = await unlessDeleted(read({ offset, count: Math.min(pageSize, MAX_PAGE) }));
      offset += page.items.length;
      more = page.items.length > 0 && offset < page.total;
      const records = recordsOf(page.items);
      // A campaign that is read to its end stays in the checkpoint at that offset: what it gains there is read too.
      if (records.length > 0) yield { mapping, records, checkpoint: { ...start, campaign, offset } };
    }
  }
  yield { mapping, records: [], checkpoint: { v: 1, pass: 'done', until: start.until } };
}
