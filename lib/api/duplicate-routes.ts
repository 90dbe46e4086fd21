import { z } from '@hono/zod-openapi';
import { TributaryError } from '../domain/errors.ts';
import { judgeDuplicate, listDuplicates } from '../pipeline/resolve/judge-duplicates.ts';
import type { ApiDeps } from './deps.ts';
import type { Route } from './route.ts';

export const duplicatesSchema = z
  .object({
    suggestions: z.array(
      z.object({
        id: z.string(),
        people: z.array(z.object({ id: z.string(), fragment: z.string() })),
        score: z.number(),
        reasons: z.array(z.object({ about: z.string(), similarity: z.number(), weight: z.number() })),
        suggestedAt: z.string(),
      }),
    ),
    next: z.string().optional(),
  })
  .openapi('Duplicates');

const decisionSchema = z.object({ id: z.string(), state: z.enum(['accepted', 'rejected']), at: z.string() });

const MOST_LISTED = 100;
const LISTED = 25;

/** People who may be one: what is suggested, and what somebody says to it. Never done by itself. */
export function duplicateRoutes(deps: ApiDeps): readonly Route<unknown>[] {
  const judge = (decision: 'accepted' | 'rejected', path: string, summary: string): Route<unknown> => ({
    method: 'post',
    path,
    needs: 'editor',
    summary,
    status: 202,
    answer: decisionSchema,
    run: ({ params: { duplicate = '' } }) => judgeDuplicate(deps, duplicate, decision),
  });
  return [
    {
      method: 'get',
      path: '/api/duplicates',
      needs: 'viewer',
      summary: 'People who may be one, the likeliest first, by pages',
      query: ['limit', 'after'],
      answer: duplicatesSchema,
      run: ({ query: { limit, after } }) =>
        listDuplicates(deps, { most: readLimit(limit), ...(after === undefined ? {} : { after }) }),
    },
    judge('accepted', '/api/duplicates/{duplicate}/accept', 'They are one person: joined by this evidence'),
    judge('rejected', '/api/duplicates/{duplicate}/reject', 'They are two people: never suggested again'),
  ];
}

function readLimit(text: string | undefined): number {
  if (text === undefined) return LISTED;
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= MOST_LISTED) return limit;
  throw new TributaryError('rejected', 'api/bad-query', `limit: expected a whole number from 1 to ${MOST_LISTED}`);
}
