import type { Registry } from './define.ts';

/**
 * Every connector by the name that `connector:` in tributary.yaml uses: its folder's name. Alphabetical. Each is loaded by
 * the first who asks for it, because a workspace uses two or three of them.
 */
export const connectors: Registry = {
  files: async () => (await import('./files/index.ts')).files,
  forms: async () => (await import('./forms/index.ts')).forms,
  'google-ads': async () => (await import('./google-ads/index.ts')).googleAds,
  'google-analytics': async () => (await import('./google-analytics/index.ts')).googleAnalytics,
  hubspot: async () => (await import('./hubspot/index.ts')).hubspot,
  klaviyo: async () => (await import('./klaviyo/index.ts')).klaviyo,
  linkedin: async () => (await import('./linkedin/index.ts')).linkedin,
  mailchimp: async () => (await import('./mailchimp/index.ts')).mailchimp,
  meta: async () => (await import('./meta/index.ts')).meta,
  salesforce: async () => (await import('./salesforce/index.ts')).salesforce,
  sendgrid: async () => (await import('./sendgrid/index.ts')).sendgrid,
  surveymonkey: async () => (await import('./surveymonkey/index.ts')).surveymonkey,
  webhook: async () => (await import('./webhook/index.ts')).webhook,
};
