import * as z from 'zod';

const MINUTE = 60_000;

const property = z
  .string()
  .regex(/^(?:company\.)?[a-z][a-z0-9_]*$/, 'expected the internal name of a property, such as tier or company.tier');

/** What an operator says about a HubSpot connection in tributary.yaml. */
export const config = z.strictObject({
  /** How far each run reads back before the last one's end: the search index lags behind what was written. */
  lookback_minutes: z.number().int().min(2).max(1440).default(5),
  /** How often deleted records are looked for. Each time all of the last 90 days are listed; a webhook tells at once. */
  deletions_every_hours: z.number().int().min(1).max(168).default(6),
  /** Traits from the account's own properties: `tier: customer_tier` of contacts, `segment: company.segment` of companies. */
  fields: z.record(z.string().regex(/^[a-z0-9_]+(?:\.[a-z0-9_]+)*$/, 'expected a trait name'), property).default({}),
  /** Properties of contacts that mean "no" for a topic when they are true: `newsletter: hs_email_optout_8421`. */
  opt_outs: z.record(z.string().regex(/^[a-z0-9_]+$/, 'expected a topic such as newsletter'), property).default({}),
  /** Subscription types that speak for a topic, by their ids: `email: 8421`. Only these can say "yes". */
  subscriptions: z
    .record(z.string().regex(/^[a-z0-9_]+$/, 'expected a topic such as email'), z.int().min(1))
    .default({}),
  /** Stages that mean won or lost, for deals that do not say so themselves. */
  won_stages: z.array(z.string().min(1)).default(['closedwon']),
  lost_stages: z.array(z.string().min(1)).default(['closedlost']),
  /** Only these forms' submissions are read; without it, those of all forms. */
  forms: z.array(z.string().regex(/^[0-9a-f-]{36}$/i, 'expected the id of a form')).optional(),
  /** The URL that HubSpot calls, as it is written there, where a proxy gives ours another host or path. */
  webhook_url: z.url('expected the URL that HubSpot calls').optional(),
});

/**
 * Either `access_token` (a private app's), or `client_id`, `client_secret` and `refresh_token` (OAuth). Webhooks need
 * `client_secret` in both cases: it is what HubSpot signs with.
 */
export const secret = z
  .strictObject({
    access_token: z.string('expected the access token of a private app').min(1).optional(),
    client_id: z.string().min(1).optional(),
    client_secret: z.string().min(1).optional(),
    refresh_token: z.string().min(1).optional(),
  })
  .refine(
    (given) =>
      given.access_token !== undefined ||
      (given.client_id !== undefined && given.client_secret !== undefined && given.refresh_token !== undefined),
    'expected access_token, or client_id, client_secret and refresh_token together',
  );

export type Config = z.infer<typeof config>;
export type Secret = z.infer<typeof secret>;

export function lookbackMs({ lookback_minutes }: Config): number {
  return lookback_minutes * MINUTE;
}
