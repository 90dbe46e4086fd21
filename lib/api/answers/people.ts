import * as z from 'zod';
import { facetNames, traitTypes } from '../../domain/facet/catalogue.ts';
import { shownFacets } from '../../pipeline/describe/describe-duplicate.ts';
import { described, loose } from './parts.ts';

const sourcedValue = z.object({
  value: z.unknown(),
  told: z.unknown().optional(),
  source: z.string(),
  at: z.string(),
});

const facetSchema = z.array(
  sourcedValue.extend({
    name: z.string(),
    title: z.string(),
    type: z.enum(traitTypes).optional(),
    mismatch: z.literal(true).optional(),
    because: z.string().optional(),
    losers: z.array(sourcedValue),
  }),
);

const unusableSchema = z.array(
  z.object({ fragment: z.string(), type: z.string(), reason: z.string(), at: z.string() }),
);

export const personSchema = z.object({
  id: z.string(),
  identifiers: z.array(z.object({ type: z.string(), value: z.string() })),
  traits: loose,
  sources: loose,
  facets: z.record(z.enum(facetNames), facetSchema),
  segments: z.array(z.string()),
  activities: z.object({ total: z.number().int(), latest: z.array(loose) }),
  fragments: z.array(z.string()),
  unusable: unusableSchema,
  consent: z.array(loose),
  audiences: loose,
  history: z.array(loose),
});

const pairState = z.enum(['suggested', 'accepted', 'rejected', 'parted']);

const pairSchema = z.object({
  id: z.string(),
  state: pairState,
  people: z.array(z.object({ id: z.string(), fragment: z.string() })),
  /** The probability that they are one. */
  score: z.number(),
  /** The match weight: log2 of the odds. */
  bits: z.number(),
  reasons: z.array(z.object({ about: z.string(), agreement: z.string(), bits: z.number() })),
  suggestedAt: z.string(),
  decidedAt: z.string().optional(),
  by: z.string().optional(),
});

export const duplicatesSchema = z.object({ suggestions: z.array(pairSchema), next: z.string().optional() });

export const duplicatePageSchema = pairSchema.extend({
  one: z.boolean(),
  weights: z.string(),
  sides: z.array(
    z.object({
      id: z.string(),
      fragment: z.string(),
      fragments: z.array(z.string()),
      identifiers: z.array(z.object({ type: z.string(), value: z.string() })),
      facets: z.record(z.enum(shownFacets), facetSchema),
      segments: z.array(z.string()),
      activities: z.object({ total: z.number().int(), latest: z.array(loose) }),
    }),
  ),
});

export const judgedSchema = z.object({ id: z.string(), state: pairState, at: z.string() });

const evidence = z.object({
  edge: z.string(),
  fragment: z.string(),
  identifier: z.object({ type: z.string(), value: z.string() }),
  at: z.string(),
});

export const mergesSchema = z.object({
  id: z.string(),
  fragments: z.array(z.string()),
  merges: z.array(evidence.extend({ joins: z.string() })),
  refused: z.array(evidence.extend({ because: z.string() })),
  unusable: unusableSchema,
  apart: z.array(z.object({ fragment: z.string(), from: z.string(), since: z.string() })),
  crowded: z.boolean(),
});

export const receiptSchema = z.looseObject({
  segment: z.string(),
  version: z.string(),
  leaves: z.array(loose),
  person: z.string(),
  member: z.boolean(),
  since: z.string().nullable(),
  flips_at: z.string().nullable(),
  at: z.string(),
  sentence: loose,
  text: z.string(),
  history: z.array(loose),
});

export const memberPageSchema = z.object({
  segment: z.string(),
  members: z.array(z.object({ profile: z.string(), since: z.string() })),
  next: z.string().nullable(),
});

export const segmentPeopleSchema = z.object({
  segment: z.string(),
  columns: z.array(z.string()),
  people: z.array(z.array(z.unknown())),
  next: z.string().nullable(),
});

export const receiptOfErasureSchema = z.object({
  id: z.string(),
  askedAt: z.string(),
  by: z.string().optional(),
  erasedAt: z.string().optional(),
  state: z.enum(['pending', 'done']),
  profiles: z.array(z.string()),
  places: z.array(
    z.object({
      place: z.string(),
      state: z.enum(['confirmed', 'pending', 'impossible']),
      at: z.string(),
      count: z.number().int().optional(),
      until: z.string().optional(),
      note: z.string().optional(),
    }),
  ),
});

export const exportPartSchema = z.object({ text: z.string(), parts: z.number().int() });

export const suppressionSchema = z
  .object({
    key: z.string(),
    type: z.string(),
    at: z.string(),
    by: z.string(),
    reason: z.string(),
    lifted: z.object({ at: z.string(), by: z.string(), reason: z.string() }).optional(),
  })
  .register(described, { id: 'Suppression' });

export const suppressionPageSchema = z.object({
  suppressions: z.array(suppressionSchema),
  next: z.string().nullable().describe('What to go on after; null at the end. A page may be short before that'),
});

export const suppressionBatchSchema = z.object({
  suppressions: z.array(suppressionSchema),
  refused: z
    .array(z.object({ index: z.number().int(), code: z.string(), message: z.string() }))
    .describe('Who was not put on the list, by the place among people, and why'),
});
