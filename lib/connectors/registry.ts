import type { AnyConnector } from './define.ts';
import { files } from './files/index.ts';
import { forms } from './forms/index.ts';
import { googleAds } from './google-ads/index.ts';
import { googleAnalytics } from './google-analytics/index.ts';
import { hubspot } from './hubspot/index.ts';
import { klaviyo } from './klaviyo/index.ts';
import { linkedin } from './linkedin/index.ts';
import { mailchimp } from './mailchimp/index.ts';
import { meta } from './meta/index.ts';
import { salesforce } from './salesforce/index.ts';
import { sendgrid } from './sendgrid/index.ts';
import { surveymonkey } from './surveymonkey/index.ts';
import { webhook } from './webhook/index.ts';

/** Every connector by the name that `connector:` in tributary.yaml uses: its folder's name. Alphabetical. */
export const connectors: Readonly<Record<string, AnyConnector>> = {
  files,
  forms,
  'google-ads': googleAds,
  'google-analytics': googleAnalytics,
  hubspot,
  klaviyo,
  linkedin,
  mailchimp,
  meta,
  salesforce,
  sendgrid,
  surveymonkey,
  webhook,
};
