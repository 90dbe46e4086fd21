import * as z from 'zod';
import { manifest } from './manifest.ts';

const MINUTE = 60_000;

function idOf(what: string) {
  const expected = `expected the id of ${what}, digits in quotes`;
  return z.string(expected).regex(/^\d{1,20}$/, expected);
}

const traitName = z.string().regex(/^[a-z0-9_]+(?:\.[a-z0-9_]+)*$/, 'expected a trait name');
/** A path of the mapping's: a dot would walk into an object. */
const questionName = z.string().regex(/^[^.]{1,250}$/, 'expected the name of a question, without dots');
const consentKey = z
  .string()
  .regex(/^\d{1,20}:\d{1,20}$/, 'expected the ids of a form and of its checkbox, such as "7234246:0"');

/** What an operator says about a LinkedIn connection in tributary.yaml: one ad account, one organization. */
export const config = z.strictObject({
  ad_account: idOf('an ad account').optional(),
  organization: idOf('an organization').optional(),
  /** Only leads of these forms; without it, of all forms of the ad account. */
  forms: z.array(idOf('a lead form')).min(1).optional(),
  /** Traits from answers, by the question's name or its predefined field: `seniority: SENIORITY`. */
  fields: z.record(traitName, questionName).default({}),
  /** What a ticked checkbox agrees to, by form and checkbox: `"7234246:0": email`. */
  consent: z.record(consentKey, z.string().min(1, 'expected a channel or purpose such as email')).default({}),
  /** The name that LinkedIn gave the app for audiences. */
  source_platform: z
    .string()
    .regex(/^[A-Z0-9_]{1,100}$/, 'expected the source platform that LinkedIn assigned, such as ACME')
    .optional(),
  /** Each version lives for about a year. */
  api_version: z
    .string('expected a version such as "202604", in quotes')
    .regex(/^20\d\d(?:0[1-9]|1[0-2])$/, 'expected a version such as "202604", in quotes')
    .default(manifest.vendorApi.version),
  /** How far each run reads back before the end of the last. */
  lookback_minutes: z.int().min(1).max(1440).default(10),
  /** Whether a lead notification without a signature is taken, as a hint only. */
  unsigned_lead_notifications: z.boolean().default(false),
});

const wanted = 'expected access_token, or refresh_token with client_id and client_secret';

/**
 * `access_token`: of a member, for sixty days. With `refresh_token`, `client_id` and `client_secret` it is renewed.
 * `client_secret` also proves webhooks.
 */
export const secret = z
  .strictObject({
    access_token: z.string(wanted).min(1, wanted).optional(),
    refresh_token: z.string().min(1, 'expected the refresh token').optional(),
    client_id: z.string().min(1, 'expected the client id of the app').optional(),
    client_secret: z.string().min(1, 'expected the client secret of the app').optional(),
  })
  .check(({ value, issues }) => {
    if (value.access_token !== undefined || renewalOf(value) !== undefined) return;
    issues.push({ code: 'custom', path: ['access_token'], message: wanted, input: undefined });
  });

export type Config = z.infer<typeof config>;
export interface Secret {
  readonly access_token?: string | undefined;
  readonly refresh_token?: string | undefined;
  readonly client_id?: string | undefined;
  readonly client_secret?: string | undefined;
}

/** What a token is renewed by. */
export interface Renewal {
  readonly refresh_token: string;
  readonly client_id: string;
  readonly client_secret: string;
}

/** Undefined where the secret does not hold all of it. */
export function renewalOf({ refresh_token, client_id, client_secret }: Secret): Renewal | undefined {
  if (refresh_token === undefined || client_id === undefined || client_secret === undefined) return undefined;
  return { refresh_token, client_id, client_secret };
}

export function lookbackMs({ lookback_minutes }: Config): number {
  return lookback_minutes * MINUTE;
}
