import * as z from 'zod';

const count = z.int().min(0);

/** What is left of one of the property's quotas. */
const quota = z.object({ remaining: z.number() });

/**
 * The answer to `runReport`. Every value is a text. Without a row both `rows` and `rowCount` are absent, and so may be the rest;
 * an answer that has one of the two only is none.
 */
export const reportAnswer = z
  .object({
    dimensionHeaders: z.array(z.object({ name: z.string() })).default([]),
    metricHeaders: z.array(z.object({ name: z.string(), type: z.string() })).default([]),
    rows: z
      .array(
        z.object({
          dimensionValues: z.array(z.object({ value: z.string() })).default([]),
          metricValues: z.array(z.object({ value: z.string() })),
        }),
      )
      .optional(),
    rowCount: count.optional(),
    metadata: z
      .object({
        currencyCode: z.string().optional(),
        subjectToThresholding: z.boolean().optional(),
        dataLossFromOtherRow: z.boolean().optional(),
        samplingMetadatas: z.array(z.unknown()).optional(),
      })
      .optional(),
    propertyQuota: z.object({ tokensPerDay: quota.optional() }).optional(),
    kind: z.literal('analyticsData#runReport'),
  })
  .refine(({ rows, rowCount }) => (rows === undefined) === (rowCount === undefined));

export type ReportAnswer = z.infer<typeof reportAnswer>;
export type Row = NonNullable<ReportAnswer['rows']>[number];
