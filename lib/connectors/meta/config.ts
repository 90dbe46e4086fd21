import * as z from 'zod';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** Ids of Instagram are larger than a number of YAML can hold exactly, so all are texts. */
function idOf(what: string) {
  const expected = `expected the id of ${what}, digits in quotes`;
  return z.string(expected).regex(/^\d{1,20}$/, expected);
}

const metric = z
  .string()
  .regex(/^[a-z][a-z0-9_]{1,80}$/, 'expected the name of a metric such as page_post_engagements');
const traitName = z.string().regex(/^[a-z0-9_]+(?:\.[a-z0-9_]+)*$/, 'expected a trait name');
/** A path of the mapping's: a dot would walk into an object. */
const formKey = z.string().regex(/^[^.]{1,250}$/, 'expected the key of a question, without dots');

/** What an operator says about a Meta connection in tributary.yaml: one page, its Instagram account, one ad account. */
export const config = z.strictObject({
  page: idOf('a page').optional(),
  /** The professional account's id in the Graph API, not its name. */
  instagram: idOf('an Instagram professional account').optional(),
  ad_account: z
    .string('expected the id of an ad account, such as act_123')
    .regex(/^(?:act_)?\d{1,20}$/, 'expected the id of an ad account, such as act_123')
    .transform((id) => id.replace('act_', ''))
    .optional(),
  /** Only leads of these forms; without it, of all forms of the page. */
  forms: z.array(idOf('a lead form')).min(1).optional(),
  /** Traits from answers to a form's own questions: `budget: what_is_your_budget`. */
  fields: z.record(traitName, formKey).default({}),
  /** What a ticked box of a form's disclaimer agrees to, by the box's key: `optional_1: email`. */
  consent: z.record(formKey, z.string().min(1, 'expected a channel or purpose such as email')).default({}),
  /** Posts and media of so many days are looked through for comments. */
  comments_days: z.int().min(1).max(90).default(14),
  /** Counts of each day, by Meta's names, of the page and of the Instagram account. */
  insights: z
    .strictObject({
      page: z.array(metric).default(['page_media_view', 'page_post_engagements']),
      instagram: z.array(metric).default(['reach']),
    })
    .prefault({}),
  /** How many days of insights a first run reads back. */
  history_days: z.int().min(1).max(400).default(30),
  /** How far each run reads back before the end of the last. */
  lookback_minutes: z.int().min(1).max(1440).default(10),
  /** What Meta is told about where the people of an audience that is made came from. */
  customer_file_source: z
    .enum(
      ['USER_PROVIDED_ONLY', 'PARTNER_PROVIDED_ONLY', 'BOTH_USER_AND_PARTNER_PROVIDED'],
      'expected USER_PROVIDED_ONLY, PARTNER_PROVIDED_ONLY or BOTH_USER_AND_PARTNER_PROVIDED',
    )
    .default('USER_PROVIDED_ONLY'),
});

/**
 * `access_token`: of a system user, which does not expire. `app_secret` proves webhooks, and calls where the app asks for
 * that; `verify_token` is what Meta shows when it checks the webhook's URL.
 */
export const secret = z.strictObject({
  access_token: z.string('expected access_token, of a system user').min(1, 'expected access_token, of a system user'),
  app_secret: z.string().min(1, 'expected the secret of the app').optional(),
  verify_token: z.string().min(1, 'expected the token that the webhook is checked with').optional(),
});

export type Config = z.infer<typeof config>;
export type Secret = z.infer<typeof secret>;

export function lookbackMs({ lookback_minutes }: Config): number {
  return lookback_minutes * MINUTE;
}

export function commentsMs({ comments_days }: Config): number {
  return comments_days * DAY;
}
