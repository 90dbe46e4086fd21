import * as z from 'zod';

/**
 * Where a stream stands. Instants are milliseconds since 1970.
 * - `window`: what happened in [from, until), at the place of that key (a form, a post, a medium) behind the page token
 *   `after`; null = not begun. Both bounds stay as they are when a killed run resumes.
 * - `done`: all up to `until` was read.
 */
export const cursor = z.discriminatedUnion('phase', [
  z.strictObject({
    v: z.literal(1),
    phase: z.literal('window'),
    from: z.int().nullable(),
    until: z.int(),
    place: z.string().nullable(),
    after: z.string().nullable(),
  }),
  z.strictObject({ v: z.literal(1), phase: z.literal('done'), until: z.int() }),
]);

export type Cursor = z.infer<typeof cursor>;
export type Position = Extract<Cursor, { phase: 'window' }>;

/** What a re-read of single records carries: nobody resumes there. */
export const beginning: Cursor = { v: 1, phase: 'done', until: 0 };
