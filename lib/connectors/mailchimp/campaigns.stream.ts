import * as z from 'zod';
import { parseInstant } from '../../domain/instant.ts';
import { isJsonObject } from '../../domain/json.ts';
import { defineStream } from '../define.ts';
import { actId } from './act-id.ts';
import type { MailchimpClient } from './client.ts';
import { type Report, type ReportPart, reportParts } from './reports.ts';
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

/** Large campaigns are sent over hours, and by time zone over a day: recipients and leavers of that long are read again. */
const OVERLAP_MS = 24 * 60 * 60 * 1000;

const mapping = campaignMapping({
  name: {
    from: 'part',
    names: { 'sent-to': 'Email Sent', unsubscribed: 'Unsubscribed', 'abuse-reports': 'Email Marked as Spam' },
  },
  properties: {
    delivery: { from: 'delivery', as: 'string' },
    reason: { from: 'reason', as: 'string' },
  },
});

const record = campaignRecord.extend({
  part: z.enum(reportParts),
  delivery: z.string().optional(),
  reason: z.string().optional(),
});

/** Who was sent the campaigns, once for each; who unsubscribed because of them or complained, for as long as the lookback. */
export const campaigns = defineStream<MailchimpClient, z.infer<typeof record>, Cursor>({
  name: 'campaigns',
  record,
  cursor,
  mappings: { campaign: mapping },
  async *read(api, from, options) {
    const start = begin(from, options.now.getTime(), OVERLAP_MS);
    if (options.signal.aborted) return;
    yield* readCampaigns(start, await partsFrom(api, start), 'campaign', options);
  },
});

/** Parts of reports that are worth a call, in order of sending, without those before the position. */
async function partsFrom(api: MailchimpClient, at: Position): Promise<readonly Rows[]> {
  const found: Report[] = [];
  for (let offset = 0, more = true; more; ) {
    const page = await api.listReports({ since: at.until - api.lookbackMs, until: at.until, offset });
    found.push(...page.reports);
    offset += page.held;
    more = page.held > 0 && offset < page.total;
  }
  const wanted = (report: Report): readonly ReportPart[] => [
    ...(at.since === null || sentAt(report) >= at.since ? (['sent-to'] as const) : []),
    ...(report.unsubscribed > 0 ? (['unsubscribed'] as const) : []),
    ...(report.abuse_reports > 0 ? (['abuse-reports'] as const) : []),
  ];
  return found
    .sort(bySending)
    .flatMap((report) => wanted(report).flatMap((part) => rowsOf(api, report, part, at) ?? []));
}

/** What is left of a part of a report; undefined = it lies before the position. */
function rowsOf(api: MailchimpClient, report: Report, part: ReportPart, at: Position): Rows | undefined {
  const offset = offsetOf(report, part, at);
  if (offset === undefined) return undefined;
  return {
    place: { sent: sentAt(report), id: report.id, part },
    offset,
    // A part without pages was read whole.
    read: async (page) =>
      part === 'abuse-reports' && page.offset > 0 ? { items: [], total: 0 } : api.listReportRows(report.id, part, page),
    recordsOf: (rows) => rows.map((row) => recordOf(row, report, part)).filter((one) => isNew(one, part, at)),
  };
}

/** Where to go on with a part of a report; undefined = it lies before the position. */
function offsetOf(report: Report, part: ReportPart, { campaign, offset }: Position): number | undefined {
  if (campaign === null) return 0;
  const beside =
    besidePlace(report, campaign) ||
    reportParts.indexOf(part) - ('part' in campaign ? reportParts.indexOf(campaign.part) : 0);
  if (beside === 0) return offset;
  return beside > 0 ? 0 : undefined;
}

/** A row with its campaign. What has another shape is kept for quarantine. */
function recordOf(row: unknown, report: Report, part: ReportPart): unknown {
  if (!isJsonObject(row)) return { campaign_id: report.id };
  const { email_id, email_address, status, reason } = row;
  // Everybody is sent a campaign at its own time: Mailchimp keeps none for each.
  const timestamp = part === 'sent-to' ? report.send_time : part === 'unsubscribed' ? row.timestamp : row.date;
  return {
    // One of each kind for a person and a campaign: a count that is told twice with another second is still one.
    id: actId([report.id, email_id, part]),
    part,
    campaign_id: report.id,
    campaign_title: report.campaign_title,
    subject: report.subject_line,
    email_id,
    email_address,
    timestamp,
    ...(part === 'sent-to' ? { delivery: status } : { reason }),
  };
}

/** Rows of leavers cannot be asked for by time: what was told in an earlier run is left out here. */
function isNew(record: unknown, part: ReportPart, { since }: Position): boolean {
  if (part === 'sent-to' || since === null || !isJsonObject(record)) return true;
  const at = parseInstant(record.timestamp);
  return at === undefined || at >= since;
}
