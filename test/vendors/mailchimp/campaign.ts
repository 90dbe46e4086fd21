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
  /** Who unsubscribed by it, and who called it spam. */
  readonly leavers: { readonly email: string; readonly at: number; readonly reason: string }[];
  readonly complaints: { readonly id: number; readonly email: string; readonly at: number }[];
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
    leavers: [],
    complaints: [],
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

/** What `reports` lists of a campaign. */
export function showReport(campaign: SimCampaign): JsonObject {
  return {
    id: campaign.id,
    campaign_title: campaign.title,
    type: 'regular',
    list_id: campaign.listId,
    list_is_active: true,
    subject_line: campaign.subject,
    emails_sent: campaign.recipients.size,
    abuse_reports: campaign.complaints.length,
    unsubscribed: campaign.leavers.length,
    send_time: vendorTime(campaign.sentAt),
    _links: [],
  };
}

/** Rows of `sent-to`: whose mail came back says so in place of `sent`. */
export function showRecipients(campaign: SimCampaign): JsonObject[] {
  return [...campaign.recipients.values()].map(({ email, acts }) => ({
    ...about(campaign, email),
    vip: false,
    status: acts.find(({ type }) => type !== undefined)?.type ?? 'sent',
    open_count: acts.filter(({ action }) => action === 'open').length,
  }));
}

export function showLeavers(campaign: SimCampaign): JsonObject[] {
  return campaign.leavers.map(({ email, at, reason }) => ({
    ...about(campaign, email),
    timestamp: vendorTime(at),
    reason,
  }));
}

export function showComplaints(campaign: SimCampaign): JsonObject[] {
  return campaign.complaints.map(({ id, email, at }) => ({ id, ...about(campaign, email), date: vendorTime(at) }));
}

function about({ id, listId }: SimCampaign, email: string): JsonObject {
  return {
    email_id: memberHash(email),
    email_address: email,
    campaign_id: id,
    list_id: listId,
    list_is_active: true,
    _links: [],
  };
}
