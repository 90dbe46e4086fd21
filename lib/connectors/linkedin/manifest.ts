import type { Manifest } from '../contract.ts';

export const manifest: Manifest = {
  id: 'linkedin',
  title: 'LinkedIn',
  vendorApi: { version: '202604', docs: 'https://learn.microsoft.com/en-us/linkedin/marketing/' },
  limits: {
    maxConcurrency: 4,
    // Users of segments: 600 requests a minute for each member and app. What may be asked in a day is not published.
    maxRequestsPerSecond: 10,
    evidence: {
      source: 'https://learn.microsoft.com/en-us/linkedin/marketing/matched-audiences/create-and-manage-segment-users',
      readOn: '2026-11-26',
    },
  },
};

/** Most records that one page is asked for. LinkedIn states no highest count; fifty is what others ask for. */
export const PAGE = 50;
/** Most users of one change of a segment (reference of dmpSegments/users; the public clients of two vendors). */
export const USERS = 5_000;
