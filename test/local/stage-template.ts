import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Assembly } from '../../lib/local/assembly.ts';

/** A function of the test template: its code after the shared beginning, what it may do, and what drives it. */
export interface ProbeFunction {
  readonly code: string;
  readonly may?: readonly { readonly actions: readonly string[]; readonly on: unknown }[];
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly from?: Readonly<Record<string, object>>;
  readonly timeoutSeconds?: number;
  readonly layers?: readonly string[];
}

export interface ProbeTemplate {
  readonly functions: Readonly<Record<string, ProbeFunction>>;
  /** Logical id of the queue → visibility timeout in seconds. Each gets dead letters after two receives. */
  readonly queues?: Readonly<Record<string, number>>;
  /** Logical id → expression, queue and message. */
  readonly schedules?: Readonly<Record<string, readonly [expression: string, queue: string, message: object]>>;
  /** Route key → function, with `!` in front for a route that needs IAM. */
  readonly routes?: Readonly<Record<string, string>>;
  readonly more?: Readonly<Record<string, object>>;
}

/** What every probe can do without the AWS SDK: call SQS and DynamoDB with its own key, and print a line. */
const beginning = `
const endpoints = { sqs: process.env.AWS_ENDPOINT_URL_SQS, dynamodb: process.env.AWS_ENDPOINT_URL_DYNAMODB };
const targets = { sqs: 'AmazonSQS.', dynamodb: 'DynamoDB_20120810.' };
async function aws(service, operation, body) {
  const credential = process.env.AWS_ACCESS_KEY_ID + '/20310501/eu-central-1/' + service + '/aws4_request';
  const answer = await fetch(endpoints[service], {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': targets[service] + operation,
      authorization: 'AWS4-HMAC-SHA256 Credential=' + credential + ', SignedHeaders=host, Signature=0',
    },
    body: JSON.stringify(body),
  });
  const said = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(said.message ?? said.Message), { name: said.__type });
  return said;
}
const say = (...words) => console.log(words.join(' '));
const minute = () => new Date().toISOString().slice(0, 16);
`;

/** Writes the code of a template's functions under `folder` and gives the assembly that a stage can run. */
export function probeAssembly(folder: string, template: ProbeTemplate): Assembly {
  const codeDirs: Record<string, string> = {};
  for (const [id, { code }] of Object.entries(template.functions)) {
    const dir = join(folder, id);
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, 'index.mjs'), beginning + code);
    codeDirs[id] = dir;
  }
  return { template: { Resources: resources(template) }, codeDirs };
}

function resources(template: ProbeTemplate): Record<string, object> {
  const all: Record<string, object> = { ...template.more };
  for (const [id, visibility] of Object.entries(template.queues ?? {})) {
    all[`${id}Dead`] = { Type: 'AWS::SQS::Queue', Properties: {} };
    const redrive = { deadLetterTargetArn: arn(`${id}Dead`), maxReceiveCount: 2 };
    all[id] = { Type: 'AWS::SQS::Queue', Properties: { VisibilityTimeout: visibility, RedrivePolicy: redrive } };
  }
  for (const [id, probe] of Object.entries(template.functions)) Object.assign(all, functionResources(id, probe));
  const schedules = Object.entries(template.schedules ?? {});
  if (schedules.length > 0) {
    const queues = [...new Set(schedules.map(([, [, queue]]) => queue))];
    const may = [{ actions: ['sqs:SendMessage'], on: queues.map(arn) }];
    all.SchedulerRole = role('scheduler.amazonaws.com', may);
  }
  for (const [id, [expression, queue, message]] of schedules) {
    all[id] = {
      Type: 'AWS::Scheduler::Schedule',
      Properties: {
        FlexibleTimeWindow: { Mode: 'OFF' },
        ScheduleExpression: expression,
        ScheduleExpressionTimezone: 'Europe/Berlin',
        Target: { Arn: arn(queue), RoleArn: arn('SchedulerRole'), Input: JSON.stringify(message) },
      },
    };
  }
  Object.assign(all, apiResources(template.routes ?? {}));
  return all;
}

function functionResources(id: string, probe: ProbeFunction): Record<string, object> {
  const sources = Object.entries(probe.from ?? {});
  const polling = { actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'] };
  const may = [...(probe.may ?? []), ...sources.map(([queue]) => ({ ...polling, on: arn(queue) }))];
  const all: Record<string, object> = {
    [`${id}Role`]: role('lambda.amazonaws.com', may),
    [id]: {
      Type: 'AWS::Lambda::Function',
      Properties: {
        Code: { S3Bucket: { Ref: 'AssetsOfAnotherStack' }, S3Key: 'x.zip' },
        Handler: 'index.handler',
        Runtime: 'nodejs24.x',
        Role: arn(`${id}Role`),
        MemorySize: 128,
        Timeout: probe.timeoutSeconds ?? 10,
        Environment: { Variables: { POWERTOOLS_SERVICE_NAME: id.toLowerCase(), ...probe.variables } },
        ...(probe.layers === undefined ? {} : { Layers: probe.layers }),
      },
    },
  };
  for (const [queue, settings] of sources) {
    all[`${id}From${queue}`] = {
      Type: 'AWS::Lambda::EventSourceMapping',
      Properties: {
        EventSourceArn: arn(queue),
        FunctionName: { Ref: id },
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ...settings,
      },
    };
  }
  return all;
}

function apiResources(routes: Readonly<Record<string, string>>): Record<string, object> {
  if (Object.keys(routes).length === 0) return {};
  const all: Record<string, object> = {
    Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { Name: 'probe', ProtocolType: 'HTTP' } },
  };
  for (const [index, [key, to]] of Object.entries(routes).entries()) {
    const target = to.replace('!', '');
    all[`Integration${index}`] = {
      Type: 'AWS::ApiGatewayV2::Integration',
      Properties: {
        ApiId: { Ref: 'Api' },
        IntegrationType: 'AWS_PROXY',
        IntegrationUri: arn(target),
        PayloadFormatVersion: '2.0',
      },
    };
    all[`Route${index}`] = {
      Type: 'AWS::ApiGatewayV2::Route',
      Properties: {
        ApiId: { Ref: 'Api' },
        RouteKey: key,
        AuthorizationType: to.startsWith('!') ? 'AWS_IAM' : 'NONE',
        Target: { 'Fn::Join': ['', ['integrations/', { Ref: `Integration${index}` }]] },
      },
    };
    all[`Permission${target}`] = {
      Type: 'AWS::Lambda::Permission',
      Properties: { Action: 'lambda:InvokeFunction', FunctionName: arn(target), Principal: 'apigateway.amazonaws.com' },
    };
  }
  return all;
}

function role(service: string, may: readonly { readonly actions: readonly string[]; readonly on: unknown }[]): object {
  const statements = may.map(({ actions, on }) => ({ Effect: 'Allow', Action: actions, Resource: on }));
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
      },
      ...(statements.length === 0
        ? {}
        : { Policies: [{ PolicyName: 'uses', PolicyDocument: { Version: '2012-10-17', Statement: statements } }] }),
    },
  };
}

export function arn(id: string): object {
  return { 'Fn::GetAtt': [id, 'Arn'] };
}
