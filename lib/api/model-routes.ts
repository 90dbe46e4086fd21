import { z } from '@hono/zod-openapi';
import { TributaryError } from '../domain/errors.ts';
import { listCards } from '../pipeline/learn/cards.ts';
import { readModel } from '../pipeline/learn/describe-model.ts';
import { startLearning } from '../pipeline/learn/start-learning.ts';
import { loose } from './answers.ts';
import type { ApiDeps } from './deps.ts';
import { type Route, readLimit } from './route.ts';
import { jobSchema } from './work-answers.ts';

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
  .openapi('ModelCard');

const cardsSchema = z.object({ cards: z.array(cardSchema), next: z.string().optional() }).openapi('ModelCards');

const modelSchema = z
  .object({
    model: z.string(),
    card: cardSchema.nullable(),
    scores: z.object({ version: z.string(), asOf: z.string(), trainedAt: z.string(), parameters: loose }).nullable(),
  })
  .openapi('Model');

/** What is learned from everybody: cards of trainings, what scores people now, and a training at once. */
export function modelRoutes(deps: ApiDeps): readonly Route<never>[] {
  return [
    {
      method: 'get',
      path: '/api/models',
      needs: 'viewer',
      summary: 'Cards of trainings, newest first, by pages',
      query: ['limit', 'after'],
      answer: cardsSchema,
      run: ({ query: { limit, after } }) => listCards(deps.state, readLimit(limit), after),
    },
    {
      method: 'get',
      path: '/api/models/{model}',
      needs: 'viewer',
      summary: 'One model: its latest card, and what scores people by it',
      answer: modelSchema,
      run: async ({ params: { model = '' } }) => readModel(deps, await deps.definitions(), model),
    },
    {
      method: 'post',
      path: '/api/models',
      needs: 'editor',
      summary: 'Learn now from what everybody did, and score everybody by it',
      status: 202,
      answer: jobSchema,
      run: async () => {
        if ((await deps.definitions()).learned !== undefined) return startLearning(deps);
        const message = 'this workspace learns nothing: name what to learn under learned: in tributary.yaml';
        throw new TributaryError('rejected', 'api/nothing-to-learn', message);
      },
    },
  ];
}
