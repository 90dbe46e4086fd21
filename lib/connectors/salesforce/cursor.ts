import * as z from 'zod';

const position = z.object({ instant: z.string(), id: z.string() });

/**
 * Where a stream stands.
 * - `backfill`: everything up to `until`, by job; `locator` null = from the job's first page; `job` null = not started.
 * - `window`: what changed in [from, until), after the record at `after`; both bounds stay as they are when a killed run resumes.
 * - `deletions`: the delete log of [from, until), after the entry at `after`; `instant` as in `done`.
 * - `done`: all up to `instant` was read; the next run opens a window that overlaps a little with the last. The delete log
 *   was read up to `covered`; absent = up to `instant` too.
 */
export const cursor = z.discriminatedUnion('phase', [
  z.strictObject({
    v: z.literal(1),
    phase: z.literal('backfill'),
    object: z.string(),
    until: z.string(),
    /** How many times this run has started it: a job that keeps failing must not be tried for ever. */
    attempt: z.number().int(),
    job: z.string().nullable(),
    locator: z.string().nullable(),
    /** How many records the job has still to hand out, where Salesforce said. */
    left: z.number().int().exactOptional(),
  }),
  z.strictObject({
    v: z.literal(1),
    phase: z.literal('window'),
    object: z.string(),
    from: z.string(),
    until: z.string(),
    after: position.nullable(),
    covered: z.string().exactOptional(),
  }),
  z.strictObject({
    v: z.literal(1),
    phase: z.literal('deletions'),
    object: z.string(),
    instant: z.string(),
    from: z.string(),
    until: z.string(),
    after: position.nullable(),
  }),
  z.strictObject({
    v: z.literal(1),
    phase: z.literal('done'),
    instant: z.string(),
    covered: z.string().exactOptional(),
  }),
]);

export type Cursor = z.infer<typeof cursor>;
export type Backfill = Extract<Cursor, { phase: 'backfill' }>;
export type Window = Extract<Cursor, { phase: 'window' }>;
export type Deletions = Extract<Cursor, { phase: 'deletions' }>;
export type Done = Extract<Cursor, { phase: 'done' }>;

/** Before everything: reading on from here repeats all and loses nothing. What a re-read of single records carries. */
export const beginning: Cursor = { v: 1, phase: 'done', instant: new Date(0).toISOString() };
