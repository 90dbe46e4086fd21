import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openResolver } from '../../lib/local/engines/resource-names.ts';
import { secretsOf, variableOf } from '../../lib/local/host/secret-values.ts';
import { startSecretsEndpoint } from '../../lib/local/host/secrets-endpoint.ts';
import { type HostBench, openHostBench } from './host-bench.ts';

let bench: HostBench;
beforeEach(() => {
  bench = openHostBench('2031-05-01T12:00:00Z');
});
afterEach(async () => {
  await bench.close();
});

const secret = (name: string, properties: object = {}) => ({
  Type: 'AWS::SecretsManager::Secret',
  Properties: { Name: `tributary/acme/${name}`, ...properties },
});
const template = {
  Resources: {
    Newsletter: secret('main-newsletter'),
    Salesforce: secret('salesforce'),
    Unfilled: secret('unfilled'),
    Key: secret('identity-key', { GenerateSecretString: { PasswordLength: 64, ExcludePunctuation: true } }),
    Shaped: secret('shaped', {
      GenerateSecretString: { SecretStringTemplate: '{"user":"me"}', GenerateStringKey: 'password', PasswordLength: 8 },
    }),
  },
};
const from = { template, resolver: openResolver(template, { queueOrigin: 'http://127.0.0.1:1' }) };

describe('secretsOf', () => {
  it('takes values from the environment, then from the caller, then as the template generates them', () => {
    const values = secretsOf(from, {
      given: { 'main-newsletter': 'given, but overruled', salesforce: 'given' },
      environment: { TRIBUTARY_SECRET_MAIN_NEWSLETTER: 'from the environment' },
    });

    expect(values.map(({ name, value }) => [name, value])).toEqual([
      ['tributary/acme/main-newsletter', 'from the environment'],
      ['tributary/acme/salesforce', 'given'],
      ['tributary/acme/unfilled', undefined],
      ['tributary/acme/identity-key', expect.stringMatching(/^[A-Za-z0-9]{64}$/)],
      ['tributary/acme/shaped', expect.stringMatching(/^{"user":"me","password":".{8,}"}$/)],
    ]);
  });

  it('keeps generated values in a file that only the owner reads', () => {
    const file = join(bench.aFolder(), 'secrets.json');
    const sources = { given: {}, environment: {}, file };

    const first = secretsOf(from, sources);

    expect(secretsOf(from, sources)).toEqual(first);
    expect(statSync(file).mode & 0o077).toBe(0);
  });
});

describe('variableOf', () => {
  it('names the variable of a connection', () => {
    expect(variableOf('main-newsletter')).toBe('TRIBUTARY_SECRET_MAIN_NEWSLETTER');
  });
});

describe('startSecretsEndpoint', () => {
  async function get(query: string, token?: string): Promise<[number, string]> {
    const endpoint = bench.owns(
      await startSecretsEndpoint({
        secrets: secretsOf(from, {
          given: { salesforce: '{"key":"s3cret"}', 'main-newsletter': 'x' },
          environment: {},
        }),
        now: () => Date.parse('2031-05-01T12:00:00Z'),
        callerOf: (given) => (given === 'token-of-sync' ? 'SyncStream' : undefined),
        mayRead: async (caller, arn) => caller === 'SyncStream' && !arn.includes('newsletter'),
      }),
    );
    const answer = await fetch(`http://127.0.0.1:${endpoint.port}${query}`, {
      headers: token === undefined ? {} : { 'x-aws-parameters-secrets-token': token },
    });
    return [answer.status, await answer.text()];
  }

  it('answers as Secrets Manager does, by name', async () => {
    const [status, body] = await get('/secretsmanager/get?secretId=tributary%2Facme%2Fsalesforce', 'token-of-sync');

    expect([status, JSON.parse(body)]).toEqual([
      200,
      {
        ARN: from.resolver.arnOf('Salesforce'),
        CreatedDate: '2031-05-01T12:00:00.000Z',
        Name: 'tributary/acme/salesforce',
        SecretBinary: null,
        SecretString: '{"key":"s3cret"}',
        VersionId: expect.any(String),
        VersionStages: ['AWSCURRENT'],
        ResultMetadata: {},
      },
    ]);
  });

  it('answers by ARN', async () => {
    const id = encodeURIComponent(from.resolver.arnOf('Salesforce'));

    expect((await get(`/secretsmanager/get?secretId=${id}`, 'token-of-sync'))[0]).toBe(200);
  });

  it.each([
    ['no token', '/secretsmanager/get?secretId=tributary/acme/salesforce', undefined, 401, 'not authorized'],
    ['a strange token', '/secretsmanager/get?secretId=tributary/acme/salesforce', 'x', 401, 'not authorized'],
    ['no secret named', '/secretsmanager/get', 'token-of-sync', 400, 'secretId'],
    [
      'a role that may not',
      '/secretsmanager/get?secretId=tributary/acme/main-newsletter',
      'token-of-sync',
      400,
      'AccessDenied',
    ],
    ['an unknown secret', '/secretsmanager/get?secretId=nothing', 'token-of-sync', 400, 'ResourceNotFound'],
    [
      'an empty secret',
      '/secretsmanager/get?secretId=tributary/acme/unfilled',
      'token-of-sync',
      400,
      'ResourceNotFound',
    ],
    ['another path', '/systemsmanager/parameters/get?name=x', 'token-of-sync', 404, 'Not Found'],
  ])('refuses %s', async (_what, query, token, status, text) => {
    expect(await get(query, token)).toEqual([status, expect.stringContaining(text)]);
  });
});
