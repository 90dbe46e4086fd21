import * as z from 'zod';
import { described, loose } from './parts.ts';

const cardSchema = z
  .object({
    id: z.string(),
    model: z.string(),
    asOf: z.string(),
    state: z.enum(['trained', 'refused']),
    version: z.string().nullable(),
    trainedAt: z.string().nullable(),
    refusal: z
      .object({ code: z.enum(['too-few', 'too-short', 'no-structure', 'leak', 'no-fit']), says: z.string() })
      .nullable(),
    data: z.object({
      from: z.string(),
      to: z.string(),
      people: z.number().int(),
      sampled: z.number().int(),
    }),
    metrics: loose,
  })
  .register(described, { id: 'ModelCard' });

export const cardsSchema = z.object({ cards: z.array(cardSchema), next: z.string().optional() });

export const modelSchema = z.object({
  model: z.string(),
  card: cardSchema.nullable(),
  scores: z.object({ version: z.string(), asOf: z.string(), trainedAt: z.string(), parameters: loose }).nullable(),
});
