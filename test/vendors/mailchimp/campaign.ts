import type { JsonObject } from '../../../lib/domain/json.ts';
import { memberHash, vendorTime } from './member.ts';

export interface SimAct {
  /** `open`, `click`, `bounce`, or whatever else a report may list. */
  readonly action: string;
  readonly at: number;
  readonly url?: string;
  readonly type?: 'hard' | 'soft';
}

/** A campaign that was sent, and what its recipients did since: opens and clicks arrive for weeks. */
export interface SimCampaign {
  readonly id: string;
  readonly listId: string;
  readonly title: string;
  readonly subject: string;
  readonly sentAt: number;
  readonly recipients: Map<string, { readonly email: string; readonly acts: SimAct[] }>;
}

export interface CampaignInput {
  readonly id?: string;
  readonly title?: string;
  readonly subject?: string;
  /** Default now. */
  readonly sentAt?: Date;
  /** Addresses; default everybody who is subscribed. Case is kept as given, as the real reports do. */
  readonly recipients?: readonly string[];
}

export function makeCampaign(
  id: string,
  listId: string,
  sentAt: number,
  input: CampaignInput,
  recipients: readonly string[],
): SimCampaign {
  return {
    id,
    listId,
    title: input.title ?? `Campaign ${id}`,
    subject: input.subject ?? '',
    sentAt,
    recipients: new Map(recipients.map((email) => [memberHash(email), { email, acts: [] }])),
  };
}

export function showCampaign(campaign: SimCampaign): JsonObject {
  return {
    id: campaign.id,
    type: 'regular',
    status: 'sent',
    emails_sent: campaign.recipients.size,
    send_time: vendorTime(campaign.sentAt),
    recipients: { list_id: campaign.listId },
    settings: { title: campaign.title, subject_line: campaign.subject },
    _links: [{ rel: 'self', href: `/3.0/campaigns/${campaign.id}`, method: 'GET' }],
  };
}

/**
 * Rows of `reports/{id}/email-activity`: every recipient, with an empty list for who did nothing. The reference does
 * not say whether `since` leaves rows out or only their activity; here the rows stay, which is the harder case.
 */
export function showActivity(
  campaign: SimCampaign,
  since: number | undefined,
  offset: number,
  count: number,
): JsonObject[] {
  return [...campaign.recipients].slice(offset, offset + count).map(([emailId, { email, acts }]) => ({
    campaign_id: campaign.id,
    list_id: campaign.listId,
    list_is_active: true,
    email_id: emailId,
    email_address: email,
    activity: acts
      .filter(({ at }) => since === undefined || at > since)
      .map(({ at, ...act }) => ({ ...act, timestamp: vendorTime(at), ip: '203.0.113.9' })),
    _links: [],
  }));
}
