import type { Manifest } from '../contract.ts';

export const manifest: Manifest = {
  id: 'klaviyo',
  title: 'Klaviyo',
  vendorApi: { version: '2026-07-15', docs: 'https://developers.klaviyo.com/en/reference/api_overview' },
  limits: {
    maxConcurrency: 4,
    // Each endpoint has limits of its own: 750 a minute for profiles and lists, fewer for writes. Those answer 429 in time.
    maxRequestsPerSecond: 10,
    evidence: {
      source: 'https://developers.klaviyo.com/en/docs/rate_limits_and_error_handling',
      readOn: '2026-11-26',
    },
  },
};

/** Sent with each request: Klaviyo keeps a revision for two years. */
export const REVISION = manifest.vendorApi.version;
/** Most profiles of one page, of all profiles and of a list; most events (the operation's own text says 200). */
export const PROFILE_PAGE = 100;
export const EVENT_PAGE = 200;
/** Most profiles of one change of a list. */
export const LIST_BATCH = 1_000;
/** Values of one `any(…)`: no limit is stated, and they all stand in the URL. */
export const ANY_OF = 50;
