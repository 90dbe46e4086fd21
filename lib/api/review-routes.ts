import * as z from 'zod';
import { TributaryError } from '../domain/errors.ts';
import { proposals } from '../domain/review/proposal.ts';
import { reviewPage } from '../domain/review/review-page.ts';
import { readJob } from '../pipeline/jobs/jobs.ts';
import { latestReviews, listReviews, readReview } from '../pipeline/review/reviews.ts';
import { startReview } from '../pipeline/review/start-review.ts';
import {
  membersToMark,
  readComments,
  readMarks,
  versionIn,
  writeComment,
  writeMark,
} from '../pipeline/review/team-words.ts';
import type { AnswerName } from './answers/answers.ts';
import type { ApiDeps } from './deps.ts';
import { segmentNamed } from './read-routes.ts';
import { actor, type Route, route } from './route.ts';

const commentBody = z.object({ by: actor, text: z.string().min(1).max(2_000) });
const markBody = z.object({ profile: z.string().min(1).max(100), mark: z.enum(['right', 'wrong']), by: actor });
const nothing = z.object({});

const MOST_REVIEWS = 100;
const ON_A_PAGE = 100;
const SAMPLE = 20;

/** Reviews of segments, and what the team says of them. */
export function reviewRoutes(deps: ApiDeps): readonly Route<never>[] {
  const versionOf = async (segment: string) => versionIn((await deps.compiled()).program, segment);
  return [
    route({
      ...get('/api/reviews', 'The latest review of every segment, what needs somebody first', 'ReviewLines'),
      run: () => sortedReviews(deps),
    }),
    route({
      ...get('/api/reviews/page', 'The latest reviews as a page to read or print', 'Page'),
      run: async () => {
        const lines = (await sortedReviews(deps)).slice(0, ON_A_PAGE);
        const reviews = await Promise.all(lines.map(({ segment, at }) => readReview(deps.state, segment, at)));
        return { html: reviewPage(`Reviews of ${(await deps.definitions()).workspace}`, reviews) };
      },
    }),
    route({
      ...get('/api/segments/{segment}/reviews', 'Reviews of a segment, newest first', 'Reviews'),
      query: ['most'],
      run: async ({ params, query }) =>
        listReviews(deps.state, await segmentNamed(deps, params.segment), readMost(query.most, 10)),
    }),
    route({
      ...get('/api/segments/{segment}/reviews/{review}/page', 'One review as a page to read or print', 'Page'),
      run: async ({ params: { segment, review = '' } }) => {
        const found = await readReview(deps.state, await segmentNamed(deps, segment), review);
        return { html: reviewPage(found.title, [found]) };
      },
    }),
    route({
      method: 'post',
      path: '/api/segments/{segment}/reviews',
      needs: 'editor',
      summary: 'Review a segment now: everybody is counted for it',
      body: nothing,
      status: 202,
      answer: 'Job',
      run: async ({ params }) => {
        const id = await startReview(deps, await segmentNamed(deps, params.segment));
        return readJob(deps, await deps.definitions(), id);
      },
    }),
    route({
      ...get('/api/segments/{segment}/comments', 'What the team said of a segment, newest first', 'Comments'),
      run: async ({ params }) => readComments(deps.state, await segmentNamed(deps, params.segment)),
    }),
    route({
      method: 'post',
      path: '/api/segments/{segment}/comments',
      needs: 'editor',
      summary: 'Say something of a segment; of no person',
      body: commentBody,
      answer: 'Comment',
      run: async ({ params, body }) => writeComment(deps, await segmentNamed(deps, params.segment), body),
    }),
    route({
      ...get('/api/segments/{segment}/samples', 'Members marked right or wrong, and some to mark next', 'Samples'),
      query: ['most'],
      run: async ({ params, query }) => {
        const segment = await segmentNamed(deps, params.segment);
        const marks = await readMarks(deps.state, segment, await versionOf(segment));
        return {
          segment,
          marks,
          next: await membersToMark(deps.memberships, segment, marks, readMost(query.most, SAMPLE)),
        };
      },
    }),
    route({
      method: 'post',
      path: '/api/segments/{segment}/samples',
      needs: 'editor',
      summary: 'Mark a member as rightly or wrongly in a segment',
      body: markBody,
      answer: 'Mark',
      run: async ({ params, body }) => {
        const segment = await segmentNamed(deps, params.segment);
        const found = (await deps.profiles.read([body.profile])).get(body.profile);
        if (found === undefined || !('memberships' in found) || found.memberships[segment] === undefined) {
          throw new TributaryError('rejected', 'api/no-such-member', 'profile: expected the id of a member');
        }
        return writeMark(deps, segment, await versionOf(segment), body);
      },
    }),
  ];
}

async function sortedReviews(deps: ApiDeps) {
  const { segments } = await deps.definitions();
  const known = new Set(segments.map(({ segment }) => segment));
  return (await latestReviews(deps.state))
    .filter(({ segment }) => known.has(segment))
    .sort((a, b) => proposals.indexOf(a.proposal) - proposals.indexOf(b.proposal) || b.size - a.size);
}

function get(path: string, summary: string, answer: AnswerName) {
  return { method: 'get', path, needs: 'viewer', summary, answer } as const;
}

function readMost(text: string | undefined, usual: number): number {
  const most = text === undefined ? usual : Number(text);
  if (Number.isInteger(most) && most >= 1 && most <= MOST_REVIEWS) return most;
  throw new TributaryError('rejected', 'api/bad-query', `most: expected a whole number from 1 to ${MOST_REVIEWS}`);
}
