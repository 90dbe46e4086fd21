import { createHash } from 'node:crypto';
import { googleAnalytics } from '../../../lib/connectors/google-analytics/index.ts';
import type { Scenario } from '../../conformance/scenario.ts';
import { exportedOrder, exportedRow } from './rows.ts';

const at = '2026-11-21T04:00:00.000Z';
const hashed = createHash('sha256').update('ann@example.com').digest('hex').slice(0, 32);

/** The export is files: there is no tool to ask, and what there is to hold to the contract is what becomes of rows. */
export const googleAnalyticsScenario: Scenario = {
  connector: googleAnalytics,
  config: { user_id: 'user_id', events: { demo_booked: 'Demo Booked' }, event_properties: { plan: 'plan_name' } },
  secret: {},
  start: async () => ({ url: 'http://127.0.0.1:9', close: async () => {} }),
  secrets: ['ann@example.com', 'shop.example.com'],
  streams: {},
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
