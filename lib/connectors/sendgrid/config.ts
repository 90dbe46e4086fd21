import { createPublicKey } from 'node:crypto';
import * as z from 'zod';

const traitName = z.string().regex(/^[a-z0-9_]+(?:\.[a-z0-9_]+)*$/, 'expected a trait name');
/** A path of the mapping's: a dot would walk into an object. */
const fieldName = z.string().regex(/^[^.]{1,100}$/, 'expected the name of a custom field');

/** What an operator says about a SendGrid connection in tributary.yaml. */
export const config = z.strictObject({
  /** Where the account lives: an EU regional subuser has a host of its own. */
  region: z.enum(['global', 'eu']).default('global'),
  /** The subuser whose account is meant, if the key is the parent's. */
  on_behalf_of: z
    .string()
    .regex(/^[\x21-\x7e][\x20-\x7e]{0,199}$/, 'expected the name of a subuser')
    .optional(),
  /** How later runs find changed contacts: by searching their time of change, or by exporting all of them again. */
  changes: z.enum(['search', 'export']).default('search'),
  /** How far each run reads back before the last one's end: SendGrid works changes off later. */
  lookback_minutes: z.int().min(1).max(1440).default(15),
  /** Traits from the account's own custom fields: `tier: loyalty_tier`. */
  fields: z.record(traitName, fieldName).default({}),
  /** The identifier that `external_id` is, such as user_id; without it, it joins nobody. */
  external_id: z
    .string()
    .regex(/^[a-z0-9_]+(?:\.[a-z0-9_]+)?$/, 'expected a type of identifier such as user_id')
    .optional(),
  /** Unsubscribe groups whose unsubscribing is consent to a topic, by their numbers: `"14281": newsletter`. */
  groups: z
    .record(
      z.string().regex(/^\d{1,12}$/, 'expected the number of an unsubscribe group'),
      z.string().regex(/^[a-z0-9_]{1,60}$/, 'expected a topic of consent such as newsletter'),
    )
    .default({}),
});

/** `webhook_public_key` is the verification key of the signed Event Webhook; only webhooks need it. */
export const secret = z.strictObject({
  api_key: z.string('expected api_key, an API key').min(1, 'expected api_key, an API key'),
  webhook_public_key: z
    .string('expected the verification key of the Event Webhook')
    .refine(isPublicKey, 'expected the verification key of the Event Webhook: a P-256 public key in Base64')
    .optional(),
});

export type Config = z.infer<typeof config>;
export type Secret = z.infer<typeof secret>;

export function lookbackMs({ lookback_minutes }: Config): number {
  return lookback_minutes * 60_000;
}

/** The verification key, as SendGrid shows it: Base64 of its DER form. Throws Error where it is none. */
export function publicKeyOf(text: string) {
  return createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' });
}

function isPublicKey(text: string): boolean {
  try {
    return publicKeyOf(text).asymmetricKeyDetails?.namedCurve === 'prime256v1';
  } catch {
    // Whatever cannot be read is none; the message says what was expected.
    return false;
  }
}
