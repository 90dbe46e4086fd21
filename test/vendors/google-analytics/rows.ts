import type { JsonObject } from '../../../lib/domain/json.ts';

/**
 * Rows as BigQuery writes `events_YYYYMMDD` as newline-delimited JSON: int64 are texts, empty fields are left out. Columns by
 * https://support.google.com/analytics/answer/7029846.
 */
export function exportedRow(event: string, more: JsonObject = {}): JsonObject {
  return {
    event_date: '20261120',
    event_timestamp: '1795165200123456',
    event_name: event,
    event_params: [
      { key: 'ga_session_id', value: { int_value: '1795165100' } },
      { key: 'page_location', value: { string_value: 'https://shop.example.com/boots' } },
      { key: 'page_title', value: { string_value: 'Boots' } },
      { key: 'page_referrer', value: { string_value: '' } },
      { key: 'engagement_time_msec', value: { int_value: '1520' } },
    ],
    event_bundle_sequence_id: '-1183529387',
    batch_event_index: '2',
    batch_page_id: '1795165199000',
    batch_ordering_id: '1',
    user_pseudo_id: '1234567890.1795000000',
    is_active_user: true,
    privacy_info: { analytics_storage: 'Yes', ads_storage: 'Yes', uses_transient_token: 'No' },
    device: {
      category: 'mobile',
      operating_system: 'iOS',
      language: 'de-de',
      web_info: { browser: 'Safari', browser_version: '26.1', hostname: 'shop.example.com' },
    },
    geo: { continent: 'Europe', country: 'Germany', region: 'Berlin', city: '(not set)' },
    collected_traffic_source: { manual_source: 'newsletter', manual_medium: 'email' },
    stream_id: '123456',
    platform: 'WEB',
    ...more,
  };
}

/** An order, as the recommended event `purchase`. */
export function exportedOrder(more: JsonObject = {}): JsonObject {
  return exportedRow('purchase', {
    event_params: [
      { key: 'ga_session_id', value: { int_value: '1795165100' } },
      { key: 'currency', value: { string_value: 'EUR' } },
      { key: 'value', value: { double_value: 129.9 } },
      { key: 'plan_name', value: { string_value: 'gold' } },
    ],
    ecommerce: { transaction_id: 'o-17', purchase_revenue: 129.9, total_item_quantity: '1' },
    items: [{ item_id: 'b-1', item_name: 'Boots', price: 129.9, quantity: '1', item_brand: '(not set)' }],
    ...more,
  });
}
