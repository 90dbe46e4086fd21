import type { Manifest } from '../contract.ts';

export const manifest: Manifest = {
  id: 'surveymonkey',
  title: 'SurveyMonkey',
  vendorApi: { version: 'v3', docs: 'https://developer.surveymonkey.com/api/v3/' },
  limits: {
    maxConcurrency: 2,
    // 120 a minute for a draft or private app; 500 a day, which answers say, for other plans have more.
    maxRequestsPerSecond: 2,
    evidence: {
      source: 'https://developer.surveymonkey.com/api/v3/#request-and-response-limits',
      readOn: '2026-11-26',
    },
  },
};

/** Most responses of one answer with all their answers (`per_page` of `responses/bulk`). */
export const PAGE = 100;
