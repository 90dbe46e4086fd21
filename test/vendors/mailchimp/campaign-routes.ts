import type { JsonObject } from '../../../lib/domain/json.ts';
import {
  type SimCampaign,
  showActivity,
  showCampaign,
  showComplaints,
  showLeavers,
  showRecipients,
  showReport,
} from './campaign.ts';
import { problems } from './problem.ts';
import { choiceAt, instantAt, pageOf } from './query.ts';
import type { Route } from './route.ts';

/** Campaigns that were sent, and the report of what their recipients did. */
export const campaignRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: /^\/campaigns$/,
    run: ({ campaigns, query }) => {
      const status = choiceAt(query, 'status', ['save', 'paused', 'schedule', 'sending', 'sent']) ?? 'sent';
      const since = instantAt(query, 'since_send_time') ?? Number.NEGATIVE_INFINITY;
      const before = instantAt(query, 'before_send_time') ?? Number.POSITIVE_INFINITY;
      const listId = query.get('list_id');
      const found = [...campaigns.values()].filter(
        (campaign) =>
          status === 'sent' &&
          campaign.sentAt > since &&
          campaign.sentAt < before &&
          (listId === null || campaign.listId === listId),
      );
      const descending = choiceAt(query, 'sort_dir', ['ASC', 'DESC']) === 'DESC';
      if (choiceAt(query, 'sort_field', ['create_time', 'send_time']) !== undefined) found.sort(bySending);
      if (descending) found.reverse();
      const { offset, count } = pageOf(query);
      return {
        campaigns: found.slice(offset, offset + count).map(showCampaign),
        total_items: found.length,
        _links: [],
      };
    },
  },
  {
    method: 'GET',
    path: /^\/reports$/,
    run: ({ campaigns, query }) => {
      const since = instantAt(query, 'since_send_time') ?? Number.NEGATIVE_INFINITY;
      const before = instantAt(query, 'before_send_time') ?? Number.POSITIVE_INFINITY;
      const found = [...campaigns.values()].filter(({ sentAt }) => sentAt > since && sentAt < before);
      const { offset, count } = pageOf(query);
      // The reference promises no order: the newest first is the harder case.
      found.sort(bySending).reverse();
      return { reports: found.slice(offset, offset + count).map(showReport), total_items: found.length, _links: [] };
    },
  },
  reportRows('sent-to', 'sent_to', showRecipients),
  reportRows('unsubscribed', 'unsubscribes', showLeavers),
  {
    method: 'GET',
    path: /^\/reports\/([^/]+)\/abuse-reports$/,
    // No pages: the reference gives this one no count and no offset.
    run: ({ campaigns, part }) => {
      const campaign = campaigns.get(part(1));
      if (campaign === undefined) throw problems.notFound();
      const rows = showComplaints(campaign);
      return { abuse_reports: rows, campaign_id: campaign.id, total_items: rows.length, _links: [] };
    },
  },
  {
    method: 'GET',
    path: /^\/reports\/([^/]+)\/email-activity$/,
    run: ({ campaigns, part, query }) => {
      const campaign = campaigns.get(part(1));
      if (campaign === undefined) throw problems.notFound();
      const { offset, count } = pageOf(query);
      return {
        emails: showActivity(campaign, instantAt(query, 'since'), offset, count),
        campaign_id: campaign.id,
        total_items: campaign.recipients.size,
        _links: [],
      };
    },
  },
];

function bySending(a: SimCampaign, b: SimCampaign): number {
  return a.sentAt - b.sentAt;
}

/** A part of a report that comes in pages. */
function reportRows(name: string, key: string, show: (campaign: SimCampaign) => JsonObject[]): Route {
  return {
    method: 'GET',
    path: new RegExp(`^/reports/([^/]+)/${name}$`),
    run: ({ campaigns, part, query }) => {
      const campaign = campaigns.get(part(1));
      if (campaign === undefined) throw problems.notFound();
      const { offset, count } = pageOf(query);
      const rows = show(campaign);
      return {
        [key]: rows.slice(offset, offset + count),
        campaign_id: campaign.id,
        total_items: rows.length,
        _links: [],
      };
    },
  };
}
