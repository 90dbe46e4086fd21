import * as z from 'zod';
import { refusedOfResponses } from '../response-mapping.ts';
import { writtenMapping } from '../written-mapping.ts';

const MINUTE = 60_000;

/** What an operator says about a connection to one survey in tributary.yaml. */
export const config = z
  .strictObject({
    /** The survey's id, as the API and the address of its pages have it, in quotes or not. */
    survey: z
      .union([z.string(), z.int()], { error: 'expected the id of a survey such as "123456789"' })
      .transform(String)
      .refine((id) => /^\d{1,20}$/.test(id), 'expected the id of a survey, digits'),
    /** Paths are those of a response as the connector tells it: `answers.<question id>`. */
    mapping: writtenMapping,
    /** How far each back-fill reads before the end of the last. */
    lookback_minutes: z.int().min(1).max(1440).default(10),
  })
  .superRefine(({ mapping }, context) => {
    for (const [key, message] of refusedOfResponses(mapping)) {
      context.addIssue({ code: 'custom', path: ['mapping', key], message });
    }
  });

/** `access_token` reads answers; `client_id` and `client_secret`, of the same app, prove its webhooks. */
export const secret = z.strictObject({
  access_token: z.string('expected access_token of the app').min(1, 'expected access_token of the app'),
  client_id: z.string().min(1, 'expected the client id of the app').optional(),
  client_secret: z.string().min(1, 'expected the secret of the app').optional(),
});

export type Config = z.infer<typeof config>;
export type Secret = z.infer<typeof secret>;

export function lookbackMs({ lookback_minutes }: Config): number {
  return lookback_minutes * MINUTE;
}
