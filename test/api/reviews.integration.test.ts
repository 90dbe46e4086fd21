import { beforeAll, describe, expect, it } from 'vitest';
import type { Change } from '../../lib/domain/change.ts';
import type { Json } from '../../lib/domain/json.ts';
import type { Review } from '../../lib/domain/review/review.ts';
import { walkEverybody } from '../../lib/pipeline/define/walk-everybody.ts';
import { anyWorker, runJob } from '../../lib/pipeline/jobs/run-job.ts';
import { reviewSegments } from '../../lib/pipeline/review/review-job.ts';
import { withApi } from './asking.ts';

const now = new Date('2026-11-21T00:00:00.000Z');
const on = withApi(now);
const { ask, misfits } = on;
const signal = new AbortController().signal;

/** Subscribed, and quiet since an opened letter of two months ago. */
function reader(id: string): Change[] {
  const email = `p${id}@example.com`;
  const told = { fragment: `newsletter:member:${id}`, identifiers: [{ type: 'email', value: email }] };
  const at = '2026-01-01T00:00:00Z';
  const consent = [{ address: email, topic: 'email', state: 'granted', at, source: 'sign-up', by: 'person' } as const];
  return [
    { kind: 'profile', ...told, at, traits: { email }, consent },
    { kind: 'activity', ...told, at: '2026-09-21T00:00:00Z', id: `open-${id}`, name: 'Email Opened' },
  ];
}

/** Does what the recompute and the jobs queue would bring for a job. */
async function count(job: string): Promise<void> {
  const nobody = async () => {
    throw new Error('a recount decides nobody');
  };
  const { scan } = walkEverybody(on.api.deps, nobody);
  for (let part = 0; part < 8; part += 1) await scan({ id: `recount.${job}`, part }, signal);
  await runJob(on.api.deps, { review: anyWorker(reviewSegments(on.api.deps)) })({ job }, signal);
}

beforeAll(async () => {
  await on.api.fold([...reader('1'), ...reader('2'), ...reader('3')]);
  const { body } = await ask('POST', '/api/segments/quiet-readers/reviews', {});
  await count((body as { id: string }).id);
});

describe('the answers about reviews', () => {
  it.each([
    ['GET', '/api/personas', '/api/personas'],
    ['GET', '/api/overlaps', '/api/overlaps?segments=quiet-readers'],
    ['GET', '/api/segments/{segment}/facts', '/api/segments/quiet-readers/facts?from=2026-11-01'],
    ['GET', '/api/reviews', '/api/reviews'],
    ['GET', '/api/reviews/page', '/api/reviews/page'],
    ['GET', '/api/segments/{segment}/reviews', '/api/segments/quiet-readers/reviews?most=1'],
    [
      'GET',
      '/api/segments/{segment}/reviews/{review}/page',
      '/api/segments/quiet-readers/reviews/2026-11-21T00%3A00%3A00.000Z/page',
    ],
    [
      'POST',
      '/api/segments/{segment}/comments',
      '/api/segments/quiet-readers/comments',
      { by: 'mo', text: '<b>too many</b>' },
    ],
    ['GET', '/api/segments/{segment}/comments', '/api/segments/quiet-readers/comments'],
    ['GET', '/api/segments/{segment}/samples', '/api/segments/quiet-readers/samples?most=2'],
  ])('fit what the document says of %s %s', async (method, path, url, body?: Json) => {
    const answer = await ask(method, url, body);

    expect(answer.status).toBe(200);
    expect(misfits(path, method, answer.body)).toEqual([]);
    expect(answer.body).not.toEqual([]);
  });

  it('lead from the job of a review to the review', async () => {
    const started = await ask('POST', '/api/segments/quiet-readers/reviews', {});
    const { id } = started.body as { id: string };

    expect(started.status).toBe(202);
    expect(misfits('/api/segments/{segment}/reviews', 'POST', started.body)).toEqual([]);
    expect(started.body).toMatchObject({ what: 'review', state: 'running', parts: [{ segment: 'quiet-readers' }] });
    await count(id);
    expect((await ask('GET', `/api/jobs/${id}`)).body).toMatchObject({ state: 'finished' });
    const reviews = (await ask('GET', '/api/segments/quiet-readers/reviews')).body as unknown as Review[];
    expect(reviews).toMatchObject([{ size: { now: 3, before: null }, because: 'asked', people: 3 }]);
  });

  it('count the same people in facts, in personas and in the list of members', async () => {
    const members = (await ask('GET', '/api/segments')).body as unknown as {
      segments: { members: number }[];
    };
    const facts = (await ask('GET', '/api/segments/quiet-readers/facts')).body as unknown as {
      days: { size: number }[];
    };
    const personas = (await ask('GET', '/api/personas')).body;

    expect([members.segments[0]?.members, facts.days[0]?.size]).toEqual([3, 3]);
    expect(personas).toMatchObject([
      {
        persona: 'curious-reader',
        segments: [{ segment: 'quiet-readers', members: 3 }],
        channels: [{ channel: 'email', audiences: ['quiet-readers-to-newsletter'], covered: true }, {}],
        missing: [],
        people: 3,
        reached: 3,
      },
    ]);
  });

  it('take a mark of a member, and offer others', async () => {
    const { next } = (await ask('GET', '/api/segments/quiet-readers/samples')).body as { next: string[] };
    const marked = await ask('POST', '/api/segments/quiet-readers/samples', {
      profile: next[0] ?? '',
      mark: 'wrong',
      by: 'mo',
    });

    expect(misfits('/api/segments/{segment}/samples', 'POST', marked.body)).toEqual([]);
    expect((await ask('GET', '/api/segments/quiet-readers/samples')).body).toMatchObject({
      marks: [{ profile: next[0], mark: 'wrong', by: 'mo' }],
      next: next.slice(1),
    });
  });
});

describe('the refusals about reviews', () => {
  it.each([
    ['GET', '/api/segments/none/facts', 404, 'api/no-such-segment'],
    ['GET', '/api/segments/quiet-readers/facts?from=yesterday', 400, 'api/bad-query'],
    ['GET', '/api/segments/quiet-readers/reviews?most=0', 400, 'api/bad-query'],
    ['GET', '/api/segments/quiet-readers/reviews/never/page', 404, 'api/no-such-review'],
    ['GET', '/api/overlaps?segments=none', 404, 'api/no-such-segment'],
    ['GET', '/api/overlaps?most=1000', 400, 'api/bad-query'],
    ['POST', '/api/segments/quiet-readers/comments', 400, 'api/bad-body', { by: '' }],
    [
      'POST',
      '/api/segments/quiet-readers/samples',
      404,
      'api/no-such-member',
      { profile: 'p_nobody', mark: 'right', by: 'mo' },
    ],
  ])('%s %s is %i %s', async (method, path, status, code, body?: Json) => {
    const answer = await ask(method, path, body);

    expect(answer).toEqual({ status, body: { code, message: expect.any(String) as string } });
  });
});
