import * as z from 'zod';

const instant = z.int();

/**
 * Where a stream stands. Instants are milliseconds since 1970.
 * - `window`: what happened in [from, until), behind the page token `page` of the pass of that name. Both bounds stay as
 *   they are when a killed run resumes. `seen` is the latest instant that the pass has brought: Klaviyo promises nothing
 *   of how long a token is good, and from there the pass can begin anew. `start` is where it did begin.
 * - `done`: all up to `until` was read.
 */
export const cursor = z.discriminatedUnion('phase', [
  z.strictObject({
    v: z.literal(1),
    phase: z.literal('window'),
    pass: z.string(),
    from: instant.nullable(),
    until: instant,
    start: instant.nullable(),
    page: z.string().nullable(),
    seen: instant.nullable(),
  }),
  z.strictObject({ v: z.literal(1), phase: z.literal('done'), until: instant }),
]);

export type Cursor = z.infer<typeof cursor>;
export type Position = Extract<Cursor, { phase: 'window' }>;

/** Before everything. What a re-read of single records carries: nobody resumes there. */
export const beginning: Cursor = { v: 1, phase: 'done', until: 0 };
