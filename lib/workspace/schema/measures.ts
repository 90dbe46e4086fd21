import * as z from 'zod';
import type { Measures } from '../../domain/review/measures.ts';
import { USUAL_WINDOW } from '../../domain/review/objective.ts';
import { durationAsWritten, text } from './fields.ts';

const amount = z.strictObject({
  did: text.meta({ description: 'The name of an activity.' }),
  property: text.meta({ description: 'The property that holds the number.' }),
});

/** `measures:` of tributary.yaml: what is counted of the members of every segment, each night. */
export const measures = z.strictObject({
  within: durationAsWritten.default(USUAL_WINDOW).meta({ description: 'The window of all of them. Default 30 days.' }),
  engagement: z
    .array(text)
    .min(1)
    .optional()
    .meta({ description: 'Activities of which any one makes a member engaged.' }),
  revenue: amount.optional().meta({ description: 'What a member pays.' }),
  nps: amount.optional().meta({ description: 'Answers from 0 to 10 to "would you recommend us".' }),
  sentiment: text.optional().meta({ description: 'A trait from -1 to 1, such as computed.sentiment.' }),
});

/** The measures as definitions hold them. */
export function measuresFrom({ within, engagement, revenue, nps, sentiment }: z.output<typeof measures>): Measures {
  return {
    within,
    ...(engagement === undefined ? {} : { engagement }),
    ...(revenue === undefined ? {} : { revenue }),
    ...(nps === undefined ? {} : { nps }),
    ...(sentiment === undefined ? {} : { sentiment }),
  };
}
