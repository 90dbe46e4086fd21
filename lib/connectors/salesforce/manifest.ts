import type { Manifest } from '../contract.ts';

export const manifest: Manifest = {
  id: 'salesforce',
  title: 'Salesforce',
  vendorApi: { version: '60.0', docs: 'https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/' },
  limits: {
    // Salesforce refuses the 26th request that runs longer than 20 seconds, counted over every tool of the org.
    maxConcurrency: 5,
    evidence: {
      source:
        'Salesforce Developer Limits and Allocations Quick Reference: concurrent API requests, daily API requests',
      readOn: '2026-08-22',
    },
  },
};
