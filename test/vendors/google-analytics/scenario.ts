import { createHash } from 'node:crypto';
import { googleAnalytics } from '../../../lib/connectors/google-analytics/index.ts';
import type { Scenario } from '../../conformance/scenario.ts';
import { simulatedKeyFile } from '../google-sign-in.ts';
import { exportedOrder, exportedRow } from './rows.ts';
import { type GoogleAnalyticsSimulator, PROPERTY, startGoogleAnalytics } from './server.ts';

const at = '2026-11-21T04:00:00.000Z';
const hashed = createHash('sha256').update('ann@example.com').digest('hex').slice(0, 32);

const channels = ['Direct', 'Organic Search', 'Email'];
const days = ['2026-11-15', '2026-11-16', '2026-11-17', '2026-11-18', '2026-11-19', '2026-11-20'];
/** The days that GA4 may still change when the clock stands where the suite begins. */
const open = days.slice(-3);
const keyFile = simulatedKeyFile();

/** Reports by the Data API, and rows of the export as files. */
export const googleAnalyticsScenario: Scenario<GoogleAnalyticsSimulator> = {
  connector: googleAnalytics,
  config: {
    property: PROPERTY,
    history_days: 10,
    reports: { channels: { dimensions: ['sessionDefaultChannelGroup'], metrics: ['activeUsers', 'sessions'] } },
    user_id: 'user_id',
    events: { demo_booked: 'Demo Booked' },
    event_properties: { plan: 'plan_name' },
  },
  secret: { client_email: keyFile.client_email, private_key: keyFile.private_key },
  start: (now) => startGoogleAnalytics({ now }),
  secrets: ['ann@example.com', 'shop.example.com', keyFile.private_key, 'ya29.'],
  usage: (vendor) => ({ used: vendor.tokensUsed(), limit: 200_000 }),
  streams: {
    reports: {
      pageSize: 4,
      seed({ property }) {
        for (const day of days) {
          for (const [at, channel] of channels.entries()) {
            property.visit(day, { sessionDefaultChannelGroup: channel }, { times: at + 2 });
          }
        }
        property.visit('2026-11-17', { sessionDefaultChannelGroup: 'Display' });
        property.damage('2026-11-17', 'many');
      },
      expected: () => days.flatMap((day) => channels.flatMap((channel) => namesOf(day, channel))),
      rejected: 1,
      overlap: () => open.flatMap((day) => channels.flatMap((channel) => namesOf(day, channel))),
      touch({ property }) {
        property.visit('2026-11-20', { sessionDefaultChannelGroup: 'Paid Social' });
        return namesOf('2026-11-20', 'Paid Social');
      },
    },
  },
  imports: {
    records: [
      { row: exportedRow('page_view'), at },
      { row: exportedOrder({ user_id: 'u1' }), at },
      { row: exportedRow('demo_booked', { user_id: 'ann@example.com' }), at },
    ],
    expected: ['conformance:client:1234567890.1795000000', 'conformance:user:u1', `conformance:user:${hashed}`],
    unusable: [
      { row: exportedRow('of_tomorrow'), at },
      { row: exportedRow('ann@example.com'), at },
      { row: exportedRow('page_view', { user_pseudo_id: null }), at },
      { row: exportedRow('page_view', { event_timestamp: '2026-11-20' }), at },
      { row: { email: 'ann@example.com' }, at },
      { event_name: 'page_view' },
    ],
  },
};

/** Figures of one row, as the suite names them. */
function namesOf(day: string, channel: string): string[] {
  return ['activeUsers', 'sessions'].map((metric) => `${day} channels ${metric} sessionDefaultChannelGroup=${channel}`);
}
