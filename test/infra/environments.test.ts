import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject } from '../../lib/domain/json.ts';
import { roomForDeployed } from '../../lib/infra/deployed.ts';
import type { Template } from '../../lib/infra/synthesise.ts';
import { openResolver } from '../../lib/local/engines/resource-names.ts';
import { root } from '../architecture/source-files.ts';
import { at, resource } from './reading.ts';
import { synthesiseTiny, tinyWorkspace } from './tiny-workspace.ts';

/** Properties by which a resource takes a name that nobody else in the account (and region) may have. */
const NAMES = [
  ...['Name', 'TableName', 'QueueName', 'BucketName', 'FunctionName', 'RoleName', 'TopicName', 'LogGroupName'],
  ...['AlarmName', 'DashboardName', 'UserPoolName', 'Domain', 'ApiName', 'PolicyName'],
];
/** Named in an account as a whole, not in a region of it: two regions may not have the same. */
const GLOBAL = [
  'AWS::IAM::Role',
  'AWS::IAM::Policy',
  'AWS::IAM::ManagedPolicy',
  'AWS::S3::Bucket',
  'AWS::CloudWatch::Dashboard',
];
/** A name of these is a label: several may have it, or it is a name inside of what the stack made. */
const LABELS = [
  'AWS::ApiGatewayV2::Api',
  'AWS::ApiGatewayV2::Stage',
  'AWS::ApiGatewayV2::Authorizer',
  'AWS::Cognito::UserPool',
];

function namesIn({ Resources }: Template): readonly string[] {
  return Object.entries(Resources).flatMap(([, { Type, Properties = {} }]) =>
    NAMES.flatMap((property) => {
      const name = Properties[property];
      // What refers to another resource of the stack names nothing.
      const given = typeof name === 'string' || (isJsonObject(name) && name['Fn::Join'] !== undefined);
      return given && !LABELS.includes(Type) ? [`${Type} ${JSON.stringify(name)}`] : [];
    }),
  );
}

async function templateOf(workspace: string): Promise<Template> {
  const { template, close } = await synthesiseTiny({
    ...tinyWorkspace,
    workspace,
    console: { signIn: `${workspace}-people` },
  });
  close();
  return template;
}

describe('environments', () => {
  it('of one company are beside each other in an account and a region: no name is in both', {
    timeout: 60_000,
  }, async () => {
    const [dev, prod] = [await templateOf('acme-dev'), await templateOf('acme')];

    expect(namesIn(prod).filter((name) => namesIn(dev).includes(name))).toEqual([]);
    // Names that are given, and so could meet: the rest is named by CloudFormation after the stack.
    expect(
      namesIn(prod)
        .map((name) => name.split(' ')[0])
        .filter((type, at, all) => all.indexOf(type) === at)
        .sort(),
    ).toEqual([
      'AWS::CloudWatch::Dashboard',
      'AWS::Cognito::UserPoolDomain',
      'AWS::Scheduler::ScheduleGroup',
      'AWS::SecretsManager::Secret',
    ]);
  });

  it('of one name are in two regions of an account: what has a name there is named after its region', {
    timeout: 60_000,
  }, async () => {
    const prod = await templateOf('acme');

    const named = namesIn(prod).filter((name) => GLOBAL.some((type) => name.startsWith(`${type} `)));
    expect(named.filter((name) => !name.includes('AWS::Region'))).toEqual([]);
    expect(named).toHaveLength(1);
  });

  it.each(['acme', 'a-name-of-twenty-four-xx', 'x'.repeat(54)])(
    'called %s have room for the variables of the api function',
    { timeout: 60_000 },
    async (workspace) => {
      const template = await templateOf(workspace);
      const stack = `tributary-${workspace}`;
      const resolver = openResolver(template as unknown as JsonObject, {
        queueOrigin: 'https://sqs.ap-southeast-99.amazonaws.com',
        stack,
      });
      const variables = resolver.resolve(
        at(resource(template, 'ApiFunction'), 'Environment.Variables') as never,
      ) as JsonObject;
      const { DEPLOYED: _, ...others } = variables;
      // CloudFormation ends a name with a hyphen and twelve letters, and cuts those of queues to 80.
      const name = new RegExp(`${stack}-\\w+`, 'gi');
      const bytes = Object.entries(others).map(([variable, value]) => {
        const long = (given: string) => (/Queue$/.test(given) ? Math.min(given.length + 13, 80) : given.length + 13);
        return variable.length + String(value).replace(name, (given) => 'x'.repeat(long(given))).length;
      });
      const deployed = 'DEPLOYED'.length + Math.max(roomForDeployed(stack), 'sha256:'.length + 64);

      expect(bytes.reduce((sum, one) => sum + one, deployed)).toBeLessThan(4_096);
    },
  );
});

describe('docs/operating.md', () => {
  it('names what stays behind when the stack is taken down, all of it', { timeout: 60_000 }, async () => {
    const template = await templateOf('acme');
    const kept = Object.values(template.Resources).filter(({ DeletionPolicy }) => /Retain/.test(DeletionPolicy ?? ''));
    const text = readFileSync(join(root, 'docs', 'operating.md'), 'utf8');
    const teardown = text.slice(
      text.indexOf('## Taking it down'),
      text.indexOf('\n## ', text.indexOf('## Taking it down') + 1),
    );

    const types = [...new Set(kept.map(({ Type }) => Type))].sort();
    expect(types).toEqual([
      'AWS::Cognito::UserPool',
      'AWS::DynamoDB::Table',
      'AWS::S3::Bucket',
      'AWS::SecretsManager::Secret',
    ]);
    for (const word of [
      'delete-table',
      'aws s3 rb',
      'delete-secret',
      'delete-user-pool',
      'no-deletion-protection-enabled',
    ]) {
      expect(teardown).toContain(word);
    }
  });
});
