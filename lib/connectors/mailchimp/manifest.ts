import type { Manifest } from '../contract.ts';

export const manifest: Manifest = {
  id: 'mailchimp',
  title: 'Mailchimp Marketing',
  vendorApi: { version: '3.0', docs: 'https://mailchimp.com/developer/marketing/api/' },
  limits: {
    maxConcurrency: 10,
    evidence: {
      source: 'https://mailchimp.com/developer/marketing/docs/fundamentals/#throttling',
      readOn: '2026-08-22',
    },
  },
};

/** Most items in one answer; asking for more gives this many. */
export const MAX_PAGE = 1_000;
