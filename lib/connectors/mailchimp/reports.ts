import * as z from 'zod';
import type { Milliseconds } from '../../domain/instant.ts';
import { MAX_PAGE } from './manifest.ts';
import { vendorTime } from './vendor-time.ts';

/** The parts of a report that hold rows of people, in the order in which they are read. */
export const reportParts = ['sent-to', 'unsubscribed', 'abuse-reports'] as const;
export type ReportPart = (typeof reportParts)[number];

const report = z.object({
  id: z.string(),
  list_id: z.string(),
  send_time: z.string(),
  campaign_title: z.string().optional(),
  subject_line: z.string().optional(),
  unsubscribed: z.int().default(0),
  abuse_reports: z.int().default(0),
});

/** A sent campaign, with how many people left or complained because of it. */
export type Report = z.infer<typeof report>;
/** Those of the list's own campaigns, and how many the answer held and the query matches, of all lists. */
export interface ReportPage {
  readonly reports: readonly Report[];
  readonly held: number;
  readonly total: number;
}

/** What we call of the vendor's client, which client.ts alone knows. */
interface VendorReports {
  getAllCampaignReports(options: Paging & { since_send_time: string; before_send_time: string }): Promise<unknown>;
  getCampaignRecipients(campaign: string, options: Paging): Promise<unknown>;
  getUnsubscribedListForCampaign(campaign: string, options: Paging): Promise<unknown>;
  getCampaignAbuseReports(campaign: string, options: { readonly fields: readonly string[] }): Promise<unknown>;
}

interface Paging {
  readonly fields: readonly string[];
  readonly count: number;
  readonly offset: number;
}

type Call = <T>(where: string, shape: z.ZodType<T>, send: () => Promise<unknown>) => Promise<T>;

const total = z.int().min(0);

const reportPage = z.object({ reports: z.array(report), total_items: total });

const rowsOf: Readonly<Record<ReportPart, { readonly key: string; readonly fields: readonly string[] }>> = {
  'sent-to': { key: 'sent_to', fields: ['email_id', 'email_address', 'status'] },
  unsubscribed: { key: 'unsubscribes', fields: ['email_id', 'email_address', 'timestamp', 'reason'] },
  'abuse-reports': { key: 'abuse_reports', fields: ['email_id', 'email_address', 'date'] },
};

/** The calls for reports, each one request. */
export function reportCalls(reports: VendorReports, list: string, call: Call) {
  const sends: Readonly<
    Record<
      ReportPart,
      (campaign: string, fields: string[], page: { count: number; offset: number }) => Promise<unknown>
    >
  > = {
    'sent-to': (campaign, fields, page) => reports.getCampaignRecipients(campaign, { fields, ...page }),
    unsubscribed: (campaign, fields, page) => reports.getUnsubscribedListForCampaign(campaign, { fields, ...page }),
    'abuse-reports': (campaign, fields) => reports.getCampaignAbuseReports(campaign, { fields }),
  };
  return {
    async listReports(query: { readonly since: Milliseconds; readonly until: Milliseconds; readonly offset: number }) {
      const page = await call('reports', reportPage, () =>
        reports.getAllCampaignReports({
          fields: ['total_items', ...Object.keys(report.shape).map((field) => `reports.${field}`)],
          count: MAX_PAGE,
          offset: query.offset,
          since_send_time: vendorTime(query.since),
          before_send_time: vendorTime(query.until),
        }),
      );
      // Reports cannot be asked for by list.
      const own = page.reports.filter(({ list_id }) => list_id === list);
      return { reports: own, held: page.reports.length, total: page.total_items };
    },
    async listReportRows(
      campaign: string,
      part: ReportPart,
      page: { readonly offset: number; readonly count: number },
    ): Promise<{ readonly items: readonly unknown[]; readonly total: number }> {
      const { key, fields } = rowsOf[part];
      const shape = z.object({ [key]: z.array(z.unknown()), total_items: total });
      const wanted = ['total_items', ...fields.map((field) => `${key}.${field}`)];
      const answer = await call(`a campaign's ${part}`, shape, () => sends[part](campaign, wanted, page));
      const items = answer[key];
      const found = Array.isArray(items) ? items : [];
      // The one without pages is complete as it came.
      return { items: found, total: part === 'abuse-reports' ? found.length : Number(answer.total_items) };
    },
  };
}
