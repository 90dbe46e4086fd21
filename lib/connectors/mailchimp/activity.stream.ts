import * as z from 'zod';
import { isJsonObject } from '../../domain/json.ts';
import { defineStream } from '../define.ts';
import { actId } from './act-id.ts';
import type { Campaign, MailchimpClient } from './client.ts';
import {
  begin,
  besidePlace,
  bySending,
  type Cursor,
  campaignMapping,
  campaignRecord,
  cursor,
  type Position,
  type Rows,
  readCampaigns,
  sentAt,
} from './sending.ts';

/** Reports lag behind: activity up to this much older than the last run's end is read again. */
const OVERLAP_MS = 60 * 60 * 1000;

const mapping = campaignMapping({
  name: {
    from: 'action',
    names: { open: 'Email Opened', click: 'Email Link Clicked', bounce: 'Email Bounced' },
  },
  properties: {
    url: { from: 'url', as: 'string' },
    bounce_type: { from: 'type', as: 'string' },
  },
});

const record = campaignRecord.extend({
  action: z.string(),
  url: z.string().optional(),
  type: z.string().optional(),
});

/** Opens, clicks and bounces of the campaigns sent within the lookback, one record for each. */
export const activity = defineStream<MailchimpClient, z.infer<typeof record>, Cursor>({
  name: 'activity',
  record,
  cursor,
  mappings: { activity: mapping },
  async *read(api, from, options) {
    const start = begin(from, options.now.getTime(), OVERLAP_MS);
    if (options.signal.aborted) return;
    const since = start.since ?? undefined;
    const rows = (await campaignsFrom(api, start)).map(
      (campaign): Rows => ({
        place: { sent: sentAt(campaign), id: campaign.id },
        offset: campaign.id === start.campaign?.id ? start.offset : 0,
        read: (page) => api.listEmailActivity(campaign.id, { since, ...page }),
        recordsOf: (emails) => emails.flatMap((email) => actsOf(email, campaign)),
      }),
    );
    yield* readCampaigns(start, rows, 'activity', options);
  },
});

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
