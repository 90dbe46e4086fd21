import * as z from 'zod';
import { googleKey } from '../google-sign-in.ts';
import { MOST_DAYS } from './manifest.ts';

const DIGITS = /^\d{10}$/;

/** `769-372-9833` as Google Ads shows it, or without dashes. YAML may read the latter as a number. */
const customer = z
  .union([z.string(), z.number()], { error: 'expected a customer id such as 769-372-9833' })
  .transform((told, context) => {
    const digits = String(told).replaceAll('-', '');
    if (DIGITS.test(digits)) return digits;
    context.addIssue('expected a customer id of ten digits such as 769-372-9833');
    return z.NEVER;
  });

const topic = z.string().regex(/^[a-z][a-z0-9_.-]{0,60}$/, 'expected a purpose as in needs: of an audience');

/** What an operator says about a Google Ads connection in tributary.yaml. */
export const config = z.strictObject({
  /** The account whose lists are filled. */
  customer_id: customer,
  /** The manager account through which the service account reaches it. */
  login_customer_id: customer.optional(),
  /** Said by the operator with every addition; nobody else can. */
  customer_match_terms: z.literal('accepted', {
    error: 'expected accepted: without the Customer Match terms of the account Google takes nobody',
  }),
  /** How long Google keeps somebody on a list that we make, after they were last added. */
  membership_days: z.int().min(1).max(MOST_DAYS).default(MOST_DAYS),
  /** The purposes of the workspace that Google's two are. */
  consent: z
    .strictObject({
      ad_user_data: topic.default('ad_user_data'),
      ad_personalization: topic.default('ad_personalization'),
    })
    .prefault({}),
});

export const secret = googleKey;

export type Config = z.infer<typeof config>;
export type Secret = z.infer<typeof secret>;
