import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../lib/domain/json.ts';
import { openResolver } from '../../lib/local/engines/resource-names.ts';
import { openAuthoriser } from '../../lib/local/proxy/authorise.ts';
import { principalOf, readPolicies } from '../../lib/local/proxy/roles.ts';
import { findMissingGrants } from '../../lib/local/proxy/standing-grants.ts';
import { handmadeTemplate, role } from './proxy-template.ts';

const arnOf = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });
const allow = (Action: string | readonly string[], Resource: JsonObject): JsonObject => ({
  PolicyName: 'grant',
  PolicyDocument: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource }] },
});

const driven: Readonly<Record<string, JsonObject>> = {
  SchedulerRole: role([allow('sqs:SendMessage', arnOf('Work'))], 'scheduler.amazonaws.com'),
  Nightly: {
    Type: 'AWS::Scheduler::Schedule',
    Properties: { Target: { Arn: arnOf('Work'), RoleArn: arnOf('SchedulerRole') } },
  },
  ReaderRole: role([allow(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'], arnOf('Work'))]),
  Mapping: {
    Type: 'AWS::Lambda::EventSourceMapping',
    Properties: { EventSourceArn: arnOf('Work'), FunctionName: { Ref: 'Reader' } },
  },
  Inbox: { Type: 'AWS::SQS::Queue', Properties: {} },
  MayTell: {
    Type: 'AWS::SQS::QueuePolicy',
    Properties: {
      Queues: [{ Ref: 'Inbox' }],
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 's3.amazonaws.com' },
            Action: 'sqs:SendMessage',
            Resource: arnOf('Inbox'),
            Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
          },
        ],
      },
    },
  },
  Archive: {
    Type: 'AWS::S3::Bucket',
    Properties: {
      NotificationConfiguration: {
        QueueConfigurations: [{ Event: 's3:ObjectCreated:*', Queue: arnOf('Inbox') }],
      },
    },
  },
  Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { Name: 'api', ProtocolType: 'HTTP' } },
  Integration: {
    Type: 'AWS::ApiGatewayV2::Integration',
    Properties: { ApiId: { Ref: 'Api' }, IntegrationUri: arnOf('Reader') },
  },
  Route: {
    Type: 'AWS::ApiGatewayV2::Route',
    Properties: {
      ApiId: { Ref: 'Api' },
      RouteKey: 'ANY /api/{proxy+}',
      Target: { 'Fn::Join': ['', ['integrations/', { Ref: 'Integration' }]] },
    },
  },
  Permission: {
    Type: 'AWS::Lambda::Permission',
    Properties: {
      Action: 'lambda:InvokeFunction',
      FunctionName: arnOf('Reader'),
      Principal: 'apigateway.amazonaws.com',
      SourceArn: {
        'Fn::Join': ['', ['arn:aws:execute-api:eu-central-1:000000000000:', { Ref: 'Api' }, '/*/*/api/{proxy+}']],
      },
    },
  },
};

async function missing(changes: Readonly<Record<string, JsonObject>>): Promise<readonly string[]> {
  const template = handmadeTemplate({ ...driven, ...changes });
  const resolver = openResolver(template, { queueOrigin: 'http://127.0.0.1:1' });
  const grants = await findMissingGrants(template, resolver, readPolicies(template, resolver));
  return grants.map((grant) => `${grant.for}: ${grant.action} ${grant.resource.split(':').at(-1)}`);
}

