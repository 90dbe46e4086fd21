import type { Manifest } from '../contract.ts';

export const manifest: Manifest = {
  id: 'google-ads',
  title: 'Google Ads (Customer Match)',
  vendorApi: { version: 'Data Manager API v1', docs: 'https://developers.google.com/data-manager/api' },
  limits: {
    maxConcurrency: 4,
    // 300 a minute and 100,000 a day, for each Google Cloud project.
    maxRequestsPerSecond: 5,
    maxRequestsPerDay: 100_000,
    evidence: { source: 'https://developers.google.com/data-manager/api/limits', readOn: '2026-11-26' },
  },
};

/** Most members of one request. */
export const MOST_MEMBERS = 10_000;
/** Most that Google keeps anybody on a list after they were last added (since 2025-04-07). */
export const MOST_DAYS = 540;
