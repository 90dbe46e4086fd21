import { afterAll, describe, expect, it } from 'vitest';
import { looksSecret } from '../../lib/workspace/secrets.ts';
import { at, referencesIn, resourcesOf } from './reading.ts';
import { synthesiseTiny } from './tiny-workspace.ts';

const synthesised = await synthesiseTiny();
const { template } = synthesised;
afterAll(() => synthesised.close());

describe('the template', () => {
  it('holds no secret: what is secret is generated in the account, or filled in there', () => {
    const secrets = Object.values(resourcesOf(template, 'AWS::SecretsManager::Secret'));

    expect(secrets.length).toBeGreaterThan(2);
    expect(secrets.filter((secret) => at(secret, 'SecretString') !== undefined)).toEqual([]);
    const texts = JSON.stringify(template).match(/"[^"]*"/g) ?? [];
    expect(texts.filter((text) => looksSecret(text.slice(1, -1)) || text.includes('{{resolve:'))).toEqual([]);
  });

  it('gives no function a secret by its environment, only the name to ask for', () => {
    const secrets = Object.keys(resourcesOf(template, 'AWS::SecretsManager::Secret'));
    const variables = Object.values(resourcesOf(template, 'AWS::Lambda::Function')).flatMap((one) =>
      Object.entries((at(one, 'Environment.Variables') ?? {}) as object),
    );
    const named = variables.filter(([, value]) => referencesIn(value).some((id) => secrets.includes(id)));

    expect(variables.length).toBeGreaterThan(50);
    // A reference to a secret is its ARN: CloudFormation gives the value to nobody.
    expect([...new Set(named.map(([name]) => name))]).toEqual([...new Set(named.map(() => 'IDENTITY_KEY_SECRET'))]);
  });
});
