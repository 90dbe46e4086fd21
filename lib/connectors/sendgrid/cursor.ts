import * as z from 'zod';

const instant = z.int();

/** Where an export is read: the job, one of its files from 0, and how many lines of it were read. */
export const exportPosition = z.strictObject({ job: z.string(), file: z.int(), line: z.int() });

export type ExportPosition = z.infer<typeof exportPosition>;

/**
 * Where the contacts stand. Instants are milliseconds since 1970.
 * - `export`: all contacts as they were at `until`, by a job that was started or (null) is to be.
 * - `search`: contacts changed in [from, until), of which those before `at` were read.
 * - `done`: all up to `until` was read.
 */
export const contactsCursor = z.discriminatedUnion('phase', [
  z.strictObject({
    v: z.literal(1),
    phase: z.literal('export'),
    until: instant,
    attempt: z.int(),
    at: exportPosition.nullable(),
  }),
  z.strictObject({ v: z.literal(1), phase: z.literal('search'), from: instant, at: instant, until: instant }),
  z.strictObject({ v: z.literal(1), phase: z.literal('done'), until: instant }),
]);

export type ContactsCursor = z.infer<typeof contactsCursor>;

/**
 * Where the suppressions stand: `list` in [from, until), of which those before `at` were read, and `offset` of those in the
 * second of `at`. Or `done` up to `until`.
 */
export const suppressionsCursor = z.discriminatedUnion('phase', [
  z.strictObject({
    v: z.literal(1),
    phase: z.literal('window'),
    list: z.enum(['unsubscribes', 'spam_reports', 'bounces']),
    from: instant,
    until: instant,
    at: instant,
    offset: z.int(),
  }),
  z.strictObject({ v: z.literal(1), phase: z.literal('done'), until: instant }),
]);

export type SuppressionsCursor = z.infer<typeof suppressionsCursor>;
