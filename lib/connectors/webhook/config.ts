import * as z from 'zod';
import { standardKey } from '../../domain/signed-message.ts';

/** What an operator says about an endpoint that takes members, in tributary.yaml. */
export const config = z.strictObject({
  /** People's data goes there: never without TLS. `endpoint:` may be another, on the stage or through a proxy. */
  url: z
    .string('expected the https URL that members are sent to')
    .regex(
      /^https:\/\/[^\s/@]+(?:\/[^\s@]*)?$/,
      'expected the https URL that members are sent to, without a password in it',
    ),
  /**
   * `outcomes`: the answer says what became of each member, and whom it leaves out is asked about again. `none`: it says
   * nothing, and a 2xx counts as applied for all.
   */
  answers: z.enum(['outcomes', 'none'], 'expected outcomes or none').default('outcomes'),
  /** How long an answer may take. */
  timeout_seconds: z.int().min(1).max(30).default(15),
});

const signingSecret = z
  .string('expected whsec_ and 24 to 64 bytes in base64')
  .refine((text) => standardKey(text) !== undefined, 'expected whsec_ and 24 to 64 bytes in base64');

/** While the secret is being changed, requests carry a signature by `former_signing_secret` too. */
export const secret = z.strictObject({
  signing_secret: signingSecret,
  former_signing_secret: signingSecret.optional(),
});

export type Config = z.infer<typeof config>;
export type Secret = z.infer<typeof secret>;
