import * as z from 'zod';

/** What HubSpot's answers must hold to be used. Records themselves stay as they came: a bad one is quarantined later. */

const next = z.object({ next: z.object({ after: z.coerce.string() }).optional() }).optional();
const id = z.coerce.string();

export const account = z.object({ portalId: z.number(), companyCurrency: z.string().nullish() });

export const searchPage = z.object({ total: z.number(), results: z.array(z.unknown()) });

export const objectPage = z
  .object({ results: z.array(z.unknown()), paging: next })
  .transform(({ results, paging }) => ({ results, after: paging?.next?.after }));

/** Records that were found, and ids of which HubSpot says that there is none. Ids may be in neither. */
export const batchRead = z
  .object({
    results: z.array(z.looseObject({ id: z.string(), properties: z.record(z.string(), z.unknown()) })),
    errors: z
      .array(z.object({ category: z.string(), context: z.object({ ids: z.array(id).optional() }).optional() }))
      .default([]),
  })
  .transform(({ results, errors }) => ({
    records: results,
    missing: errors
      .filter(({ category }) => category === 'OBJECT_NOT_FOUND')
      .flatMap(({ context }) => context?.ids ?? []),
  }));

/** The definition of a property, as far as it says whether a value can be written. */
export const property = z.object({
  type: z.string(),
  fieldType: z.string(),
  options: z.array(z.object({ value: z.string() })).default([]),
  calculated: z.boolean().optional(),
  modificationMetadata: z.object({ readOnlyValue: z.boolean() }).optional(),
});

/** `toObjectId` was a number in older answers and is a text now. */
export const associations = z.object({
  results: z.array(
    z.object({
      from: z.object({ id }),
      to: z.array(
        z.object({ toObjectId: id, associationTypes: z.array(z.object({ label: z.string().nullish() })).default([]) }),
      ),
      paging: next,
    }),
  ),
});

export const list = z
  .object({ list: z.object({ listId: id, name: z.string(), processingType: z.string() }) })
  .transform((answer) => answer.list);

/** The vendor's spelling: `recordsIdsAdded` beside `recordIdsRemoved`. */
export const changedList = z.object({
  recordsIdsAdded: z.array(id).default([]),
  recordIdsRemoved: z.array(id).default([]),
  recordIdsMissing: z.array(id).default([]),
});

export const listMembers = z
  .object({ results: z.array(z.object({ recordId: id })), paging: next })
  .transform(({ results, paging }) => ({ ids: results.map(({ recordId }) => recordId), after: paging?.next?.after }));

/** `whole`: every record was answered for, so one that is not named is on no list. */
export const listsOfRecords = z
  .object({
    results: z.array(z.object({ recordId: id, recordListMemberships: z.array(z.object({ listId: id })) })),
    errors: z.array(z.unknown()).default([]),
  })
  .transform(({ results, errors }) => ({ results, whole: errors.length === 0 }));

export const subscriptionStatuses = z.object({
  results: z.array(
    z.object({
      subscriberIdString: z.string(),
      statuses: z.array(z.object({ subscriptionId: id, status: z.string(), timestamp: z.string() })),
    }),
  ),
});

export const emailEvents = z.object({
  events: z.array(z.unknown()),
  hasMore: z.boolean(),
  offset: z.coerce.string().optional(),
});

export const forms = z
  .object({ results: z.array(z.object({ id: z.string(), name: z.string().optional() })), paging: next })
  .transform(({ results, paging }) => ({ forms: results, after: paging?.next?.after }));

export const submissions = z
  .object({ results: z.array(z.unknown()), paging: next })
  .transform(({ results, paging }) => ({ results, after: paging?.next?.after }));

export type Form = z.infer<typeof forms>['forms'][number];
