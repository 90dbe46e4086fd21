import type { Manifest } from '../contract.ts';

export const manifest: Manifest = {
  id: 'google-analytics',
  title: 'Google Analytics 4 (BigQuery export)',
  vendorApi: { version: 'export schema of 2026', docs: 'https://support.google.com/analytics/answer/7029846' },
  limits: {
    // Batches of rows that one import has on their way.
    maxConcurrency: 4,
    evidence: { source: 'no tool is asked: rows of the export are sent to us', readOn: '2026-11-26' },
  },
  signsIn: false,
};
