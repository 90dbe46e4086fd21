import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import type { ReadOptions, Stream } from '../contract.ts';
import { defineStream, type RecordPage } from '../define.ts';
import type { SendgridApi, SuppressionList } from './client.ts';
import { lookbackMs } from './config.ts';
import { type SuppressionsCursor, suppressionsCursor } from './cursor.ts';
import { SUPPRESSION_PAGE } from './manifest.ts';
import { recipientMapping, suppressionRecord } from './recipient.ts';
import { SECOND } from './search.ts';

/** The person's own words last, so that they are what is seen where times are equal. */
const LISTS: readonly [SuppressionList, ...SuppressionList[]] = ['bounces', 'spam_reports', 'unsubscribes'];

/** Before SendGrid was there. */
const BEGINNING = Date.parse('2009-01-01T00:00:00Z');

type Position = Extract<SuppressionsCursor, { phase: 'window' }>;

/**
 * Addresses that SendGrid does not send to any more. Pages go by time, in spans that one answer holds: no order is promised,
 * and whoever is taken off a list would move the others up a page. Only one second that holds more is read by pages.
 */
export const suppressions: Stream<SendgridApi> = defineStream<SendgridApi, JsonObject, SuppressionsCursor>({
  name: 'suppressions',
  record: suppressionRecord,
  cursor: suppressionsCursor,
  mappings: { recipient: recipientMapping },
  read,
});

async function* read(
  api: SendgridApi,
  last: SuppressionsCursor | undefined,
  options: ReadOptions,
): AsyncIterable<RecordPage<SuppressionsCursor>> {
  const limit = Math.min(options.pageSize ?? SUPPRESSION_PAGE, SUPPRESSION_PAGE);
  let at: Position = last?.phase === 'window' ? last : openWindow(api, last, options.now);
  let span = Number.POSITIVE_INFINITY;
  while (!options.signal.aborted) {
    // Pages are of one second only.
    const end = Math.min(at.until, at.at + (at.offset > 0 ? SECOND : span));
    const found = await api.listSuppressions(at.list, {
      from: at.at / SECOND,
      to: end / SECOND - 1,
      limit,
      offset: at.offset,
    });
    const isFull = found.length >= limit;
    if (isFull && end - at.at > SECOND) {
      span = Math.max(SECOND, Math.floor((end - at.at) / 2 / SECOND) * SECOND);
      continue;
    }
    const next: SuppressionsCursor = isFull ? { ...at, offset: at.offset + found.length } : after(at, end);
    const records = found.map((one) => (isJsonObject(one) ? { ...one, list: at.list } : one));
    const ends = next.phase === 'done' && next.until >= flooredNow(options.now);
    if (records.length > 0 || ends) yield { mapping: 'recipient', records, checkpoint: next };
    if (ends) return;
    span = isFull
      ? SECOND
      : next.phase === 'window' && next.list === at.list
        ? (end - at.at) * 2
        : Number.POSITIVE_INFINITY;
    // A run that finished what an older one began goes on to its own end.
    at = next.phase === 'window' ? next : openWindow(api, next, options.now);
  }
}

function openWindow(api: SendgridApi, last: SuppressionsCursor | undefined, now: Date): Position {
  const from = last === undefined ? BEGINNING : Math.max(BEGINNING, last.until - lookbackMs(api.config));
  const until = Math.max(from + SECOND, last?.until ?? 0, flooredNow(now));
  return { v: 1, phase: 'window', list: LISTS[0], from, until, at: from, offset: 0 };
}

function after(at: Position, end: number): SuppressionsCursor {
  if (end < at.until) return { ...at, at: end, offset: 0 };
  const list = LISTS[LISTS.indexOf(at.list) + 1];
  if (list === undefined) return { v: 1, phase: 'done', until: at.until };
  return { ...at, list, at: at.from, offset: 0 };
}

/** The second that is not over yet is left to the next run. */
function flooredNow(now: Date): number {
  return Math.floor(now.getTime() / SECOND) * SECOND;
}
