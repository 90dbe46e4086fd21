import { type IncomingHttpHeaders, request } from 'node:http';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LocalFunction } from '../../lib/local/host/function-pool.ts';
import { type HttpApi, startHttpApi } from '../../lib/local/host/http-api.ts';
import type { RouteDefinition } from '../../lib/local/host/http-routes.ts';
import { openStageDoor } from '../../lib/local/host/stage-door.ts';
import { type HostBench, openHostBench } from './host-bench.ts';

let bench: HostBench;
beforeEach(() => {
  bench = openHostBench('2020-03-12T19:03:58Z');
});
afterEach(async () => {
  await bench.close();
});

const echo = 'export const handler = async (event) => ({ event });';
const routes = (...keys: string[]): RouteDefinition[] =>
  keys.map((key) => ({ key, functionId: 'Probe', authorised: key.includes(' /api'), signedIn: false }));

interface Given {
  readonly source: string;
  readonly routes?: readonly RouteDefinition[];
  readonly timeoutMs?: number;
}

async function anApi(given: Given): Promise<HttpApi> {
  const target: LocalFunction = bench.aFunction(given.source, { timeoutMs: given.timeoutMs ?? 10_000 });
  return bench.owns(
    await startHttpApi({
      routes: given.routes ?? routes('ANY /{proxy+}', 'GET /'),
      functions: new Map([['Probe', target]]),
      clock: bench.clock,
      door: openStageDoor({ token: 'open-sesame', now: Date.now }),
      accountId: '000000000000',
      port: 0,
    }),
  );
}

