import type { Manifest } from '../contract.ts';

export const manifest: Manifest = {
  id: 'google-analytics',
  title: 'Google Analytics 4 (reports, BigQuery export)',
  vendorApi: {
    version: 'Data API v1beta; export schema of 2026',
    docs: 'https://developers.google.com/analytics/devguides/reporting/data/v1',
  },
  limits: {
    // Ten for a standard property, of everybody who asks it. As many batches of rows has an import on their way.
    maxConcurrency: 4,
    evidence: {
      source: 'https://developers.google.com/analytics/devguides/reporting/data/v1/quotas',
      readOn: '2026-11-26',
    },
  },
  signsIn: 'streams',
};

/** Rows of one answer: what the API gives by itself; it would give 250,000. */
export const PAGE = 10_000;
/** Tokens of a day, of a standard property and of one of Analytics 360 (limits and quotas, read on 2026-11-26). */
export const TOKENS = { standard: 200_000, premium: 2_000_000 } as const;
/** GA4 counts a day anew for so many days (BigQuery export documentation; reports are of the same data). */
export const OPEN_DAYS = 3;
