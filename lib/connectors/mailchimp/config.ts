import * as z from 'zod';

const DAY_MS = 24 * 60 * 60 * 1000;

/** What an operator says about a Mailchimp connection in tributary.yaml. */
export const config = z.strictObject({
  list: z
    .string()
    .regex(/^[0-9A-Za-z]+$/, 'expected the list id that Mailchimp shows under Audience → Settings, e.g. a1b2c3d4e5'),
  lookback: z
    .string()
    .regex(/^[1-9][0-9]{0,2} days?$/, 'expected a number of days, e.g. 30 days')
    .default('30 days'),
});

/** What the secret of a Mailchimp connection holds. */
export const secret = z.strictObject({
  api_key: z.string().regex(/^\S+-[a-z]+[0-9]+$/, 'expected an API key that ends in its data centre, e.g. …-us6'),
  /** Needed for webhooks only. */
  webhook_secret: z.string().min(16, 'expected at least 16 random characters').optional(),
});

export type Config = z.infer<typeof config>;
export type Secret = z.infer<typeof secret>;

/** The data centre that an API key belongs to: what follows the last dash. */
export function dataCentreOf(apiKey: string): string {
  return apiKey.slice(apiKey.lastIndexOf('-') + 1);
}

/** How long after its sending a campaign's activity is read again on every run, in milliseconds. */
export function lookbackMs(settings: Config): number {
  return Number.parseInt(settings.lookback, 10) * DAY_MS;
}