describe('startHttpApi', () => {
  it('hands a request over in payload format 2.0', async () => {
    const { url, port } = await anApi({ source: echo, routes: routes('POST /webhooks/{connection}') });

    const answer = await fetch(`${url}/webhooks/main%20list?b=1&a=x%20y&b=2`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'X-Proof': 'abc',
        cookie: 'one=1; two=2',
        'user-agent': 'probe/1',
      },
      body: '{"hello":"wörld"}',
    });

    const { event } = (await answer.json()) as { event: { headers: Record<string, string>; requestContext: object } };
    expect(event).toEqual({
      version: '2.0',
      routeKey: 'POST /webhooks/{connection}',
      rawPath: '/webhooks/main list',
      rawQueryString: 'b=1&a=x%20y&b=2',
      cookies: ['one=1', 'two=2'],
      headers: expect.objectContaining({
        'content-type': 'application/json',
        'x-proof': 'abc',
        host: `127.0.0.1:${port}`,
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-port': String(port),
        'x-forwarded-proto': 'http',
        'x-amzn-trace-id': expect.stringMatching(/^Root=1-/),
      }),
      queryStringParameters: { a: 'x y', b: '1,2' },
      requestContext: {
        accountId: '000000000000',
        apiId: 'local',
        domainName: '127.0.0.1',
        domainPrefix: '127',
        http: {
          method: 'POST',
          path: '/webhooks/main list',
          protocol: 'HTTP/1.1',
          sourceIp: '127.0.0.1',
          userAgent: 'probe/1',
        },
        requestId: expect.any(String),
        routeKey: 'POST /webhooks/{connection}',
        stage: '$default',
        time: expect.stringMatching(/^12\/Mar\/2020:19:0\d:\d\d \+0000$/),
        timeEpoch: expect.any(Number),
      },
      pathParameters: { connection: 'main list' },
      body: '{"hello":"wörld"}',
      isBase64Encoded: false,
    });
    expect(event.headers).not.toHaveProperty('cookie');
  });

  it('hands a path over decoded, and only as far as a ? that was encoded in it', async () => {
    const { url } = await anApi({ source: echo, routes: routes('GET /{proxy+}') });

    const answer = await fetch(`${url}/a%2F..%2Fb%23c%3Fd/e?f=%3F`);

    expect(((await answer.json()) as { event: object }).event).toMatchObject({
      rawPath: '/a/../b#c',
      rawQueryString: 'f=%3F',
      requestContext: { http: { path: '/a/../b#c' } },
      pathParameters: { proxy: 'a/../b#c' },
    });
  });

  it.each([
    ['application/x-www-form-urlencoded', 'type=subscribe'],
    ['application/octet-stream', '\u0000\u0001'],
  ])('hands a body of %s over in base64', async (type, body) => {
    const { url } = await anApi({ source: echo });

    const answer = await fetch(`${url}/hook`, { method: 'POST', headers: { 'content-type': type }, body });

    const { event } = (await answer.json()) as { event: object };
    expect(event).toMatchObject({ isBase64Encoded: true, body: Buffer.from(body).toString('base64') });
  });

  it('lets only bearers of the token through an authorised route, and keeps the token to itself', async () => {
    const { url } = await anApi({ source: echo, routes: routes('ANY /api/{proxy+}', 'GET /') });
    const get = (authorization?: string): Promise<Response> =>
      fetch(`${url}/api/runs/7`, { headers: authorization === undefined ? {} : { authorization } });

    const refused = [await get(), await get('Bearer wrong'), await get('open-sesame')];
    const allowed = await get('Bearer open-sesame');

    for (const answer of refused) {
      expect([answer.status, await answer.json()]).toEqual([403, { message: 'Forbidden' }]);
    }
    const { event } = (await allowed.json()) as { event: object };
    expect(event).toMatchObject({
      pathParameters: { proxy: 'runs/7' },
      requestContext: { authorizer: { iam: { accountId: '000000000000', userArn: expect.any(String) } } },
    });
    expect(JSON.stringify(event)).not.toContain('open-sesame');
  });

  it('gives a page of another origin, or behind another name of this machine, nothing without the token', async () => {
    const { url } = await anApi({ source: echo, routes: routes('ANY /api/{proxy+}', 'GET /') });
    const { port } = new URL(url);
    // fetch sends no Host of the caller's choice.
    const asPage = (method: string, path: string, body = '') =>
      new Promise<{ status: number | undefined; headers: IncomingHttpHeaders }>((resolve, reject) => {
        const headers = {
          host: 'rebound.example.com',
          origin: 'https://rebound.example.com',
          'access-control-request-method': 'POST',
        };
        const asking = request({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
          answer.resume().once('end', () => resolve({ status: answer.statusCode, headers: answer.headers }));
        });
        asking.once('error', reject).end(body);
      });

    const answers = [
      await asPage('GET', '/api/runs'),
      await asPage('POST', '/api/push', '{}'),
      await asPage('OPTIONS', '/api/push'),
      await asPage('POST', '/stage/links'),
      await asPage('POST', '/stage/session', '{"code":"guessed"}'),
    ];

    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403, 401]);
    const told = answers.flatMap(({ headers }) => Object.keys(headers));
    expect(told.filter((name) => name.startsWith('access-control-') || name === 'set-cookie')).toEqual([]);
  });

  it('lets nobody through a route for people who signed in, not even who bears the token', async () => {
    const [route] = routes('ANY /console/api/{proxy+}');
    const { url } = await anApi({ source: echo, routes: route === undefined ? [] : [{ ...route, signedIn: true }] });

    const answer = await fetch(`${url}/console/api/runs`, { headers: { authorization: 'Bearer open-sesame' } });

    expect([answer.status, await answer.json()]).toEqual([401, { message: 'Unauthorized' }]);
  });

  it('answers for its door before any route', async () => {
    const { url } = await anApi({ source: echo });

    const how = await fetch(`${url}/assets/console.json`);
    const refused = await fetch(`${url}/stage/session`, { method: 'POST', body: '{"code":"x"}' });

    expect([await how.json(), refused.status]).toEqual([{ signIn: 'link' }, 401]);
  });

  it('answers 404 where there is no route', async () => {
    const { url } = await anApi({ source: echo, routes: routes('GET /webhooks/{connection}', 'GET /') });

    for (const [method, path] of [
      ['GET', '/nowhere'],
      ['GET', '/webhooks/'],
      ['GET', '/webhooks/a/b'],
      ['DELETE', '/webhooks/a'],
    ] as const) {
      const answer = await fetch(`${url}${path}`, { method });
      expect([answer.status, await answer.text()]).toEqual([404, '{"message":"Not Found"}']);
    }
  });

  it.each([
    ['GET', '/api/runs', 'GET /api/runs'],
    ['POST', '/api/runs', 'ANY /api/runs'],
    ['GET', '/api/people', 'ANY /api/{kind}'],
    ['GET', '/api/people/7', 'GET /api/{proxy+}'],
    ['PUT', '/api/people/7', 'ANY /api/{proxy+}'],
    ['GET', '/elsewhere', '$default'],
  ])('sends %s %s to the most specific route', async (method, path, expected) => {
    const keys = [
      '$default',
      'ANY /api/{proxy+}',
      'GET /api/{proxy+}',
      'ANY /api/{kind}',
      'ANY /api/runs',
      'GET /api/runs',
    ];
    const open = routes(...keys).map((route) => ({ ...route, authorised: false }));
    const { url } = await anApi({ source: 'export const handler = async (event) => event.routeKey;', routes: open });

    expect(await (await fetch(`${url}${path}`, { method })).text()).toBe(expected);
  });

  it.each([
    ['"plain text"', 200, 'application/json', 'plain text'],
    ['{"any":"object"}', 200, 'application/json', '{"any":"object"}'],
    ['{"statusCode":201,"body":"made"}', 201, 'text/plain;charset=UTF-8', 'made'],
    ['{"statusCode":"202"}', 202, 'text/plain;charset=UTF-8', ''],
    ['{"statusCode":200,"headers":{"Content-Type":"text/html"},"body":"<p>"}', 200, 'text/html', '<p>'],
    ['{"statusCode":200,"body":"aGVsbG8=","isBase64Encoded":true}', 200, 'text/plain;charset=UTF-8', 'hello'],
    ['{"statusCode":"soon"}', 500, 'application/json', '{"message":"Internal Server Error"}'],
    ['{"statusCode":200,"body":{}}', 500, 'application/json', '{"message":"Internal Server Error"}'],
  ])('answers %s as the gateway does', async (value, status, type, body) => {
    const { url } = await anApi({ source: `export const handler = async () => (${value});` });

    const answer = await fetch(`${url}/`);

    expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([status, type, body]);
  });

  it('sends each cookie in a header of its own', async () => {
    const { url } = await anApi({
      source: 'export const handler = async () => ({ statusCode: 204, cookies: ["a=1; Secure", "b=2"] });',
    });

    expect((await fetch(`${url}/`)).headers.getSetCookie()).toEqual(['a=1; Secure', 'b=2']);
  });

  it.each([
    ['throws', 'throw new Error("no")'],
    ['ends its process', 'process.exit(1)'],
    ['takes longer than its time limit', 'await new Promise((resolve) => setTimeout(resolve, 60000))'],
  ])('answers 500 when the function %s', async (_what, code) => {
    const { url } = await anApi({ source: `export const handler = async () => { ${code}; };`, timeoutMs: 300 });

    const answer = await fetch(`${url}/`);

    expect([answer.status, await answer.json()]).toEqual([500, { message: 'Internal Server Error' }]);
  });

  it.each([
    ['more than the gateway takes', 10 * 1024 * 1024 + 1],
    ['more than an invocation carries', 7 * 1024 * 1024],
  ])('answers 413 to %s', async (_what, size) => {
    const { url } = await anApi({ source: echo });

    const answer = await fetch(`${url}/hook`, { method: 'POST', body: 'x'.repeat(size) });

    expect([answer.status, await answer.json()]).toEqual([413, { message: 'Request Entity Too Large' }]);
  });

  it('refuses a taken port that was asked for, and moves on from one that was not', async () => {
    const other = createServer();
    const taken = await new Promise<number>((resolve) =>
      other.listen(0, '127.0.0.1', () => resolve((other.address() as { port: number }).port)),
    );
    bench.owns(other);
    const options = {
      routes: [],
      functions: new Map(),
      clock: bench.clock,
      door: openStageDoor({ token: 't', now: Date.now }),
      accountId: '0',
    };

    await expect(startHttpApi({ ...options, port: taken })).rejects.toMatchObject({ code: 'stage/port-taken' });
    const moved = bench.owns(await startHttpApi({ ...options, firstPort: taken }));

    expect(moved.port).toBeGreaterThan(taken);
  });
});
