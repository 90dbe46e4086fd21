import { z } from 'zod';
import type { Milliseconds } from '../../domain/instant.ts';
import { isJsonObject } from '../../domain/json.ts';
import type { Mapping } from '../../domain/mapping.ts';
import type { ReadOptions } from '../contract.ts';
import { defineStream } from '../define.ts';
import { actId } from './act-id.ts';
import type { Campaign, Counted, MailchimpClient } from './client.ts';
import { MAX_PAGE } from './manifest.ts';
import { besidePlace, bySending, sentAt, unlessDeleted } from './sending.ts';

/** Reports lag behind: activity up to this much older than the last run's end is read again. */
const OVERLAP_MS = 60 * 60 * 1000;

const mapping: Mapping = {
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
    name: {
      from: 'action',
      names: { open: 'Email Opened', click: 'Email Link Clicked', bounce: 'Email Bounced' },
    },
    properties: {
      campaign_id: { from: 'campaign_id', as: 'string' },
      campaign_title: { from: 'campaign_title', as: 'string' },
      subject: { from: 'subject', as: 'string' },
      url: { from: 'url', as: 'string' },
      bounce_type: { from: 'type', as: 'string' },
    },
  },
};

const record = z.object({
  id: z.string(),
  campaign_id: z.string(),
  campaign_title: z.string().optional(),
  subject: z.string().optional(),
  email_id: z.string().regex(/^[0-9a-f]{32}$/, 'expected an MD5'),
  email_address: z.string(),
  action: z.string(),
  timestamp: z.string(),
  url: z.string().optional(),
  type: z.string().optional(),
});

const instant = z.int();

/** Either the end of the last complete run, or a position inside a run: the campaign, in order of sending, and how far. */
const cursor = z.union([
  z.strictObject({ v: z.literal(1), pass: z.literal('done'), until: instant }),
  z.strictObject({
    v: z.literal(1),
    pass: z.literal('campaigns'),
    since: instant.nullable(),
    until: instant,
    campaign: z.strictObject({ sent: instant, id: z.string() }).nullable(),
    offset: z.int().min(0),
  }),
]);

type Cursor = z.infer<typeof cursor>;
type Position = Exclude<Cursor, { pass: 'done' }>;

/** Opens, clicks and bounces of the campaigns sent within the lookback, one record for each. */
export const activity = defineStream<MailchimpClient, z.infer<typeof record>, Cursor>({
  name: 'activity',
  record,
  cursor,
  mappings: { activity: mapping },
  async *read(api, from, options) {
    const start = begin(from, options.now.getTime());
    if (options.signal.aborted) return;
    const campaigns = await campaignsFrom(api, start);
    for (const campaign of campaigns) {
      const sent = sentAt(campaign);
      let offset = campaign.id === start.campaign?.id ? start.offset : 0;
      for (let more = true; more; ) {
        if (options.signal.aborted) return;
        const page = await readPage(api, campaign, start, offset, options);
        offset += page.items.length;
        more = page.items.length > 0 && offset < page.total;
        const records = page.items.flatMap((email) => actsOf(email, campaign));
        // A campaign that is read to its end stays in the checkpoint at that offset: what it gains there is read too.
        if (records.length > 0) {
          yield { mapping: 'activity', records, checkpoint: { ...start, campaign: { sent, id: campaign.id }, offset } };
        }
      }
    }
    yield { mapping: 'activity', records: [], checkpoint: { v: 1, pass: 'done', until: start.until } };
  },
});

function begin(from: Cursor | undefined, now: Milliseconds): Position {
  if (from !== undefined && from.pass !== 'done') return from;
  const since = from === undefined ? null : from.until - OVERLAP_MS;
  return { v: 1, pass: 'campaigns', since, until: Math.max(now, from?.until ?? 0), campaign: null, offset: 0 };
}

/** The campaigns of the lookback in order of sending, without those before the position. */
async function campaignsFrom(api: MailchimpClient, at: Position): Promise<readonly Campaign[]> {
  const found: Campaign[] = [];
  for (let more = true; more; ) {
    const page = await api.listCampaigns({ since: at.until - api.lookbackMs, until: at.until, offset: found.length });
    found.push(...page.campaigns);
    more = page.campaigns.length > 0 && found.length < page.total;
  }
  const from = at.campaign;
  return found.sort(bySending).filter((one) => from === null || besidePlace(one, from) >= 0);
}

async function readPage(
  api: MailchimpClient,
  campaign: Campaign,
  { since }: Position,
  offset: number,
  options: ReadOptions,
): Promise<Counted> {
  const count = Math.min(options.pageSize ?? MAX_PAGE, MAX_PAGE);
  return unlessDeleted(api.listEmailActivity(campaign.id, { since: since ?? undefined, offset, count }));
}

/** One record for each thing the recipient did; none for who did nothing. What has another shape is kept for quarantine. */
function actsOf(email: unknown, campaign: Campaign): readonly unknown[] {
  if (!isJsonObject(email) || !Array.isArray(email.activity)) return [email];
  return email.activity.map((act: unknown) => {
    if (!isJsonObject(act)) return { campaign_id: campaign.id };
    const { action, timestamp, url, type } = act;
    return {
      id: actId([campaign.id, email.email_id, action, timestamp, url]),
      campaign_id: campaign.id,
      campaign_title: campaign.settings?.title,
      subject: campaign.settings?.subject_line,
      email_id: email.email_id,
      email_address: email.email_address,
      action,
      timestamp,
      url,
      type,
    };
  });
}
