import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { afterAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../lib/domain/json.ts';
import { knownResourceTypes } from '../../lib/infra/resource-types.ts';
import { STACK_ID, type Template } from '../../lib/infra/synthesise.ts';
import { TributaryStack } from '../../lib/infra/tributary-stack.ts';
import { stackNameOf } from '../../lib/infra/workspace-for-synthesis.ts';
import { at, referencesIn, resource, resourcesOf } from './reading.ts';
import { synthesiseTiny, tinyWorkspace, writeBundles } from './tiny-workspace.ts';

const synthesised = await synthesiseTiny();
const { template } = synthesised;
afterAll(() => synthesised.close());

describe('synthesise', () => {
  it('names the directory of the code of every function', () => {
    const handlers = Object.entries(synthesised.codeDirs).map(([id, dir]) => [
      id,
      readFileSync(join(dir, 'index.mjs'), 'utf8').match(/'(.*)'/)?.[1],
    ]);

    expect(Object.fromEntries(handlers)).toEqual({
      CollectFunction: 'collect',
      ReceiveWebhookFunction: 'receive-webhook',
      SyncStreamFunction: 'sync-stream',
      ResolveProfileFunction: 'resolve-profile',
      SweepDueFunction: 'sweep-due',
      ActivateAudienceFunction: 'activate-audience',
      RunJobFunction: 'run-job',
      ImportFileFunction: 'import-file',
      ApiFunction: 'api',
    });
  });

  it('writes an assembly that can be deployed, for no particular account or region', () => {
    expect(existsSync(join(synthesised.assemblyDir, 'manifest.json'))).toBe(true);
    expect(JSON.stringify(template)).not.toMatch(/arn:aws:[a-z]+:[a-z]{2}-[a-z]+-\d:\d{12}:(?!layer)/);
  });

  it('holds only types of resources that are known, and uses each known type, some where people sign in', async () => {
    const signedIn = await synthesiseTiny({ ...tinyWorkspace, console: { signIn: 'acme-people' } });
    signedIn.close();
    const typesIn = ({ Resources }: Template): string[] => Object.values(Resources).map(({ Type }) => Type);
    const used = new Set([...typesIn(template), ...typesIn(signedIn.template)]);

    expect([...used].sort()).toEqual(Object.keys(knownResourceTypes).sort());
  });

  it('takes the ARN of the secrets extension from the operator where the CDK does not know it', async () => {
    const arn = 'arn:aws:lambda:eu-central-2:772501565639:layer:AWS-Parameters-and-Secrets-Lambda-Extension-Arm64:1';
    const dir = mkdtempSync(join(tmpdir(), 'tributary-extension-'));
    const app = new App({
      outdir: join(dir, 'assembly'),
      builtinCloudFormationValidation: false,
      context: { secretsExtensionArn: arn },
    });
    new TributaryStack(app, STACK_ID, { workspace: tinyWorkspace, bundles: writeBundles(join(dir, 'bundles')) });
    const { Resources, Mappings } = app.synth().getStackArtifact(STACK_ID).template as Template;
    rmSync(dir, { recursive: true, force: true });

    const layers = Object.values(Resources).flatMap(({ Properties }) => Properties?.Layers ?? []);
    expect(new Set(layers)).toEqual(new Set([arn]));
    expect(Mappings).toBeUndefined();
  });

  it('makes no custom resources', () => {
    const custom = Object.values(template.Resources).filter(({ Type }) => /^(Custom::|AWS::CloudFormation)/.test(Type));

    expect(custom).toEqual([]);
  });

  it('refuses a workspace that cannot name a stack', async () => {
    const nameless = { workspace: 'ac me', timezone: 'UTC', connections: {}, audiences: [] };

    await expect(synthesiseTiny(nameless)).rejects.toMatchObject({ kind: 'config', code: 'infra/workspace-name' });
  });

  it('takes no workspace name with which the group of schedules would have more than 64 letters', () => {
    expect(stackNameOf('a'.repeat(54))).toHaveLength(64);
    expect(() => stackNameOf('a'.repeat(55))).toThrow(/up to 54/);
  });
});

describe('stored data', () => {
  it('retains, encrypts and can restore every table', () => {
    const tables = Object.entries(resourcesOf(template, 'AWS::DynamoDB::Table'));

    expect(tables).toHaveLength(8);
    for (const [id, table] of tables) {
      expect({
        id,
        deletion: table.DeletionPolicy,
        replacement: table.UpdateReplacePolicy,
        protected: at(table, 'DeletionProtectionEnabled'),
        restorable: at(table, 'PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled'),
        encrypted: at(table, 'SSESpecification.SSEEnabled'),
        billing: at(table, 'BillingMode'),
      }).toEqual({
        id,
        deletion: 'Retain',
        replacement: 'Retain',
        protected: true,
        restorable: true,
        encrypted: true,
        billing: 'PAY_PER_REQUEST',
      });
    }
  });

  it.each([
    ['ProfilesTable', ['id'], { 'due-by-hour': ['dueHour', 'dueAt'] }, undefined],
    ['IdentifiersTable', ['key'], {}, undefined],
    ['AccountsTable', ['id'], {}, undefined],
    ['ActivitiesTable', ['fragment', 'at'], {}, 'expires'],
    ['MembershipsTable', ['owner', 'profile'], { 'pending-by-audience': ['pending', 'profile'] }, 'expires'],
    ['HistoryTable', ['owner', 'at'], {}, 'expires'],
    ['StateTable', ['kind', 'id'], {}, 'expires'],
  ])('gives %s its key, its indexes and its expiry', (id, key, indexes, expires) => {
    const table = resource(template, id);
    const found = (at(table, 'GlobalSecondaryIndexes') ?? []) as readonly JsonObject[];

    expect(namesOf(at(table, 'KeySchema'))).toEqual(key);
    expect(Object.fromEntries(found.map((index) => [index.IndexName, namesOf(index.KeySchema)]))).toEqual(indexes);
    expect(found.every((index) => (index.Projection as JsonObject).ProjectionType === 'KEYS_ONLY')).toBe(true);
    expect(at(table, 'TimeToLiveSpecification.AttributeName')).toBe(expires);
  });

  it('keeps the archive private, encrypted, retained and without versions that outlive an erasure', () => {
    const bucket = resource(template, 'ArchiveBucket');

    expect([bucket.DeletionPolicy, bucket.UpdateReplacePolicy]).toEqual(['RetainExceptOnCreate', 'Retain']);
    expect(at(bucket, 'BucketEncryption')).toBeDefined();
    expect(Object.values(at(bucket, 'PublicAccessBlockConfiguration') as JsonObject)).toEqual([true, true, true, true]);
    expect(at(bucket, 'VersioningConfiguration')).toBeUndefined();
  });

  it('expires pages and outcomes as the workspace says, and never definitions', async () => {
    const day = 86_400_000;
    const workspace = { workspace: 'acme', timezone: 'UTC', connections: {}, audiences: [] };
    const privacy = { activitiesKeptMs: 30 * day, archiveKeptMs: 7.5 * day };
    const strict = await synthesiseTiny({ ...workspace, privacy });
    strict.close();

    expect(expiryOf(template)).toEqual({
      'pages/': 90,
      'figures/': 90,
      'deliveries/': 90,
      'notes/': 90,
      'plans/': 90,
      'facts/': 90,
      'scans/': 15,
      'push-plans/': 90,
      'exports/': 7,
      'drop/': 15,
      'rejects/': 15,
      'samples/': 1,
      'learning/': 1,
      'outcomes/': 400,
    });
    expect(expiryOf(strict.template)).toEqual({
      'pages/': 7,
      'figures/': 7,
      'deliveries/': 7,
      'notes/': 7,
      'plans/': 7,
      'facts/': 7,
      'scans/': 15,
      'push-plans/': 7,
      'exports/': 7,
      'drop/': 15,
      'rejects/': 15,
      'samples/': 1,
      'learning/': 1,
      'outcomes/': 30,
    });
  });

  it('keeps what messages go on with for longer than it keeps the messages', () => {
    const ages = Object.values(resourcesOf(template, 'AWS::SQS::Queue')).map((queue) =>
      Number(at(queue, 'MessageRetentionPeriod')),
    );
    const expiry = expiryOf(template);

    for (const folder of ['drop/', 'rejects/', 'scans/']) {
      expect(Number(expiry[folder]) * 86_400).toBeGreaterThan(Math.max(...ages));
    }
  });

  it('keeps one secret per connection and the identity key, by the names that functions read', () => {
    const secrets = Object.values(resourcesOf(template, 'AWS::SecretsManager::Secret'));

    expect(secrets.map((secret) => at(secret, 'Name')).sort()).toEqual([
      'tributary/acme/crm',
      'tributary/acme/identity-key',
      'tributary/acme/newsletter',
      'tributary/acme/spare',
    ]);
    // Names are fixed, so a creation that is rolled back must not leave them behind.
    expect(secrets.map(({ DeletionPolicy, UpdateReplacePolicy }) => [DeletionPolicy, UpdateReplacePolicy])).toEqual(
      secrets.map(() => ['RetainExceptOnCreate', 'Retain']),
    );
  });

  it('generates the identity key and leaves credentials to the operator', () => {
    const generated = Object.values(resourcesOf(template, 'AWS::SecretsManager::Secret')).filter(
      (secret) => at(secret, 'GenerateSecretString') !== undefined || at(secret, 'SecretString') !== undefined,
    );

    expect(generated.map((secret) => at(secret, 'Name'))).toEqual(['tributary/acme/identity-key']);
    expect(at(resource(template, 'IdentityKey'), 'GenerateSecretString')).toMatchObject({
      SecretStringTemplate: '{"generation":1}',
      GenerateStringKey: 'secret',
    });
  });
});

describe('queues', () => {
  it('gives every queue that a function reads a dead-letter queue after five deliveries', () => {
    const sources = Object.values(resourcesOf(template, 'AWS::Lambda::EventSourceMapping'));

    expect(sources).toHaveLength(7);
    for (const source of sources) {
      const queue = resource(template, referencesIn(at(source, 'EventSourceArn'))[0] ?? '');
      const deadLetters = resource(template, referencesIn(at(queue, 'RedrivePolicy.deadLetterTargetArn'))[0] ?? '');

      expect(at(queue, 'RedrivePolicy.maxReceiveCount')).toBe(5);
      // As long as SQS keeps anything, and counted from the first sending in both.
      for (const one of [queue, deadLetters]) expect(at(one, 'MessageRetentionPeriod')).toBe(14 * 24 * 3600);
    }
  });

  it('hides a message for six times the timeout of the function that reads it', () => {
    for (const source of Object.values(resourcesOf(template, 'AWS::Lambda::EventSourceMapping'))) {
      const queue = resource(template, referencesIn(at(source, 'EventSourceArn'))[0] ?? '');
      const reader = resource(template, referencesIn(at(source, 'FunctionName'))[0] ?? '');

      expect(at(queue, 'VisibilityTimeout')).toBe(6 * Number(at(reader, 'Timeout')));
    }
  });

  it('reports the messages of a batch that failed, and no others', () => {
    for (const source of Object.values(resourcesOf(template, 'AWS::Lambda::EventSourceMapping'))) {
      expect(at(source, 'FunctionResponseTypes')).toEqual(['ReportBatchItemFailures']);
    }
  });

  it('encrypts every queue and refuses requests without TLS', () => {
    const queues = Object.entries(resourcesOf(template, 'AWS::SQS::Queue'));
    const guarded = Object.values(resourcesOf(template, 'AWS::SQS::QueuePolicy'))
      .filter((policy) => JSON.stringify(policy.Properties).includes('"aws:SecureTransport":"false"'))
      .flatMap((policy) => referencesIn(at(policy, 'Queues')));

    expect(queues.every(([, queue]) => at(queue, 'SqsManagedSseEnabled') === true)).toBe(true);
    expect(guarded.sort()).toEqual(queues.map(([id]) => id).sort());
  });
});

function namesOf(schema: unknown): readonly string[] {
  return (schema as readonly { readonly AttributeName: string }[]).map(({ AttributeName }) => AttributeName);
}

function expiryOf(of: Template): Record<string, unknown> {
  const rules = at(resource(of, 'ArchiveBucket'), 'LifecycleConfiguration.Rules') as readonly JsonObject[];
  return Object.fromEntries(
    rules
      .filter(({ Prefix }) => Prefix !== undefined)
      .map(({ Prefix, ExpirationInDays }) => [Prefix, ExpirationInDays]),
  );
}
