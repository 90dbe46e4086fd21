import * as z from 'zod';

/** What Meta's answers must hold to be used. Records themselves stay as they came: a bad one is quarantined later. */

export const metaId = z.string().regex(/^\d+(?:_\d+)?$/, 'expected an id of digits');

/** Where a page ends; a link to a next page is not followed, for it would hold the token. */
const paging = z
  .object({ cursors: z.object({ after: z.string().optional() }).optional(), next: z.string().optional() })
  .optional()
  .transform((told) => (told?.next === undefined ? undefined : told.cursors?.after));

function pageOf<T>(one: z.ZodType<T>) {
  return z.object({ data: z.array(one), paging }).transform(({ data, paging: after }) => ({ records: data, after }));
}

export const account = z.object({ id: metaId });

export const records = pageOf(z.unknown());

/** One record by its id. */
export const record = z.looseObject({ id: metaId });

export const pages = pageOf(z.object({ id: metaId, access_token: z.string().min(1).optional() }));

export const named = pageOf(z.object({ id: metaId, name: z.string().nullish() }));

/** A post of a page or a medium of Instagram, with when it was put there. */
export const posts = pageOf(
  z
    .object({ id: metaId, created_time: z.string().optional(), timestamp: z.string().optional() })
    .transform(({ id, created_time, timestamp }) => ({ id, at: created_time ?? timestamp })),
);

/** Comments on Instagram bring the first of their replies along. */
export const commentsWithReplies = pageOf(z.looseObject({ id: metaId, replies: records.optional() }));

/** Counts of days by metric. A value is a number, or several by what they are split into. */
export const insights = z.object({
  data: z.array(
    z.object({
      name: z.string().min(1),
      period: z.string(),
      values: z.array(z.looseObject({ end_time: z.string().optional() })),
    }),
  ),
});

export type Insights = z.infer<typeof insights>;

const mentioned = z.looseObject({
  id: metaId,
  username: z.string().min(1).optional(),
  timestamp: z.string().optional(),
  text: z.string().optional(),
  caption: z.string().optional(),
  media: z.object({ id: metaId }).optional(),
});

/** A comment or a medium of somebody else's that names the account. Whoever wrote it is told by name, and not always. */
export const mention = z
  .union([z.object({ mentioned_comment: mentioned }), z.object({ mentioned_media: mentioned })])
  .transform((told) => ('mentioned_comment' in told ? told.mentioned_comment : told.mentioned_media));

export const made = z.object({ id: metaId });

export const changed = z.object({
  audience_id: z.coerce.string(),
  num_received: z.number(),
  num_invalid_entries: z.number(),
});

export type Changed = z.infer<typeof changed>;

export const deleted = z.object({ success: z.union([z.literal(true), z.literal('true')]) });
