import type { Manifest } from '../contract.ts';

export const manifest: Manifest = {
  id: 'webhook',
  title: 'Any channel, by signed webhook',
  vendorApi: { version: '1', docs: 'https://www.standardwebhooks.com' },
  limits: {
    maxConcurrency: 2,
    evidence: { source: 'https://www.standardwebhooks.com', readOn: '2026-08-22' },
  },
};

/** Members of one request: with a few fields each they stay near the 20 kB that the specification advises. */
export const MOST_MEMBERS = 100;
/** More of an answer is not read. An outcome of everybody takes a tenth of it. */
export const MOST_ANSWER_BYTES = 200_000;
