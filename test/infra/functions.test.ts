import { afterAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../lib/domain/json.ts';
import { idPart } from '../../lib/infra/logical-id.ts';
import { queueNames } from '../../lib/infra/queues.ts';
import type { Template } from '../../lib/infra/synthesise.ts';
import { redrivenQueues } from '../../lib/pipeline/redrive/redrive-queue.ts';
import { at, referencesIn, resource, resourcesOf, statementsOf } from './reading.ts';
import { synthesiseTiny, tinyWorkspace } from './tiny-workspace.ts';

const synthesised = await synthesiseTiny();
const { template } = synthesised;
afterAll(() => synthesised.close());

const everywhere = ['POWERTOOLS_SERVICE_NAME', 'WORKSPACE'];

const variables: Readonly<Record<string, readonly string[]>> = {
  CollectFunction: ['ARCHIVE_BUCKET', 'CHANGES_QUEUE_URL'],
  ReceiveWebhookFunction: [
    'ARCHIVE_BUCKET',
    'CHANGES_QUEUE_URL',
    'CONNECTION_SECRET_PREFIX',
    'IDENTITY_KEY_SECRET',
    'LEDGER_TABLE',
    'STATE_TABLE',
    'SYNC_QUEUE_URL',
  ],
  SyncStreamFunction: [
    'ALERTS_TOPIC',
    'ARCHIVE_BUCKET',
    'CHANGES_QUEUE_URL',
    'CONNECTION_SECRET_PREFIX',
    'IDENTITY_KEY_SECRET',
    'JOBS_QUEUE_URL',
    'LEDGER_TABLE',
    'STATE_TABLE',
    'SYNC_QUEUE_URL',
  ],
  ResolveProfileFunction: [
    'ACCOUNTS_TABLE',
    'ACTIVITIES_TABLE',
    'ARCHIVE_BUCKET',
    'HISTORY_TABLE',
    'IDENTIFIERS_TABLE',
    'IDENTITY_KEY_SECRET',
    'JOBS_QUEUE_URL',
    'MEMBERSHIPS_TABLE',
    'PROFILES_TABLE',
    'PUSH_QUEUE_URL',
    'RECOMPUTE_QUEUE_URL',
    'STATE_TABLE',
  ],
  SweepDueFunction: ['ALERTS_TOPIC', 'ARCHIVE_BUCKET', 'PROFILES_TABLE', 'RECOMPUTE_QUEUE_URL', 'STATE_TABLE'],
  ActivateAudienceFunction: [
    'ALERTS_TOPIC',
    'ARCHIVE_BUCKET',
    'CONNECTION_SECRET_PREFIX',
    'IDENTIFIERS_TABLE',
    'IDENTITY_KEY_SECRET',
    'LEDGER_TABLE',
    'MEMBERSHIPS_TABLE',
    'PROFILES_TABLE',
    'PUSH_QUEUE_URL',
    'STATE_TABLE',
  ],
  RunJobFunction: [
    'ACTIVITIES_TABLE',
    'ALERTS_TOPIC',
    'ARCHIVE_BUCKET',
    'CHANGES_DEAD_LETTERS_URL',
    'CHANGES_QUEUE_URL',
    'HISTORY_TABLE',
    'IDENTIFIERS_TABLE',
    'IDENTITY_KEY_SECRET',
    'IMPORTS_DEAD_LETTERS_URL',
    'IMPORTS_QUEUE_URL',
    'JOBS_DEAD_LETTERS_URL',
    'JOBS_QUEUE_URL',
    'LEDGER_TABLE',
    'MEMBERSHIPS_TABLE',
    'PROFILES_TABLE',
    'PUSH_DEAD_LETTERS_URL',
    'PUSH_QUEUE_URL',
    'RECOMPUTE_DEAD_LETTERS_URL',
    'RECOMPUTE_QUEUE_URL',
    'STATE_TABLE',
    'SYNC_DEAD_LETTERS_URL',
    'SYNC_QUEUE_URL',
    'TIMERS_DEAD_LETTERS_URL',
    'TIMERS_QUEUE_URL',
  ],
  ImportFileFunction: ['ALERTS_TOPIC', 'ARCHIVE_BUCKET', 'CHANGES_QUEUE_URL', 'IMPORTS_QUEUE_URL', 'STATE_TABLE'],
  ApiFunction: [
    'ACCOUNTS_TABLE',
    'ACTIVITIES_TABLE',
    'ALERTS_TOPIC',
    'ARCHIVE_BUCKET',
    'CHANGES_QUEUE_URL',
    'DEPLOYED',
    'HISTORY_TABLE',
    'IDENTIFIERS_TABLE',
    'IDENTITY_KEY_SECRET',
    'INVENTORY',
    'JOBS_QUEUE_URL',
    'MEMBERSHIPS_TABLE',
    'PROFILES_TABLE',
    'PUSH_QUEUE_URL',
    'RECOMPUTE_QUEUE_URL',
    'STATE_TABLE',
    'SYNC_QUEUE_URL',
    'WATCHED_QUEUES',
  ],
};

describe('functions', () => {
  it.each(Object.entries(variables))('gives %s the variables it uses and no others', (id, names) => {
    const found = at(resource(template, id), 'Environment.Variables') as JsonObject;

    expect(Object.keys(found).sort()).toEqual([...names, ...everywhere].sort());
  });

  it('names the workspace, its secrets and each function in plain text', () => {
    const found = at(resource(template, 'SyncStreamFunction'), 'Environment.Variables');
    const resolve = at(resource(template, 'ResolveProfileFunction'), 'Environment.Variables');

    expect(found).toMatchObject({
      WORKSPACE: 'acme',
      CONNECTION_SECRET_PREFIX: 'tributary/acme/',
      POWERTOOLS_SERVICE_NAME: 'sync-stream',
    });
    expect(resolve).toMatchObject({ IDENTITY_KEY_SECRET: 'tributary/acme/identity-key' });
  });

  it('lets a function use every resource that its variables name', () => {
    for (const id of Object.keys(variables)) {
      const named = referencesIn(at(resource(template, id), 'Environment.Variables'));
      const role = resource(template, referencesIn(at(resource(template, id), 'Role'))[0] ?? '');
      const usable = new Set(statementsOf(role).flatMap(({ resources }) => resources.flatMap(referencesIn)));

      expect({ id, unusable: named.filter((name) => !usable.has(name)) }).toEqual({ id, unusable: [] });
    }
  });

  it('runs on arm64 and a current runtime, traced but for the collector, with a log of its own that is kept a month', () => {
    for (const id of Object.keys(variables)) {
      const found = resource(template, id);
      const log = resource(template, referencesIn(at(found, 'LoggingConfig.LogGroup'))[0] ?? '');

      expect(found.Properties).toMatchObject({
        Architectures: ['arm64'],
        Handler: 'index.handler',
        Runtime: 'nodejs24.x',
        TracingConfig: { Mode: id === 'CollectFunction' ? 'PassThrough' : 'Active' },
      });
      expect(found.Properties).not.toHaveProperty('ReservedConcurrentExecutions');
      expect(at(log, 'RetentionInDays')).toBe(30);
    }
  });

  it('lets run-job, and nobody else, take dead letters, and put back those that tell of people', () => {
    const may = Object.keys(variables).flatMap((id) => {
      const role = resource(template, referencesIn(at(resource(template, id), 'Role'))[0] ?? '');
      return (
        statementsOf(role)
          .filter(({ resources }) => resources.flatMap(referencesIn).some((name) => name.includes('DeadLetters')))
          // Counting messages is not looking at them.
          .filter(({ actions }) => actions.join() !== 'sqs:GetQueueAttributes')
          .map(({ actions, resources }) => ({ id, actions, queues: resources.flatMap(referencesIn).sort() }))
      );
    });

    const taking = ['ChangeMessageVisibility', 'DeleteMessage', 'GetQueueAttributes', 'ReceiveMessage'];
    expect(may).toEqual([
      {
        id: 'RunJobFunction',
        actions: taking.map((action) => `sqs:${action}`),
        queues: redrivenQueues.map((name) => `${idPart(name)}DeadLettersQueue`).sort(),
      },
      {
        id: 'RunJobFunction',
        actions: ['sqs:SendMessage'],
        queues: ['ChangesDeadLettersQueue', 'SyncDeadLettersQueue'],
      },
    ]);
    expect([...redrivenQueues].sort()).toEqual([...queueNames].sort());
  });

  it('lets activate-audience sign in where it pushes, and where the workspace says that people are deleted', async () => {
    const [crm] = Object.values(tinyWorkspace.connections);
    const connections = { ...tinyWorkspace.connections, crm: { ...crm, erasure: 'delete' } as typeof crm & object };
    const deleting = await synthesiseTiny({ ...tinyWorkspace, connections });
    const secretsOf = (of: Template) =>
      statementsOf(resource(of, 'ActivateAudienceRole'))
        .filter(({ actions }) => actions.includes('secretsmanager:GetSecretValue'))
        .flatMap(({ resources }) => resources.flatMap(referencesIn))
        .map((id) => at(resource(of, id), 'Name'));

    expect(secretsOf(template)).toEqual(['tributary/acme/identity-key', 'tributary/acme/newsletter']);
    expect(secretsOf(deleting.template).sort()).toEqual([
      'tributary/acme/crm',
      'tributary/acme/identity-key',
      'tributary/acme/newsletter',
    ]);
    deleting.close();
  });

  it('gives the secrets extension to those that read secrets', () => {
    const without = Object.keys(variables).filter((id) => at(resource(template, id), 'Layers') === undefined);

    expect(without).toEqual(['CollectFunction', 'SweepDueFunction', 'ImportFileFunction']);
  });

  it('lets work go on through its own queue without being stopped as a loop', () => {
    const allowed = Object.keys(variables).filter((id) => at(resource(template, id), 'RecursiveLoop') === 'Allow');

    expect(allowed).toEqual([
      'SyncStreamFunction',
      'ResolveProfileFunction',
      'ActivateAudienceFunction',
      'RunJobFunction',
      'ImportFileFunction',
    ]);
  });
});

describe('routes', () => {
  it('needs IAM on /api and nowhere else', () => {
    const found = Object.values(resourcesOf(template, 'AWS::ApiGatewayV2::Route')).map((route) => [
      at(route, 'RouteKey'),
      at(route, 'AuthorizationType'),
      functionOf(route.Properties?.Target as JsonObject),
    ]);

    expect(found.sort()).toEqual([
      ['$default', 'NONE', 'CollectFunction'],
      ['ANY /api/s/{proxy+}', 'NONE', 'CollectFunction'],
      ['ANY /api/{proxy+}', 'AWS_IAM', 'ApiFunction'],
      ['ANY /beacon/v1/{proxy+}', 'NONE', 'CollectFunction'],
      ['ANY /pixel/v1/{proxy+}', 'NONE', 'CollectFunction'],
      ['ANY /v1/{proxy+}', 'NONE', 'CollectFunction'],
      ['GET /', 'NONE', 'ApiFunction'],
      ['GET /assets/{proxy+}', 'NONE', 'ApiFunction'],
      ['GET /webhooks/{connection}', 'NONE', 'ReceiveWebhookFunction'],
      ['HEAD /webhooks/{connection}', 'NONE', 'ReceiveWebhookFunction'],
      ['POST /webhooks/{connection}', 'NONE', 'ReceiveWebhookFunction'],
    ]);
  });

  it('throttles, and logs the route without the path or the query', () => {
    const [stage] = Object.values(resourcesOf(template, 'AWS::ApiGatewayV2::Stage'));

    expect(stage?.Properties).toMatchObject({
      DefaultRouteSettings: { ThrottlingRateLimit: 200 },
      RouteSettings: { 'ANY /v1/{proxy+}': { ThrottlingRateLimit: 1_000, ThrottlingBurstLimit: 2_000 } },
    });
    expect(JSON.stringify(stage?.Properties)).toContain('$context.routeKey');
    expect(JSON.stringify(stage?.Properties)).not.toMatch(/\$context\.(path|identity|domainName)/);
  });
});

describe('schedules', () => {
  it('sends what is due to its queue, in the time zone of the workspace', () => {
    const found = Object.values(resourcesOf(template, 'AWS::Scheduler::Schedule')).map((schedule) => ({
      when: at(schedule, 'ScheduleExpression'),
      zone: at(schedule, 'ScheduleExpressionTimezone'),
      to: referencesIn(at(schedule, 'Target.Arn'))[0],
      missed: referencesIn(at(schedule, 'Target.DeadLetterConfig.Arn'))[0],
      window: at(schedule, 'FlexibleTimeWindow.Mode'),
      message: JSON.parse(String(at(schedule, 'Target.Input'))) as unknown,
    }));
    const scheduledAt = '<aws.scheduler.scheduled-time>';
    const alike = { zone: 'Europe/Berlin', missed: 'MissedSchedulesQueue', window: 'OFF' };

    expect(found).toEqual([
      {
        ...alike,
        when: 'rate(15 minutes)',
        to: 'SyncQueue',
        message: { connection: 'crm', stream: 'contacts', scheduledAt },
      },
      {
        ...alike,
        when: 'cron(0 1 * * ? *)',
        to: 'SyncQueue',
        message: { connection: 'newsletter', stream: 'activity', scheduledAt },
      },
      { ...alike, when: 'cron(0 2 * * ? *)', to: 'PushQueue', message: { audience: 'lapsing', scheduledAt } },
      { ...alike, when: 'cron(0 4 * * ? *)', to: 'PushQueue', message: { audience: 'live', scheduledAt } },
      { ...alike, when: 'cron(0 5 * * ? *)', to: 'PushQueue', message: { verify: 'lapsing', scheduledAt } },
      { ...alike, when: 'rate(1 minute)', to: 'TimersQueue', message: { sweep: true, scheduledAt } },
      { ...alike, when: 'cron(30 3 * * ? *)', to: 'JobsQueue', message: { care: true, scheduledAt } },
      { ...alike, when: 'cron(30 3 * * ? *)', to: 'RecomputeQueue', message: { recount: true, scheduledAt } },
      { ...alike, when: 'cron(0 3 * * ? *)', to: 'JobsQueue', message: { learn: true, scheduledAt } },
    ]);
  });
});

describe('alarms', () => {
  it('watches every dead-letter queue, every function, every queue and the API, and tells somebody', () => {
    const all = Object.values(resourcesOf(template, 'AWS::CloudWatch::Alarm'));
    // What functions tell the topic by themselves only shows as an alarm.
    const alarms = all.filter((alarm) => at(alarm, 'Namespace') !== 'Tributary');
    const kinds = all.flatMap((alarm) => (alarms.includes(alarm) ? [] : [at(alarm, 'AlarmActions') ?? 'shows']));
    const watched = alarms.flatMap((alarm) =>
      referencesIn(at(alarm, 'Dimensions')).map((id) => `${String(at(alarm, 'MetricName'))} of ${id}`),
    );
    const queues = Object.entries(resourcesOf(template, 'AWS::SQS::Queue'));
    const expected = [
      ...queues
        .filter(([, queue]) => at(queue, 'RedrivePolicy') === undefined)
        .map(([id]) => `ApproximateNumberOfMessagesVisible of ${id}`),
      ...queues
        .filter(([, queue]) => at(queue, 'RedrivePolicy') !== undefined)
        .map(([id]) => `ApproximateAgeOfOldestMessage of ${id}`),
      ...Object.keys(variables).flatMap((id) => [`Errors of ${id}`, `Throttles of ${id}`]),
      '5xx of HttpApi',
      'Invocations of SweepDueFunction',
    ];

    expect(watched.sort()).toEqual(expected.sort());
    expect(kinds).toEqual(Array.from({ length: 6 }, () => 'shows'));
    expect(alarms.every((alarm) => referencesIn(at(alarm, 'AlarmActions'))[0] === 'AlertsTopic')).toBe(true);
    // Only what has to happen all the time is missed.
    const missed = Object.entries(resourcesOf(template, 'AWS::CloudWatch::Alarm')).filter(
      ([, alarm]) => at(alarm, 'TreatMissingData') !== 'notBreaching',
    );
    expect(missed.map(([id]) => id)).toEqual(['ClockStoppedAlarm']);
  });
});

function functionOf(target: JsonObject): string | undefined {
  const integration = referencesIn(target)[0] ?? '';
  return referencesIn(at(resource(template, integration), 'IntegrationUri'))[0];
}
