import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import { openFile } from '../../lib/connectors/files/open-file.ts';
import { config } from '../../lib/connectors/google-analytics/config.ts';
import { openExport } from '../../lib/connectors/google-analytics/mapping.ts';
import type { ActivityChange } from '../../lib/domain/change.ts';
import type { JsonObject } from '../../lib/domain/json.ts';
import { exportedOrder, exportedRow } from '../vendors/google-analytics/rows.ts';

const at = '2026-11-21T04:00:00.000Z';

function map(row: unknown, settings: object = {}) {
  return openExport(config.parse(settings)).map({ row, at }, 'ga');
}

function activityOf(row: JsonObject, settings: object = {}): ActivityChange {
  const mapped = map(row, settings);
  const [change] = mapped.ok ? mapped.changes : [];
  if (change?.kind !== 'activity') throw new Error('the row became no activity');
  return change;
}

function rejectionOf(row: unknown, settings: object = {}) {
  const mapped = map(row, settings);
  return mapped.ok ? undefined : mapped.rejection;
}

describe('a row of the export', () => {
  it('is an activity of the browser, at its own millisecond, in the words of segments', () => {
    expect(activityOf(exportedRow('page_view'))).toEqual({
      kind: 'activity',
      fragment: 'ga:client:1234567890.1795000000',
      at: '2026-11-20T09:00:00.123Z',
      mapping: 1,
      identifiers: [{ type: 'ga_client_id', value: '1234567890.1795000000' }],
      id: expect.stringMatching(/^ga4:[0-9a-f]{32}$/),
      name: 'Page Viewed',
      visit: true,
      properties: {
        event: 'page_view',
        url: 'https://shop.example.com/boots',
        title: 'Boots',
        session_id: '1795165100',
        engaged_ms: 1520,
        source: 'newsletter',
        medium: 'email',
        platform: 'WEB',
        device: 'mobile',
        os: 'iOS',
        browser: 'Safari',
        language: 'de-de',
        country: 'Germany',
        region: 'Berlin',
      },
    });
  });

  it('is the user’s where the connection says what user_id is, and joins the browser', () => {
    const told = activityOf(exportedOrder({ user_id: 'u1' }), { user_id: 'user_id' });

    expect(told.fragment).toBe('ga:user:u1');
    expect(told.identifiers).toEqual([
      { type: 'user_id', value: 'u1' },
      { type: 'ga_client_id', value: '1234567890.1795000000' },
    ]);
  });

  it('says nothing of a user where the connection does not say what user_id is', () => {
    const told = activityOf(exportedOrder({ user_id: 'u1' }));

    expect(told.fragment).toBe('ga:client:1234567890.1795000000');
    expect(told.identifiers).toEqual([{ type: 'ga_client_id', value: '1234567890.1795000000' }]);
  });

  it('takes an app’s instance for no cookie of a browser', () => {
    const told = activityOf(exportedRow('screen_view', { platform: 'IOS', user_pseudo_id: 'A1B2' }));

    expect(told.fragment).toBe('ga:client:A1B2');
    expect(told.identifiers).toEqual([]);
  });

  it('has the money, the products and the parameters that the connection names', () => {
    const { name, properties } = activityOf(exportedOrder(), { event_properties: { plan: 'plan_name' } });

    expect({ name, ...properties }).toMatchObject({
      name: 'Order Completed',
      order_id: 'o-17',
      value: 129.9,
      currency: 'EUR',
      plan: 'gold',
      products: [{ product_id: 'b-1', name: 'Boots', price: 129.9, quantity: 1 }],
    });
  });

  it('leaves out what Google calls not set, so that no order has that number', () => {
    const { properties = {} } = activityOf(exportedOrder({ ecommerce: { transaction_id: '(not set)' } }));

    expect(Object.hasOwn(properties, 'order_id')).toBe(false);
  });

  it('goes by the name that the connection gives it', () => {
    const settings = { events: { demo_booked: 'Demo Booked', page_view: 'Page Read' } };

    expect(activityOf(exportedRow('demo_booked'), settings).name).toBe('Demo Booked');
    expect(activityOf(exportedRow('page_view'), settings).name).toBe('Page Read');
  });

  it('is no visit where Google counts it to no session', () => {
    expect(activityOf(exportedRow('purchase', { event_params: [] })).visit).toBeUndefined();
  });

  it.each([
    ['another moment of the same millisecond', { event_timestamp: '1795165200123457' }],
    ['another bundle', { event_bundle_sequence_id: '5' }],
    ['another place in the batch', { batch_event_index: '3' }],
    ['another browser', { user_pseudo_id: '2.2' }],
  ])('has an id of its own: %s', (_, more) => {
    expect(activityOf(exportedRow('scroll', more)).id).not.toBe(activityOf(exportedRow('scroll')).id);
  });

  it('keeps its id when the day is written anew with more known of it', () => {
    const anew = exportedRow('scroll', {
      user_id: 'u1',
      session_traffic_source_last_click: {},
      geo: { country: 'Austria' },
    });

    expect(activityOf(anew).id).toBe(activityOf(exportedRow('scroll')).id);
  });

  it('is the same from Parquet, where numbers are numbers and what is empty is null', () => {
    const row = exportedRow('page_view', {
      event_timestamp: 1_795_165_200_123_456,
      event_bundle_sequence_id: -1_183_529_387,
      batch_event_index: 2,
      batch_page_id: 1_795_165_199_000,
      batch_ordering_id: 1,
      user_id: null,
      ecommerce: null,
      items: [],
      event_params: [
        {
          key: 'ga_session_id',
          value: { string_value: null, int_value: 1_795_165_100, float_value: null, double_value: null },
        },
        { key: 'page_title', value: { string_value: 'Boots', int_value: null, float_value: null, double_value: null } },
      ],
    });

    const { id, properties } = activityOf(row);

    expect(id).toBe(activityOf(exportedRow('page_view')).id);
    expect(properties).toMatchObject({ title: 'Boots', session_id: '1795165100' });
  });

  it.each(['ndjson', 'parquet'])('comes from a file as BigQuery exports it: %s', async (form) => {
    const file = await openFile(await exportedAs(form, [exportedRow('page_view'), exportedOrder()]));
    const told: ActivityChange[] = [];
    for await (const rows of file.rows()) {
      for (const one of rows) if ('row' in one) told.push(activityOf(one.row));
    }

    expect(file.form).toBe(form);
    expect(told).toEqual([activityOf(exportedRow('page_view')), activityOf(exportedOrder())]);
  });

  it.each([
    ['an event that has no name here', exportedRow('of_tomorrow'), 'google-analytics/unknown-event', 'of_tomorrow'],
    ['nobody', exportedRow('page_view', { user_pseudo_id: null }), 'google-analytics/nobody', 'user_pseudo_id'],
    [
      'a time of another form',
      exportedRow('page_view', { event_timestamp: '20261120' }),
      'google-analytics/bad-row',
      'microseconds',
    ],
    ['no event', { event_timestamp: '1795165200123456' }, 'google-analytics/bad-row', 'event_name'],
    ['no row', 7, 'google-analytics/bad-row', 'events_YYYYMMDD'],
  ])('is rejected for %s', (_, row, code, says) => {
    const rejection = rejectionOf(row);

    expect(rejection?.code).toBe(code);
    expect(rejection?.reason).toContain(says);
  });

  it('repeats no name of an event that is none', () => {
    expect(rejectionOf(exportedRow('ann@example.com'))?.reason).not.toContain('ann');
  });
});

