import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Json, JsonObject } from '../../domain/json.ts';

/**
 * A row of `events_YYYYMMDD`, as BigQuery exports it as JSON or Parquet (schema: https://support.google.com/analytics/answer/7029846).
 * In JSON, int64 are texts and empty fields are left out; in Parquet they are numbers and null.
 */

/** Text, or a number, of which BigQuery makes texts. Null and what Google writes for "nothing" are absent. */
const text = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((told) => (told === null || told === undefined || NOTHING.has(String(told)) ? undefined : String(told)));
const amount = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((told) => (told === null || told === undefined || told === '' ? undefined : Number(told)))
  .transform((number) => (Number.isFinite(number) ? number : undefined));

const NOTHING: ReadonlySet<string> = new Set(['', '(not set)']);

const value = z
  .object({ string_value: z.string().nullish(), int_value: amount, float_value: amount, double_value: amount })
  .nullish()
  .transform((held): Json | undefined => {
    const words = held?.string_value;
    if (words !== null && words !== undefined) return NOTHING.has(words) ? undefined : words;
    return held?.int_value ?? held?.double_value ?? held?.float_value;
  });

const parameters = z
  .array(z.object({ key: z.string(), value }))
  .nullish()
  .transform((all) => {
    const told = (all ?? []).flatMap(({ key, value: one }) => (one === undefined ? [] : [[key, one] as const]));
    return Object.fromEntries(told);
  });

const item = z
  .object({
    item_id: text,
    item_name: text,
    item_brand: text,
    item_variant: text,
    item_category: text,
    coupon: text,
    price: amount,
    quantity: amount,
  })
  .transform((told) =>
    filled({
      product_id: told.item_id,
      name: told.item_name,
      brand: told.item_brand,
      variant: told.item_variant,
      category: told.item_category,
      coupon: told.coupon,
      price: told.price,
      quantity: told.quantity,
    }),
  );

/** Microseconds of this century. */
const micros = z.union([z.string(), z.number()]).transform((told, context) => {
  const number = Number(told);
  if (/^\d{15,16}$/.test(String(told)) && Number.isSafeInteger(number)) return number;
  context.addIssue('expected microseconds since 1970, as the export has them');
  return z.NEVER;
});

const part = <Shape extends z.ZodRawShape>(shape: Shape) => z.object(shape).nullish();

export const exportRow = z.object({
  event_name: z.string('expected the name of an event').min(1, 'expected the name of an event'),
  event_timestamp: micros,
  event_params: parameters,
  event_bundle_sequence_id: text,
  batch_page_id: text,
  batch_ordering_id: text,
  batch_event_index: text,
  stream_id: text,
  platform: text,
  user_id: text,
  user_pseudo_id: text,
  device: part({
    category: text,
    operating_system: text,
    language: text,
    web_info: part({ browser: text }),
  }),
  geo: part({ country: text, region: text, city: text }),
  collected_traffic_source: part({
    manual_source: text,
    manual_medium: text,
    manual_campaign_name: text,
    manual_term: text,
    manual_content: text,
  }),
  ecommerce: part({ transaction_id: text, purchase_revenue: amount, refund_value: amount }),
  items: z.array(item).nullish(),
});

export type ExportRow = z.infer<typeof exportRow>;

/** The same event has the same id in the intraday table, in the daily one, and when a day is written anew. */
export function eventId(row: ExportRow): string {
  const parts = [
    row.user_pseudo_id ?? row.user_id,
    row.stream_id,
    row.event_timestamp,
    row.event_name,
    row.event_bundle_sequence_id,
    row.batch_page_id,
    row.batch_ordering_id,
    row.batch_event_index,
  ];
  const digest = createHash('sha256').update(JSON.stringify(parts.map((one) => one ?? null)));
  return `ga4:${digest.digest('hex').slice(0, 32)}`;
}

/** What an activity says of the row, without what the row leaves open. */
export function propertiesOf({ event_params: told, ...row }: ExportRow): JsonObject {
  const { device, geo, collected_traffic_source: source, ecommerce, items } = row;
  const session = told.ga_session_id;
  return filled({
    url: told.page_location,
    title: told.page_title,
    referrer: told.page_referrer,
    session_id: session === undefined ? undefined : String(session),
    engaged_ms: told.engagement_time_msec,
    search_term: told.search_term,
    method: told.method,
    source: source?.manual_source,
    medium: source?.manual_medium,
    campaign: source?.manual_campaign_name,
    term: source?.manual_term,
    content: source?.manual_content,
    platform: row.platform,
    device: device?.category,
    os: device?.operating_system,
    browser: device?.web_info?.browser,
    language: device?.language,
    country: geo?.country,
    region: geo?.region,
    city: geo?.city,
    order_id: ecommerce?.transaction_id ?? told.transaction_id,
    value: numberIn(told.value) ?? ecommerce?.purchase_revenue ?? ecommerce?.refund_value,
    currency: told.currency,
    products: items === null || items === undefined || items.length === 0 ? undefined : items,
  });
}

function numberIn(told: Json | undefined): number | undefined {
  return typeof told === 'number' ? told : undefined;
}

function filled(values: Readonly<Record<string, Json | undefined>>): JsonObject {
  return Object.fromEntries(Object.entries(values).filter((pair): pair is [string, Json] => pair[1] !== undefined));
}
