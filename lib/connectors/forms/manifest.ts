import type { Manifest } from '../contract.ts';

export const manifest: Manifest = {
  id: 'forms',
  title: 'Forms and surveys',
  vendorApi: { version: 'webhooks; Typeform Responses API', docs: 'https://www.typeform.com/developers/' },
  limits: {
    maxConcurrency: 2,
    // Typeform's, for each token. Nothing is asked of the other tools.
    maxRequestsPerSecond: 2,
    evidence: { source: 'https://www.typeform.com/developers/get-started/', readOn: '2026-08-22' },
  },
};

/** Most responses of one page (Typeform Responses API, `page_size`). */
export const RESPONSE_PAGE = 1_000;