describe('config', () => {
  it.each([
    [{ user_id: 'User ID' }, 'a type of identifier'],
    [{ events: { 'demo booked': 'Demo Booked' } }, 'expected the name of an event'],
    [{ event_properties: { plan: 'plan.name' } }, 'expected the name of a parameter'],
  ])('refuses %j', (given, wanted) => {
    const result = config.safeParse(given);

    expect(JSON.stringify(result.error?.issues)).toContain(wanted);
  });
});

/** Rows in a file; of Parquet with int64 as numbers and nested lists, as the export has them. */
async function exportedAs(form: string, rows: readonly JsonObject[]) {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-export-'));
  const text = join(folder, 'events.ndjson');
  const table = join(folder, 'events.parquet');
  writeFileSync(text, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  if (form === 'parquet') {
    const instance = await DuckDBInstance.create();
    const connection = await instance.connect();
    const int64 = ['event_timestamp', 'event_bundle_sequence_id', 'batch_page_id', 'batch_event_index'];
    const typed = int64.map((name) => `${name}::bigint as ${name}`).join(', ');
    await connection.run(
      `copy (select * replace (${typed}) from read_json_auto('${text}')) to '${table}' (format parquet)`,
    );
    connection.closeSync();
    instance.closeSync();
  }
  const bytes = readFileSync(form === 'parquet' ? table : text);
  rmSync(folder, { recursive: true, force: true });
  return {
    byteLength: bytes.byteLength,
    async *bytes() {
      yield bytes;
    },
    slice: async (start: number, end?: number) => Uint8Array.from(bytes.subarray(start, end)).buffer,
  };
}
