import type { Manifest } from '../contract.ts';

export const manifest: Manifest = {
  id: 'hubspot',
  title: 'HubSpot',
  vendorApi: { version: 'v3', docs: 'https://developers.hubspot.com/docs/api-reference' },
  limits: {
    maxConcurrency: 4,
    // Of the search endpoints, which a pull uses most: five a second for the whole account. All others take ten.
    maxRequestsPerSecond: 4,
    evidence: {
      source: 'https://developers.hubspot.com/docs/api-reference/search/guide#limitations',
      readOn: '2026-08-22',
    },
  },
};

/** Most records of one answer of a search, and of one page of a listing. */
export const SEARCH_PAGE = 200;
export const LIST_PAGE = 100;
/** Most inputs of one batch of objects, and of one batch of associations (changelog of 2025-02-10). */
export const BATCH = 100;
export const ASSOCIATION_BATCH = 1_000;
/** Most members of one page of a list (lists API, `limit`). */
export const MEMBER_PAGE = 250;
/** Most submissions of one page (forms API v1, `limit`), and most e-mail events. */
export const SUBMISSION_PAGE = 50;
export const EVENT_PAGE = 1_000;
