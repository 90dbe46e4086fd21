import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { createApi } from '../../lib/api/app.ts';
import type { ApiDeps } from '../../lib/api/deps.ts';
import { serveGateway } from '../../lib/api/gateway.ts';
import { payloadOf } from '../../lib/local/host/http-payload.ts';

/** Nothing is there to be asked: whatever reaches a route fails behind it. */
const nothing = new Proxy({} as ApiDeps, { get: (_, name) => (name === 'log' ? () => {} : undefined) });

/** Asks an app as API Gateway does for who signed: the payload is as the gateway writes it of what was sent. */
function asking(app: Hono) {
  const handler = serveGateway(app);
  return async (method: string, sent: string) => {
    const [path = '', query = ''] = sent.split('?');
    const headersDistinct = { host: ['api.example.com'], 'content-type': ['application/json'] };
    const message = { method, headersDistinct, socket: {}, httpVersion: '1.1' } as unknown as IncomingMessage;
    const body = Buffer.from(method === 'GET' ? '' : '{}');
    const route = { key: 'ANY /api/{proxy+}', functionId: 'Api', authorised: true, signedIn: false };
    const at = { now: 0, requestId: 'r1', accountId: '111122223333', userArn: 'arn:aws:iam::111122223333:user/ann' };
    const payload = payloadOf({ message, body, path, query }, { route, parameters: {} }, at);
    const answer = await handler(payload as never);
    return { status: answer.statusCode, content: JSON.parse(String(answer.body)) as unknown };
  };
}

/** Answers with the path, and with the one step of it that is a parameter. */
const echoing = asking(
  new Hono()
    .get('/api/people/:person', (c) => c.json({ person: c.req.param('person'), q: c.req.query('q') ?? null }))
    .notFound((c) => c.json({ nothing: c.req.path }, 404)),
);

describe('a grant of IAM with a wildcard', () => {
  const ask = asking(createApi(nothing));
  const refused = { status: 400, content: { code: 'api/bad-path', message: expect.any(String) as string } };

  it('is one of these in docs/operating.md', () => {
    const page = readFileSync(new URL('../../docs/operating.md', import.meta.url), 'utf8');
    const rows = page.split('\n').filter((line) => /^\| (do everything|look,|plan,)/.test(line));

    expect(rows.flatMap((row) => row.match(/\/[^`]*\*[^`]*(?=`)/g) ?? [])).toEqual([
      ...['/*/api/*', '/GET/api/*', '/POST/api/import/*'],
    ]);
  });

  it.each([
    ['/*/api/*', 'GET', '/api/..%2F'],
    ['/*/api/*', 'POST', '/api/..%2Fassets/console.json'],
    ['/GET/api/*', 'GET', '/api/..%2Fassets%2Fconsole.json'],
    ['/GET/api/*', 'GET', '/api/runs/%2E%2E%2Fpeople'],
    ['/POST/api/import/*', 'POST', '/api/import/..%2Fforget'],
    ['/POST/api/import/*', 'POST', '/api/import/../forget'],
    ['/POST/api/import/*', 'POST', '/api/import/%2e%2e/forget'],
    ['/POST/api/import/*', 'POST', '/api/import/x%2F..%2F..%2Fforget'],
    ['/POST/api/import/*', 'POST', '/api/import/.%09./forget'],
    ['/POST/api/import/*', 'POST', '/api/import/.%0A.%2Fforget'],
    ['/POST/api/import/*', 'POST', '/api/import/.%0D./forget'],
    ['/POST/api/import/*', 'POST', '/api/import/%00/rows'],
    ['/POST/api/import/*', 'POST', '/api/import/.%2Frows'],
  ])('%s lets nobody out by %s %s', async (_grant, method, path) => {
    expect(await ask(method, path)).toEqual(refused);
  });

  it.each(['/api/import/..%5Cforget', '/api/import/%252e%252e/forget', '/api/import/%252e%252e%252Fforget'])(
    'leads nowhere by %s, which stays what it is',
    async (path) => {
      expect(await ask('POST', path)).toMatchObject({ status: 404, content: { code: 'api/no-such-route' } });
    },
  );

  it('lets through what it grants', async () => {
    for (const path of ['/api/import', '/api/import/i1/rows']) {
      expect(await ask('POST', path)).toMatchObject({ status: 400, content: { code: 'api/bad-body' } });
    }
    expect(await ask('GET', '/api/openapi.json')).toMatchObject({ status: 200 });
  });
});

describe('what a route sees behind the gateway', () => {
  it.each([
    'crm=a#b',
    'crm=a%b',
    'crm=%41',
    'crm=a\\b',
    'crm=%2541',
    "crm=o'neil!(*) ü+;,&=$",
    'crm=..',
    'a.b@example.com',
  ])('of %s is just that', async (person) => {
    expect(await echoing('GET', `/api/people/${encodeURIComponent(person)}?q=a%2Fb`)).toEqual({
      ...{ status: 200, content: { person, q: 'a/b' } },
    });
  });

  it('of a ? in a path is what stands before it, and of a / two steps', async () => {
    expect(await echoing('GET', '/api/people/crm%3Da%3Fb')).toMatchObject({ content: { person: 'crm=a' } });
    expect(await echoing('GET', '/api/people/crm%3Da%2Fb')).toMatchObject({ status: 404 });
  });
});
