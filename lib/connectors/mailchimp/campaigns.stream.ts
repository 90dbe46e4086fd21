import { z } from 'zod';
import { type Milliseconds, parseInstant } from '../../domain/instant.ts';
import { isJsonObject } from '../../domain/json.ts';
import type { Mapping } from '../../domain/mapping.ts';
import type { ReadOptions } from '../contract.ts';
import { defineStream } from '../define.ts';
import { actId } from './act-id.ts';
import type { Counted, MailchimpClient } from './client.ts';
import { MAX_PAGE } from './manifest.ts';
import { type Report, type ReportPart, reportParts } from './reports.ts';
import { besidePlace, bySending, sentAt, unlessDeleted } from './sending.ts';

/** Large campaigns are sent over hours, and by time zone over a day: recipients and leavers of that long are read again. */
const OVERLAP_MS = 24 * 60 * 60 * 1000;

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
      from: 'part',
      names: { 'sent-to': 'Email Sent', unsubscribed: 'Unsubscribed', 'abuse-reports': 'Email Marked as Spam' },
    },
    properties: {
      campaign_id: { from: 'campaign_id', as: 'string' },
      campaign_title: { from: 'campaign_title', as: 'string' },
      subject: { from: 'subject', as: 'string' },
      delivery: { from: 'delivery', as: 'string' },
      reason: { from: 'reason', as: 'string' },
    },
  },
};

const record = z.object({
  id: z.string(),
  part: z.enum(reportParts),
  campaign_id: z.string(),
  campaign_title: z.string().optional(),
  subject: z.string().optional(),
  email_id: z.string().regex(/^[0-9a-f]{32}$/, 'expected an MD5'),
  email_address: z.string(),
  timestamp: z.string(),
  delivery: z.string().optional(),
  reason: z.string().optional(),
});

const instant = z.int();

/** Either the end of the last complete run, or a position inside a run: the campaign, which part of its report, how far. */
const cursor = z.union([
  z.strictObject({ v: z.literal(1), pass: z.literal('done'), until: instant }),
  z.strictObject({
    v: z.literal(1),
    pass: z.literal('campaigns'),
    since: instant.nullable(),
    until: instant,
    campaign: z.strictObject({ sent: instant, id: z.string(), part: z.enum(reportParts) }).nullable(),
    offset: z.int().min(0),
  }),
]);

type Cursor = z.infer<typeof cursor>;
type Position = Exclude<Cursor, { pass: 'done' }>;

/** Who was sent the campaigns, once for each; who unsubscribed because of them or complained, for as long as the lookback. */
export const campaigns = defineStream<MailchimpClient, z.infer<typeof record>, Cursor>({
  name: 'campaigns',
  record,
  cursor,
  mappings: { campaign: mapping },
  async *read(api, from, options) {
    const start = begin(from, options.now.getTime());
    if (options.signal.aborted) return;
    for (const { report, part, offset: first } of await workOf(api, start)) {
      let offset = first;
      for (let more = true; more; ) {
        if (options.signal.aborted) return;
        const page = await readPage(api, report, part, offset, options);
        offset += page.items.length;
        more = page.items.length > 0 && offset < page.total;
        const records = page.items.map((row) => recordOf(row, report, part)).filter((one) => isNew(one, part, start));
        if (records.length > 0) {
          const campaign = { sent: sentAt(report), id: report.id, part };
          yield { mapping: 'campaign', records, checkpoint: { ...start, campaign, offset } };
        }
      }
    }
    yield { mapping: 'campaign', records: [], checkpoint: { v: 1, pass: 'done', until: start.until } };
  },
});

function begin(from: Cursor | undefined, now: Milliseconds): Position {
  if (from !== undefined && from.pass !== 'done') return from;
  const since = from === undefined ? null : from.until - OVERLAP_MS;
  return { v: 1, pass: 'campaigns', since, until: Math.max(now, from?.until ?? 0), campaign: null, offset: 0 };
}

interface Work {
  readonly report: Report;
  readonly part: ReportPart;
  readonly offset: number;
}

/** Parts of reports that are worth a call, in order of sending, without those before the position. */
async function workOf(api: MailchimpClient, at: Position): Promise<readonly Work[]> {
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
    .flatMap((report) => wanted(report).map((part) => ({ report, part, offset: offsetOf(report, part, at) })))
    .filter((work): work is Work => work.offset !== undefined);
}

/** Where to go on with a part of a report; undefined = it lies before the position. */
function offsetOf(report: Report, part: ReportPart, { campaign, offset }: Position): number | undefined {
  if (campaign === null) return 0;
  const beside = besidePlace(report, campaign) || reportParts.indexOf(part) - reportParts.indexOf(campaign.part);
  if (beside === 0) return offset;
  return beside > 0 ? 0 : undefined;
}

async function readPage(
  api: MailchimpClient,
  { id }: Report,
  part: ReportPart,
  offset: number,
  options: ReadOptions,
): Promise<Counted> {
  // A part without pages was read whole.
  if (part === 'abuse-reports' && offset > 0) return { items: [], total: 0 };
  const count = Math.min(options.pageSize ?? MAX_PAGE, MAX_PAGE);
  return unlessDeleted(api.listReportRows(id, part, { offset, count }));
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
