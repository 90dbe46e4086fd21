import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSignIn } from '../../lib/api/sign-in.ts';
import type { Json, JsonObject } from '../../lib/domain/json.ts';
import { openResolver } from '../../lib/local/engines/resource-names.ts';
import { checkTemplate } from '../../lib/local/host/template-check.ts';
import { functionsOf, routesOf } from '../../lib/local/host/template-parts.ts';
import { at, resource, resourcesOf } from './reading.ts';
import { synthesiseTiny, tinyWorkspace } from './tiny-workspace.ts';

let made: Awaited<ReturnType<typeof synthesiseTiny>>;
beforeAll(async () => {
  made = await synthesiseTiny({ ...tinyWorkspace, console: { signIn: 'acme-people' } });
}, 60_000);
afterAll(() => made.close());

describe('a workspace in which people can sign in', () => {
  it('has one more route, which asks for an access token', () => {
    const routes = Object.values(resourcesOf(made.template, 'AWS::ApiGatewayV2::Route'));
    const signedIn = routes.filter((route) => at(route, 'AuthorizationType') === 'JWT');

    expect(signedIn.map((route) => [at(route, 'RouteKey'), at(route, 'AuthorizationScopes')])).toEqual([
      ['ANY /console/api/{proxy+}', ['openid']],
    ]);
    const [authorizer] = Object.values(resourcesOf(made.template, 'AWS::ApiGatewayV2::Authorizer'));
    expect(authorizer?.Properties?.JwtConfiguration).toMatchObject({ Audience: [{ Ref: 'ConsoleClient' }] });
  });

  it('lets nobody in who was not added, and asks everybody for a second factor', () => {
    const pool = resource(made.template, 'ConsolePeople');

    expect([pool.DeletionPolicy, at(pool, 'DeletionProtection'), at(pool, 'MfaConfiguration')]).toEqual([
      ...['Retain', 'ACTIVE', 'ON'],
    ]);
    expect([at(pool, 'AdminCreateUserConfig.AllowAdminCreateUserOnly'), at(pool, 'EnabledMfas')]).toEqual([
      true,
      ['SOFTWARE_TOKEN_MFA'],
    ]);
  });

  it('has a group for each role', () => {
    const groups = Object.values(resourcesOf(made.template, 'AWS::Cognito::UserPoolGroup'));

    expect(groups.map((group) => [at(group, 'GroupName'), at(group, 'Precedence')]).sort()).toEqual([
      ['approver', 1],
      ['editor', 2],
      ['viewer', 3],
    ]);
  });

  it('has a client without a secret, which is sent back to the console alone', () => {
    const client = resource(made.template, 'ConsoleClient');
    const home = { 'Fn::Join': ['', [{ 'Fn::GetAtt': ['HttpApi', 'ApiEndpoint'] }, '/']] };

    expect(client.Properties).toMatchObject({
      GenerateSecret: false,
      AllowedOAuthFlows: ['code'],
      CallbackURLs: [home],
      LogoutURLs: [home],
      SupportedIdentityProviders: ['COGNITO'],
      PreventUserExistenceErrors: 'ENABLED',
    });
  });

  it('runs on the stage too, where its route lets nobody in, and tells the api function where people sign in', async () => {
    const template = made.template as unknown as JsonObject;
    const resolver = openResolver(template, { queueOrigin: 'http://127.0.0.1' });

    await checkTemplate(template);

    const signedIn = routesOf({ template, resolver }).filter((route) => route.signedIn);
    expect(signedIn.map(({ key, authorised }) => [key, authorised])).toEqual([['ANY /console/api/{proxy+}', false]]);
    const api = functionsOf({ template, resolver }).find(({ id }) => id === 'ApiFunction');
    expect(readSignIn(api?.variables.CONSOLE_SIGN_IN)).toEqual({
      issuer: 'https://cognito-idp.eu-central-1.amazonaws.com/tributary-ConsolePeople',
      page: 'https://tributary-ConsoleSignIn.auth.eu-central-1.amazoncognito.com',
      client: 'tributary-ConsoleClient',
      home: 'https://tributary-HttpApi.execute-api.eu-central-1.amazonaws.com/',
    });
  });
});

describe('a workspace that does not ask for it', () => {
  it('has nothing of Cognito', async () => {
    const without = await synthesiseTiny();
    without.close();

    const types = Object.values(without.template.Resources).map(({ Type }): Json => Type);
    expect(types.filter((type) => /Cognito|Authorizer/.test(String(type)))).toEqual([]);
  });
});