describe('grants that no call proves', () => {
  it('are all there in a template that works', async () => {
    expect(await missing({})).toEqual([]);
  });

  it('are named when one is missing', async () => {
    const noSend = role([allow('sqs:SendMessage', arnOf('WorkDead'))], 'scheduler.amazonaws.com');
    expect(await missing({ SchedulerRole: noSend })).toEqual(['Nightly: sqs:SendMessage tributary-Work']);
    const noDelete = role([allow(['sqs:ReceiveMessage', 'sqs:GetQueueAttributes'], arnOf('Work'))]);
    expect(await missing({ ReaderRole: noDelete })).toEqual(['Mapping: sqs:DeleteMessage tributary-Work']);
    const { MayTell } = driven;
    const queues = { ...(MayTell?.Properties as JsonObject), Queues: [{ Ref: 'Work' }] };
    expect(await missing({ MayTell: { ...MayTell, Properties: queues } as JsonObject })).toEqual([
      'Archive: sqs:SendMessage tributary-Inbox',
    ]);
    const otherRoute = {
      ...driven.Permission,
      Properties: {
        ...(driven.Permission?.Properties as JsonObject),
        SourceArn: 'arn:aws:execute-api:eu-central-1:000000000000:other/*/*/api',
      },
    };
    expect(await missing({ Permission: otherRoute as JsonObject })).toEqual([
      'Route: lambda:InvokeFunction tributary-Reader',
    ]);
  });

  it('include what a queue lets a rule of an event bus send', async () => {
    const rule = {
      Type: 'AWS::Events::Rule',
      Properties: { EventBusName: 'aws.partner/example.com/1', Targets: [{ Id: 'work', Arn: arnOf('Work') }] },
    };
    const policyFor = (source: string): JsonObject => ({
      Type: 'AWS::SQS::QueuePolicy',
      Properties: {
        Queues: [{ Ref: 'Work' }],
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Principal: { Service: 'events.amazonaws.com' },
              Action: 'sqs:SendMessage',
              Resource: arnOf('Work'),
              Condition: { ArnEquals: { 'aws:SourceArn': source } },
            },
          ],
        },
      },
    });
    const named = (bus: string) => `arn:aws:events:eu-central-1:000000000000:rule/${bus}/tributary-Told`;

    expect(await missing({ Told: rule, WorkPolicy: policyFor(named('aws.partner/example.com/1')) })).toEqual([]);
    const lacking = ['Told: sqs:SendMessage tributary-Work'];
    expect(await missing({ Told: rule })).toEqual(lacking);
    expect(await missing({ Told: rule, WorkPolicy: policyFor(named('aws.partner/example.com/2')) })).toEqual(lacking);
  });

  it('include the trust of the service in the role', async () => {
    const untrusting = role([allow('sqs:SendMessage', arnOf('Work'))], 'lambda.amazonaws.com');
    expect(await missing({ SchedulerRole: untrusting })).toEqual([
      'Nightly: sts:AssumeRole role/tributary-SchedulerRole',
    ]);
  });
});

describe('policies', () => {
  const read = (changes: Readonly<Record<string, JsonObject>>) => {
    const template = handmadeTemplate(changes);
    const resolver = openResolver(template, { queueOrigin: 'http://127.0.0.1:1' });
    return { policies: readPolicies(template, resolver), resolver };
  };

  it('of a queue can deny what the role allows', async () => {
    const statement = (secure: string) => ({
      Effect: 'Deny',
      Principal: '*',
      Action: 'sqs:*',
      Resource: arnOf('Work'),
      Condition: { Bool: { 'aws:SecureTransport': secure } },
    });
    const decide = async (secure: string) => {
      const { policies, resolver } = read({
        WorkPolicy: {
          Type: 'AWS::SQS::QueuePolicy',
          Properties: {
            Queues: [{ Ref: 'Work' }],
            PolicyDocument: { Version: '2012-10-17', Statement: [statement(secure)] },
          },
        },
      });
      const writer = policies.callers.find((caller) => caller.functionLogicalId === 'Writer');
      if (writer === undefined) throw new Error('no writer');
      const need = { action: 'sqs:SendMessage', resource: resolver.arnOf('Work') };
      return openAuthoriser(policies).allows(principalOf(writer), writer.role, need);
    };
    expect(await decide('false')).toBe(true);
    expect(await decide('true')).toBe(false);
  });

  it('managed by AWS are known or refused', () => {
    const withManaged = (name: string): JsonObject => ({
      ReaderRole: {
        Type: 'AWS::IAM::Role',
        Properties: {
          ManagedPolicyArns: [{ 'Fn::Sub': `arn:\${AWS::Partition}:iam::aws:policy/service-role/${name}` }],
        },
      },
    });
    const known = read(withManaged('AWSLambdaBasicExecutionRole') as never).policies.roles;
    expect(known.flatMap(({ policies }) => policies.map(({ name }) => name))).toContain('AWSLambdaBasicExecutionRole');
    expect(() => read(withManaged('AdministratorAccess') as never)).toThrow(
      expect.objectContaining({ code: 'stage/unknown-managed-policy' }),
    );
  });
});
