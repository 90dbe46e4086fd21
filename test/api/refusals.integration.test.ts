import { beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../lib/domain/json.ts';
import { withApi } from './asking.ts';

const on = withApi(new Date('2026-11-21T00:00:00.000Z'));
const { ask } = on;

beforeAll(async () => {
  const at = '2026-01-01T00:00:00Z';
  const identifiers = [{ type: 'email', value: 'ann@example.com' }];
  await on.api.fold([{ kind: 'profile', fragment: 'newsletter:member:1', at, identifiers }]);
});

describe('what /api refuses', () => {
  it.each([
    ['GET', '/api/people/nobody%40example.com', 404, 'api/no-such-person'],
    ['GET', '/api/people/ann%40example.com/segments/none', 404, 'api/no-such-segment'],
    ['GET', '/api/audiences/none', 404, 'api/no-such-audience'],
    ['GET', '/api/audiences/none/runs', 404, 'api/no-such-audience'],
    ['GET', '/api/jobs/none', 404, 'api/no-such-job'],
    ['GET', '/api/plans/0123456789abcdef', 404, 'api/no-such-plan'],
    ['GET', '/api/segments/none/members', 404, 'api/no-such-segment'],
    ['GET', '/api/segments/quiet-readers/people?columns=a,,b', 400, 'api/bad-query'],
    ['GET', '/api/import/newsletter', 400, 'import/takes-no-files'],
    ['GET', '/api/segments/quiet-readers/members?most=0', 400, 'api/bad-query'],
    ['GET', '/api/segments/quiet-readers/history?from=yesterday', 400, 'api/bad-query'],
    ['POST', '/api/apply', 404, 'api/no-such-plan', { plan: 'none' }],
    ['POST', '/api/plans', 400, 'definitions/unreadable', { definitions: {} }],
    ['GET', '/api/nothing', 404, 'api/no-such-route'],
    ['POST', '/api/pull', 400, 'api/bad-body', {}],
    ['POST', '/api/pull', 404, 'api/no-such-connection', { connection: 'crm' }],
    ['POST', '/api/pull', 404, 'api/no-such-stream', { connection: 'newsletter', stream: 'people' }],
    ['POST', '/api/people/ann%40example.com/unmerge', 404, 'api/no-such-edge', { edge: 'e_none' }],
    ['POST', '/api/push', 404, 'api/no-such-audience', { audience: 'none' }],
    ['POST', '/api/verify', 404, 'api/no-such-audience', { audience: 'none' }],
    ['POST', '/api/verify', 400, 'api/bad-body', { audience: 'quiet-readers-to-newsletter', heal: 'all' }],
    ['GET', '/api/audiences/none/verify', 404, 'api/no-such-verify'],
    ['GET', '/api/runs/none.1', 404, 'api/no-such-run'],
    ['GET', '/api/runs/none.1/outcomes/0', 404, 'api/no-such-run'],
    ['POST', '/api/runs/none.1/approve', 404, 'api/no-such-run', { hash: 'a', by: 'ops' }],
    ['POST', '/api/runs/none.1/approve', 404, 'api/no-such-run', { hash: 'a' }],
    ['POST', '/api/runs/none.1/approve', 400, 'api/bad-body', { by: 'ops' }],
    ['POST', '/api/runs/none.1/approve', 400, 'api/bad-body', { hash: 'a', by: '' }],
  ])('%s %s is %i %s', async (method, path, status, code, body?: Json) => {
    const answer = await ask(method, path, body);

    expect(answer).toEqual({ status, body: { code, message: expect.any(String) as string } });
    expect(JSON.stringify(answer.body)).not.toContain('@example.com');
  });

  it('a body that is no JSON', async () => {
    const answer = await on.api.app.request('/api/push', { method: 'POST', body: '{' });

    expect({ status: answer.status, body: await answer.json() }).toMatchObject({
      status: 400,
      body: { code: 'api/bad-body' },
    });
  });
});
