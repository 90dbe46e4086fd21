import * as z from 'zod';
import { TributaryError } from '../../domain/errors.ts';

/** The most records that one sObject Collections request takes (REST API guide). */
export const COLLECTION = 200;

/** What became of one record of a collection. */
export const saved = z.object({
  success: z.boolean(),
  id: z.string().nullish(),
  errors: z.array(z.object({ statusCode: z.string() })).default([]),
});

export type Saved = z.infer<typeof saved>;

/** The results of a collection; none if they are not as many as the records, since nobody knows then whose each is. */
export function readResults(answer: unknown, expected: number): readonly Saved[] {
  const parsed = z.array(saved).safeParse(answer);
  if (parsed.success) return parsed.data.length === expected ? parsed.data : [];
  throw new TributaryError(
    'transient',
    'salesforce/unreadable-answer',
    'Salesforce answered a collection with something else than results',
  );
}
