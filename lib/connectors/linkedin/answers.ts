import * as z from 'zod';

/** What LinkedIn's answers must hold to be used. Records themselves stay as they came: a bad one is quarantined later. */

/** A page. `served`: how many records LinkedIn would have put on it, which may be fewer than it was asked for. */
export const records = z
  .object({ elements: z.array(z.unknown()), paging: z.object({ count: z.int() }).optional() })
  .transform(({ elements, paging }) => ({ elements, served: paging?.count }));

export type Records = z.infer<typeof records>;

/** One record by its id. */
export const record = z.looseObject({ id: z.string().min(1) });

/** Ids are numbers here and texts there. */
export const segmentId = z.union([z.int().positive().transform(String), z.string().regex(/^\d{1,20}$/)]);

export const segments = z.object({ elements: z.array(z.looseObject({ id: segmentId })) });

/** What became of each user, in the order in which they were sent. */
export const changed = z.object({ elements: z.array(z.looseObject({ status: z.int() })) });
