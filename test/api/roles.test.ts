import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createApi } from '../../lib/api/app.ts';
import { callerOf } from '../../lib/api/caller.ts';
import type { ApiDeps } from '../../lib/api/deps.ts';
import { route, serve } from '../../lib/api/route.ts';
import type { Json } from '../../lib/domain/json.ts';
import { type Role, roles, suffices } from '../../lib/domain/role.ts';
import { bySignature, bySignIn, type GatewayContext } from './gateway-context.ts';

/** Nothing is there to be asked: whoever is let in gets as far as a failure, whoever is not is told so before it. */
const nothing = new Proxy({} as ApiDeps, { get: (_, name) => (name === 'log' ? () => {} : undefined) });

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly needs: unknown;
}

async function operationsOf(app: Hono): Promise<readonly Operation[]> {
  const document = (await (await app.request('/api/openapi.json')).json()) as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly 'x-needs'?: unknown }>>>>;
  };
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { 'x-needs': needs }]) => ({ method: method.toUpperCase(), path, needs })),
  );
}

async function ask(app: Hono, { method, path }: Operation, context?: GatewayContext) {
  const asked = { method, ...(method === 'GET' ? {} : { body: '{}' }) };
  const answer = await app.request(path.replaceAll(/\{\w+\}/g, 'x'), asked, context);
  return { status: answer.status, ...((await answer.json()) as { readonly code?: string; readonly message?: string }) };
}

describe('operations of the API', () => {
  const app = createApi(nothing);

  it('each say which role they need', async () => {
    const operations = await operationsOf(app);

    expect(operations.length).toBeGreaterThan(40);
    expect(operations.filter(({ needs }) => !roles.some((role) => role === needs))).toEqual([]);
  });

  it.each(roles)(
    'are open to a person who is %s as far as they need no more, and to nobody without a role',
    async (role) => {
      const wrong: unknown[] = [];
      for (const operation of await operationsOf(app)) {
        const { status, code, message } = await ask(app, operation, bySignIn([role]));
        const refused = status === 403 && code === 'api/not-allowed';
        if (refused === suffices(role, operation.needs as Role)) wrong.push([operation, status, code]);
        if (refused && !message?.includes(`needs the role ${operation.needs}, and you are ${role}`))
          wrong.push(message);
      }

      expect(wrong).toEqual([]);
    },
  );

  it('are open to who signs for IAM, and closed to who came by no authorizer or belongs to no group', async () => {
    const found = new Map<string, Set<boolean>>();
    const contexts = { iam: bySignature, none: undefined, empty: { requestContext: {} }, groupless: bySignIn([]) };
    for (const operation of await operationsOf(app)) {
      for (const [who, context] of Object.entries(contexts)) {
        const { code } = await ask(app, operation, context);
        found.set(who, (found.get(who) ?? new Set()).add(code === 'api/not-allowed'));
      }
    }

    expect(Object.fromEntries([...found].map(([who, refused]) => [who, [...refused]]))).toEqual({
      ...{ iam: [false], none: [true], empty: [true], groupless: [true] },
    });
  });

  it.each<[Role, readonly string[]]>([
    ['viewer', ['POST /api/push/dry-run', 'POST /api/segments/preview']],
    [
      'approver',
      [
        ...['POST /api/apply', 'POST /api/definitions', 'POST /api/definitions/versions/{version}/sources'],
        ...['POST /api/forget', 'POST /api/people/{person}/unmerge', 'POST /api/push'],
        ...['POST /api/quarantine/{connection}/replay', 'POST /api/redrive', 'POST /api/replay'],
        ...[
          'POST /api/runs/{run}/approve',
          'POST /api/suppressions',
          'POST /api/suppressions/batch',
          'POST /api/suppressions/lift',
          'POST /api/verify',
        ],
      ],
    ],
  ])('that change something and need the role %s are these', async (role, expected) => {
    const changing = (await operationsOf(app)).filter(({ method, needs }) => method !== 'GET' && needs === role);

    expect(changing.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(expected);
  });

  it.each(roles)('are told to a person who is %s as far as they may do them', async (role) => {
    const me = (await (await app.request('/api/me', {}, bySignIn([role]))).json()) as {
      readonly may: readonly string[];
    };

    const allowed = (await operationsOf(app)).filter(
      ({ needs, path }) => suffices(role, needs as Role) && path !== '/api/me',
    );
    expect([...me.may].sort()).toEqual(allowed.map(({ method, path }) => `${method} ${path}`).sort());
  });

  it('are found under the path of people who signed in too', async () => {
    const me = { method: 'GET', path: '/console/api/me', needs: 'viewer' };

    expect(await ask(app, me, bySignIn(['viewer', 'approver']))).toMatchObject({
      ...{ status: 200, by: 'ann', role: 'approver' },
    });
    expect(await ask(app, me)).toMatchObject({ status: 403, code: 'api/not-allowed' });
  });
});

describe('who acts', () => {
  const app = new Hono();
  serve(
    app,
    route({
      ...{ method: 'post', path: '/api/said', needs: 'editor', summary: 'Say something', answer: 'Comment' },
      body: z.object({ by: z.string(), text: z.string() }),
      run: async ({ body }) => body,
    }),
    () => {},
  );
  const say = async (body: Json, context: GatewayContext): Promise<Json> => {
    const answer = await app.request('/api/said', { method: 'POST', body: JSON.stringify(body) }, { ...context });
    return (await answer.json()) as Json;
  };

  it('is who signed in, whatever the body says', async () => {
    const signedIn = bySignIn(['editor']);

    expect(await say({ by: 'somebody else', text: 'a' }, signedIn)).toEqual({ by: 'ann', text: 'a' });
    expect(await say({ text: 'a' }, signedIn)).toEqual({ by: 'ann', text: 'a' });
  });

  it('is whom the body names when a program signed for IAM', async () => {
    expect(await say({ by: 'bea', text: 'a' }, bySignature)).toEqual({ by: 'bea', text: 'a' });
  });
});

describe('callerOf', () => {
  it.each<[string, GatewayContext]>([
    ['an identity token', bySignIn(['approver'], { token_use: 'id' })],
    ['a token without a name', bySignIn(['approver'], { username: null })],
    ['a group that only begins like a role', bySignIn(['approvers', 'viewer-of-nothing'])],
    ['claims that are no object', { requestContext: { authorizer: { jwt: { claims: 'approver' } } } }],
  ])('gives no role by %s', (_what, { requestContext }) => {
    expect(callerOf(requestContext as Json).role).toBeUndefined();
  });
});
