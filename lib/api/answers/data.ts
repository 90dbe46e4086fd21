import * as z from 'zod';
import { facetNames } from '../../domain/facet/catalogue.ts';
import { described, loose } from './parts.ts';

const facetCountSchema = z.object({
  people: z.number().int(),
  sources: z.record(z.string(), z.object({ people: z.number().int(), newest: z.string() })),
});

export const dataSchema = z.object({
  counted: z
    .object({
      at: z.string(),
      people: z.number().int(),
      facets: z.record(z.enum(facetNames), facetCountSchema),
      visits: z.record(z.string(), z.number().int()),
    })
    .nullable(),
  quarantine: z.array(
    z.object({
      connection: z.string(),
      records: z.number().int(),
      more: z.boolean(),
      reasons: z.array(
        z.object({ stream: z.string(), code: z.string(), reason: z.string(), records: z.number().int() }),
      ),
    }),
  ),
});

export const connectionSchema = z.object({
  name: z.string(),
  connector: z.string(),
  webhook: z.boolean(),
  streams: z.array(
    z.object({
      stream: z.string(),
      schedule: z.string(),
      run: loose.nullable(),
      settled: z.boolean(),
      waitsUntil: z.string().nullable(),
      wholeSince: z.string().nullable(),
    }),
  ),
  quota: z.object({
    calls: z.number().int(),
    most: z.number().int().nullable(),
    share: z.number(),
    reported: z.object({ used: z.number(), limit: z.number(), at: z.string() }).nullable(),
    blockedUntil: z.string().nullable(),
  }),
  runs: z.array(loose),
});

const consentSchema = z.object({
  topic: z.string(),
  state: z.enum(['granted', 'denied']),
  at: z.string(),
  source: z.string(),
  by: z.enum(['person', 'company']),
});

export const personAudiencesSchema = z.array(
  z.object({
    audience: z.string(),
    segment: z.string(),
    connection: z.string(),
    wanted: z.boolean(),
    reason: z.string().nullable(),
    keys: z.array(z.string()),
    consent: consentSchema.nullable(),
    told: z
      .object({
        in: z.boolean(),
        op: z.enum(['add', 'remove']).nullable(),
        outcome: z.string(),
        code: z.string().nullable(),
        run: z.string(),
        at: z.string(),
        consent: consentSchema.nullable(),
      })
      .nullable(),
    pending: z.boolean(),
    pausedUntil: z.string().nullable(),
  }),
);

export const personSegmentsSchema = z.array(z.object({ segment: z.string(), title: z.string(), since: z.string() }));

export const daySchema = z.object({
  from: z.string(),
  pulls: z.array(
    z.object({
      connection: z.string(),
      runs: z.number().int(),
      failed: z.number().int(),
      changes: z.number().int(),
      rejected: z.number().int(),
      people: z.number().int(),
    }),
  ),
  pushes: z.array(loose),
  more: z.boolean(),
  sizes: z
    .object({
      from: z.string(),
      to: z.string(),
      segments: z.array(
        z.object({
          segment: z.string(),
          title: z.string(),
          before: z.number().int(),
          after: z.number().int(),
        }),
      ),
    })
    .nullable(),
});

export const activityPageSchema = z.object({ activities: z.array(loose), next: z.string().nullable() });

export const rejectedSchema = z
  .looseObject({
    id: z.string(),
    connection: z.string(),
    stream: z.string(),
    code: z.string(),
    reason: z.string(),
    record: z.unknown(),
  })
  .register(described, { id: 'QuarantinedRecord' });

const figureSchema = z.object({
  connection: z.string(),
  stream: z.string(),
  report: z.string(),
  day: z.string(),
  name: z.string(),
  dimensions: z.record(z.string(), z.string()),
  value: z.number(),
  unit: z.string(),
  caveats: z.array(z.enum(['thresholded', 'sampled', 'other-row', 'not-final'])),
  at: z.string(),
});

export const figurePageSchema = z.object({ figures: z.array(figureSchema), next: z.string().nullable() });
