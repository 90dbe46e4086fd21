import { afterAll, describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../lib/domain/json.ts';
import { asStatement, at, referencesIn, resource, resourcesOf, statementsOf } from './reading.ts';
import { synthesiseTiny } from './tiny-workspace.ts';

const synthesised = await synthesiseTiny();
const { template } = synthesised;
afterAll(() => synthesised.close());

describe('roles', () => {
  it('names every action in full', () => {
    const roles = Object.values(resourcesOf(template, 'AWS::IAM::Role'));
    const actions = roles.flatMap(statementsOf).flatMap((statement) => statement.actions);

    expect(roles).toHaveLength(10);
    expect(actions.length).toBeGreaterThan(40);
    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
  });

  it('allows every resource only where the service has none to name: tracing', () => {
    for (const role of Object.values(resourcesOf(template, 'AWS::IAM::Role'))) {
      const wide = statementsOf(role).filter(({ resources }) => resources.includes('*'));

      expect(wide.flatMap(({ actions }) => actions).every((action) => action.startsWith('xray:'))).toBe(true);
      expect(at(role, 'ManagedPolicyArns')).toBeUndefined();
    }
  });

  it('lets each function read only the credentials of the connections that it speaks to', () => {
    const readable = (id: string) =>
      statementsOf(resource(template, id))
        .filter(({ actions }) => actions.includes('secretsmanager:GetSecretValue'))
        .flatMap(({ resources }) => resources.flatMap(referencesIn))
        .map((secret) => at(resource(template, secret), 'Name'));

    expect({
      'receive-webhook': readable('ReceiveWebhookRole'),
      'sync-stream': readable('SyncStreamRole'),
      'resolve-profile': readable('ResolveProfileRole'),
      'sweep-due': readable('SweepDueRole'),
      'activate-audience': readable('ActivateAudienceRole'),
      'run-job': readable('RunJobRole'),
      api: readable('ApiRole'),
    }).toEqual({
      'receive-webhook': ['tributary/acme/identity-key', 'tributary/acme/newsletter'],
      'sync-stream': ['tributary/acme/identity-key', 'tributary/acme/crm', 'tributary/acme/newsletter'],
      'resolve-profile': ['tributary/acme/identity-key'],
      'sweep-due': [],
      'activate-audience': ['tributary/acme/identity-key', 'tributary/acme/newsletter'],
      'run-job': ['tributary/acme/identity-key'],
      api: ['tributary/acme/identity-key'],
    });
  });

  it('lets only the functions that evaluate everybody, that replay and that preview walk over everybody', () => {
    const roles = Object.entries(resourcesOf(template, 'AWS::IAM::Role'));
    const walking = roles.filter(([, role]) =>
      statementsOf(role).some(({ actions }) => actions.includes('dynamodb:Scan')),
    );

    expect(walking.map(([id]) => id)).toEqual(['ResolveProfileRole', 'RunJobRole', 'ApiRole']);
  });

  it('lets only the function that erases delete more than activities found void, and nobody else but the API list the archive', () => {
    const may = Object.entries(resourcesOf(template, 'AWS::IAM::Role')).flatMap(([id, role]) =>
      statementsOf(role).flatMap(({ actions, resources }) =>
        actions
          .filter((action) => /Delete(Item|Object|Table|Bucket)|PartiQLDelete|s3:List/.test(action))
          .map((action) => [id, action, ...resources.flatMap(folderOf).sort()]),
      ),
    );

    expect(may).toEqual([
      ['ResolveProfileRole', 'dynamodb:PartiQLDelete', 'ActivitiesTable'],
      ['RunJobRole', 'dynamodb:DeleteItem', 'StateTable'],
      ['RunJobRole', 's3:DeleteObject', '/deliveries/*', '/exports/*', '/pages/*'],
      ['RunJobRole', 's3:ListBucket', 'ArchiveBucket'],
      // Without it S3 answers 403 and not 404 to a plan, a part or an export that is not there or has expired.
      ['ApiRole', 's3:ListBucket', 'ArchiveBucket'],
    ]);
  });

  it('lets the sweep see which profiles are due, and nothing of the profiles', () => {
    const tables = statementsOf(resource(template, 'SweepDueRole'))
      .filter(({ actions }) => actions.some((action) => action.startsWith('dynamodb:')))
      .flatMap(({ actions, resources }) => resources.map((target) => ({ actions, on: JSON.stringify(target) })))
      .filter(({ on }) => on.includes('ProfilesTable'));

    expect(tables).toEqual([
      { actions: ['dynamodb:Query'], on: expect.stringContaining('/index/due-by-hour') as unknown as string },
    ]);
  });

  it('lets only schedules of the workspace use the scheduler role, and only to send to their queues', () => {
    const role = resource(template, 'ScheduleRole');
    const [trust] = (at(role, 'AssumeRolePolicyDocument') as unknown as { Statement: JsonObject[] }).Statement;

    expect(referencesIn(trust?.Condition)).toEqual(['AWS::AccountId', 'ScheduleGroup']);
    expect(statementsOf(role).flatMap(({ actions }) => actions)).toEqual(['sqs:SendMessage']);
    expect(
      statementsOf(role)
        .flatMap(({ resources }) => resources.flatMap(referencesIn))
        .sort(),
    ).toEqual(['JobsQueue', 'MissedSchedulesQueue', 'PushQueue', 'RecomputeQueue', 'SyncQueue', 'TimersQueue']);
  });

  it('lets alarms publish alerts, which a topic policy of its own would otherwise forbid', () => {
    const [policy] = Object.values(resourcesOf(template, 'AWS::SNS::TopicPolicy'));
    const statements = (at(policy ?? resource(template, 'none'), 'PolicyDocument.Statement') ?? []) as JsonObject[];
    const allowed = statements.filter(({ Principal }) =>
      JSON.stringify(Principal).includes('cloudwatch.amazonaws.com'),
    );

    expect(allowed.map(asStatement)).toMatchObject([{ effect: 'Allow', actions: ['sns:Publish'] }]);
  });
});

/** The folder of the archive that a resource names, else the id of the resource. */
function folderOf(target: Json): readonly string[] {
  const folder = /"(\/[a-z]+\/\*)"/.exec(JSON.stringify(target))?.[1];
  return folder === undefined ? referencesIn(target) : [folder];
}
