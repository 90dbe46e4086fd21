import type { Manifest } from '../contract.ts';

export const manifest: Manifest = {
  id: 'meta',
  title: 'Meta (Facebook, Instagram)',
  vendorApi: { version: 'v25.0', docs: 'https://developers.facebook.com/docs/graph-api' },
  limits: {
    maxConcurrency: 4,
    // What may be asked in an hour or a day depends on audiences, leads and followers; Meta says so when it is reached.
    maxRequestsPerSecond: 10,
    evidence: {
      source: 'https://developers.facebook.com/docs/graph-api/overview/rate-limiting',
      readOn: '2026-11-26',
    },
  },
};

/** Stands in each path. */
export const VERSION = manifest.vendorApi.version;
/** Records of one page: Instagram gives at most 50 comments, the others at most 100. */
export const PAGE = 100;
export const INSTAGRAM_PAGE = 50;
/** Days of insights of one answer: Instagram gives 30 of them, pages 90. */
export const INSIGHT_DAYS = 30;
/** Meta counts most of them once a day, and Instagram up to two days later. */
export const OPEN_DAYS = 3;
/** Most rows of one change of a custom audience (reference of custom-audience/users, 2025-10). */
export const ROWS = 10_000;
