import type { Manifest } from '../contract.ts';

export const manifest: Manifest = {
  id: 'sendgrid',
  title: 'SendGrid',
  vendorApi: { version: 'v3', docs: 'https://www.twilio.com/docs/sendgrid/api-reference' },
  limits: {
    maxConcurrency: 4,
    // Each endpoint has a limit of its own: answers of Marketing Campaigns showed 600 and 200 a minute (x-ratelimit-limit).
    maxRequestsPerSecond: 3,
    evidence: {
      source: 'https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/rate-limits',
      readOn: '2026-11-26',
    },
  },
};

/** Most contacts that a search shows; there is no second page of it. */
export const SEARCH_PAGE = 50;
/** Most ids, and most addresses, of one look-up. Ids to remove stand in a URL, whose length no document limits. */
export const LOOK_UP = 100;
/** Most suppressions of one answer. */
export const SUPPRESSION_PAGE = 500;
/** An upsert takes 30,000 contacts; each hundred of a batch is looked up before, and again after it. */
export const LIST_BATCH = 1_000;
/** Megabytes of one file of an export, which is held in memory while it is read. */
export const EXPORT_FILE_MB = 10;
