import * as z from 'zod';
import { TributaryError } from '../domain/errors.ts';
import { describePair, listDecided, listSuggested } from '../pipeline/describe/describe-duplicate.ts';
import { judgeDuplicate, type Verdict } from '../pipeline/resolve/judge-duplicates.ts';
import type { ApiDeps } from './deps.ts';
import { actor, type Route, readLimit, route } from './route.ts';

const STATES = ['suggested', 'accepted', 'rejected', 'parted'] as const;

const verdictSchema = z.object({ by: actor.optional() });

/** People who may be one: what is suggested, and what somebody says to it. Never done by itself. */
export function duplicateRoutes(deps: ApiDeps): readonly Route<never>[] {
  const judge = (verdict: Verdict, summary: string): Route<never> =>
    route({
      method: 'post',
      path: `/api/duplicates/{duplicate}/${verdict}`,
      needs: 'editor',
      summary,
      body: verdictSchema,
      status: 202,
      answer: 'JudgedDuplicate',
      run: ({ params: { duplicate = '' }, by }) => judgeDuplicate(deps, duplicate, verdict, by),
    });
  return [
    route({
      method: 'get',
      path: '/api/duplicates',
      needs: 'viewer',
      summary: 'People who may be one, the likeliest first, or what was decided of them, newest first; by pages',
      query: ['state', 'limit', 'after'],
      answer: 'Duplicates',
      run: ({ query: { state = 'suggested', limit, after } }) => {
        const asked = { most: readLimit(limit), ...(after === undefined ? {} : { after }) };
        const known = readState(state);
        return known === 'suggested' ? listSuggested(deps, asked) : listDecided(deps, known, asked);
      },
    }),
    route({
      method: 'get',
      path: '/api/duplicates/{duplicate}',
      needs: 'viewer',
      summary: 'Two people who may be one, side by side',
      answer: 'DuplicatePage',
      run: ({ params: { duplicate = '' } }) => describePair(deps, duplicate),
    }),
    judge('accept', 'They are one person: joined by this evidence'),
    judge('reject', 'They are two people: not suggested again'),
    judge(
      'undo',
      'Takes back what was decided: who was joined is parted and kept apart, who was rejected is suggested',
    ),
  ];
}

function readState(text: string): (typeof STATES)[number] {
  const state = STATES.find((one) => one === text);
  if (state !== undefined) return state;
  throw new TributaryError('rejected', 'api/bad-query', `state: expected one of ${STATES.join(', ')}`);
}
