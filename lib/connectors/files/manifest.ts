import type { Manifest } from '../contract.ts';

export const manifest: Manifest = {
  id: 'files',
  title: 'Files (CSV, NDJSON, Parquet)',
  vendorApi: { version: 'RFC 4180', docs: 'https://www.rfc-editor.org/rfc/rfc4180' },
  limits: {
    // Batches of rows that one import has on their way.
    maxConcurrency: 4,
    evidence: { source: 'no tool is asked: the command line sends what is in the file', readOn: '2026-11-26' },
  },
  signsIn: false,
};
