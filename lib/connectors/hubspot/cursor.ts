import * as z from 'zod';

const instant = z.int();

/**
 * Where a stream of CRM objects stands. Instants are milliseconds since 1970.
 * - `window`: what changed in [from, until), behind the record `after`. Both bounds stay as they are when a killed run
 *   resumes; within them the order is that of ids, so that neither equal instants nor the 10,000 results of a search matter.
 * - `deleted`: what was deleted since `from`, behind the page token `after`.
 * - `done`: all up to `until` was read, and deletions up to `swept`.
 */
export const cursor = z.discriminatedUnion('phase', [
  z.strictObject({
    v: z.literal(1),
    phase: z.enum(['window', 'deleted']),
    object: z.string(),
    from: instant,
    until: instant,
    after: z.string().nullable(),
    swept: instant,
  }),
  z.strictObject({ v: z.literal(1), phase: z.literal('done'), until: instant, swept: instant }),
]);

export type Cursor = z.infer<typeof cursor>;
export type Position = Exclude<Cursor, { phase: 'done' }>;

/** Before everything. What a re-read of single records carries: nobody resumes there. */
export const beginning: Cursor = { v: 1, phase: 'done', until: 0, swept: 0 };
