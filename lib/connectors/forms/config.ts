import * as z from 'zod';
import { refusedOfResponses } from '../response-mapping.ts';
import { writtenMapping } from '../written-mapping.ts';

const MINUTE = 60_000;

const header = z
  .string()
  .regex(/^[A-Za-z0-9-]+$/, 'expected the name of a header such as X-Signature')
  .transform((name) => name.toLowerCase());
const signature = z.strictObject({
  header,
  prefix: z.string().default(''),
  algorithm: z.enum(['sha1', 'sha256']).default('sha256'),
  encoding: z.enum(['hex', 'base64']).default('hex'),
  /** How the secret is written: as the text itself, or in base64. */
  secret_encoding: z.enum(['utf8', 'base64']).default('utf8'),
  content: z.enum(['{body}', '{timestamp}.{body}', '{id}.{timestamp}.{body}']).default('{body}'),
  timestamp_header: header.optional(),
  id_header: header.optional(),
  tolerance_seconds: z.int().min(1).max(3600).default(300),
});

export const presetNames = ['typeform', 'tally', 'standard-webhooks', 'hmac'] as const;

/** What an operator says about a connection to one form, survey or sender in tributary.yaml. */
export const config = z
  .strictObject({
    preset: z.enum(presetNames, `expected one of ${presetNames.join(', ')}`),
    /** The form's id in its tool. What other forms deliver here is quarantined; without it a back-fill is not possible. */
    form: z
      .string()
      .regex(/^[A-Za-z0-9_-]+$/, 'expected the id of a form')
      .optional(),
    /** Paths are those of a response as its preset reads it. */
    mapping: writtenMapping,
    /** Of the preset `hmac`: how its sender signs. */
    signature: signature.optional(),
    /** How far each back-fill reads before the end of the last: a response may become visible late. */
    lookback_minutes: z.int().min(1).max(1440).default(10),
  })
  .superRefine((given, context) => {
    const refuse = (at: string[], message: string) => context.addIssue({ code: 'custom', path: at, message });
    const { preset, form, signature: signed } = given;
    const { id, at } = given.mapping;
    for (const [key, expected] of refusedOfResponses(given.mapping)) refuse(['mapping', key], expected);
    if (preset !== 'hmac' && signed !== undefined) {
      refuse(['signature'], `expected no signature: the preset ${preset} knows how its tool signs`);
    }
    if (form !== undefined && preset !== 'typeform' && preset !== 'tally') {
      refuse(['form'], `expected no form: a sender of the preset ${preset} names none`);
    }
    if (preset !== 'hmac') return;
    if (signed === undefined)
      return refuse(['signature'], 'expected how the sender signs, such as { header: X-Signature }');
    const named = { '{timestamp}': signed.timestamp_header, '{id}': signed.id_header };
    for (const [word, from] of Object.entries(named)) {
      if (!signed.content.includes(word) || from !== undefined) continue;
      refuse(['signature'], `expected the header that holds ${word}, for content names it`);
    }
    const signs = (word: string) => signed.content.includes(word);
    if (id === undefined && !signs('{id}')) refuse(['mapping', 'id'], 'expected the path of the id of a submission');
    if (at === undefined && !signs('{timestamp}'))
      refuse(['mapping', 'at'], 'expected the path of the time of a submission');
  });

/**
 * `signing_secret`: what deliveries are signed with; while it is being changed, `former_signing_secret` holds too.
 * `access_token`: Typeform's, for the back-fill alone.
 */
export const secret = z.strictObject({
  signing_secret: z
    .string('expected what deliveries are signed with')
    .min(1, 'expected what deliveries are signed with'),
  former_signing_secret: z.string().min(1).optional(),
  access_token: z.string().min(1).optional(),
});

export type Config = z.infer<typeof config>;
export type Secret = z.infer<typeof secret>;
export type Signature = z.infer<typeof signature>;

/** What a connection lacks of which responses shall be read again, as what was expected. */
export function missingForBackfill({ preset, form }: Config): string | undefined {
  if (preset !== 'typeform') return `no stream with preset ${preset}: only forms of typeform can be read again`;
  return form === undefined ? '`form`, the id of the form whose responses are read' : undefined;
}

export function lookbackMs({ lookback_minutes }: Config): number {
  return lookback_minutes * MINUTE;
}
