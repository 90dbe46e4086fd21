import { createHash } from 'node:crypto';
import { TributaryError } from '../../domain/errors.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { evaluate, type IntrinsicScope } from './intrinsics.ts';
import { resourceOf, type TemplateResource } from './template.ts';

/** Where the stage pretends to be. */
export const stageRegion = 'eu-central-1';
export const stageAccount = '000000000000';

export interface ResolverOptions {
  /** Stack name: names of resources that the template does not name start with it. @default tributary */
  readonly stack?: string;
  /** Where functions reach SQS; queue URLs start with it. */
  readonly queueOrigin: string;
  /** Values of the template's parameters. */
  readonly parameters?: Readonly<Record<string, Json>>;
}

/** Evaluates the functions of one template against the names that the stage gives its resources. */
export interface Resolver {
  /** The value with every `Ref`, `Fn::GetAtt`, `Fn::Sub` … evaluated; undefined for `AWS::NoValue`. */
  readonly resolve: (value: Json | undefined) => Json | undefined;
  /** The physical name of a resource: the template's own name for it, else one made of stack and logical id. */
  readonly nameOf: (logicalId: string) => string;
  readonly arnOf: (logicalId: string) => string;
}

interface Naming {
  /** The property that may name the resource. */
  readonly property?: string;
  readonly arn: (name: string, properties: JsonObject) => string;
  /** What `Ref` gives. @default the name */
  readonly ref?: 'arn' | 'url';
  readonly attributes?: Readonly<Record<string, 'arn' | 'name' | 'url' | ((name: string) => string)>>;
}

const named = { Arn: 'arn' } as const;
const here = (service: string) => `arn:aws:${service}:${stageRegion}:${stageAccount}`;
const table: Naming = { property: 'TableName', arn: (name) => `${here('dynamodb')}:table/${name}`, attributes: named };

const namings: Readonly<Record<string, Naming>> = {
  'AWS::DynamoDB::Table': table,
  'AWS::DynamoDB::GlobalTable': table,
  'AWS::SQS::Queue': {
    property: 'QueueName',
    arn: (name) => `${here('sqs')}:${name}`,
    ref: 'url',
    attributes: { ...named, QueueName: 'name', QueueUrl: 'url' },
  },
  'AWS::S3::Bucket': { property: 'BucketName', arn: (name) => `arn:aws:s3:::${name}`, attributes: named },
  'AWS::Lambda::Function': {
    property: 'FunctionName',
    arn: (name) => `${here('lambda')}:function:${name}`,
    attributes: named,
  },
  'AWS::IAM::Role': {
    property: 'RoleName',
    arn: (name) => `arn:aws:iam::${stageAccount}:role/${name}`,
    attributes: { ...named, RoleId: (name) => `AROA${fingerprint(name, 17).toUpperCase()}` },
  },
  'AWS::SecretsManager::Secret': {
    property: 'Name',
    // Secrets Manager ends the ARN with a hyphen and six random characters (Secrets Manager user guide).
    arn: (name) => `${here('secretsmanager')}:secret:${name}-${fingerprint(name, 6)}`,
    ref: 'arn',
    attributes: { Id: 'arn' },
  },
  'AWS::SNS::Topic': {
    property: 'TopicName',
    arn: (name) => `${here('sns')}:${name}`,
    ref: 'arn',
    attributes: { TopicArn: 'arn', TopicName: 'name' },
  },
  'AWS::Logs::LogGroup': {
    property: 'LogGroupName',
    arn: (name) => `${here('logs')}:log-group:${name}:*`,
    attributes: named,
  },
  'AWS::Scheduler::Schedule': {
    property: 'Name',
    arn: (name) => `${here('scheduler')}:schedule/default/${name}`,
    attributes: named,
  },
  'AWS::Scheduler::ScheduleGroup': {
    property: 'Name',
    arn: (name) => `${here('scheduler')}:schedule-group/${name}`,
    attributes: named,
  },
  'AWS::Events::Rule': {
    property: 'Name',
    // Rules of any bus but the default one are named with it (EventBridge user guide, resource-based policies).
    arn: (name, { EventBusName: bus }) => `${here('events')}:rule/${bus === undefined ? '' : `${String(bus)}/`}${name}`,
    attributes: named,
  },
  'AWS::KMS::Key': { arn: (name) => `${here('kms')}:key/${name}`, attributes: { ...named, KeyId: 'name' } },
  'AWS::CloudWatch::Alarm': {
    property: 'AlarmName',
    arn: (name) => `${here('cloudwatch')}:alarm:${name}`,
    attributes: named,
  },
  'AWS::ApiGatewayV2::Api': {
    arn: (name) => `arn:aws:apigateway:${stageRegion}::/apis/${name}`,
    attributes: { ApiId: 'name', ApiEndpoint: (name) => `https://${name}.execute-api.${stageRegion}.amazonaws.com` },
  },
};

/** Makes the resolver of one template. Nothing is created; the same template always gives the same names. */
export function openResolver(template: JsonObject, options: ResolverOptions): Resolver {
  const stack = options.stack ?? 'tributary';
  const scope: IntrinsicScope = {
    template,
    parameters: { ...pseudoParameters(stack), ...options.parameters },
    ref: (logicalId) => {
      const ref = namings[existing(template, logicalId).type]?.ref;
      return ref === 'arn' ? arnOf(logicalId) : ref === 'url' ? urlOf(logicalId) : nameOf(logicalId);
    },
    attribute: (logicalId, name) => {
      const resource = existing(template, logicalId);
      const attribute = namings[resource.type]?.attributes?.[name];
      if (attribute === undefined) throw unknownAttribute(resource, name);
      if (attribute === 'arn') return arnOf(logicalId);
      if (attribute === 'url') return urlOf(logicalId);
      return attribute === 'name' ? nameOf(logicalId) : attribute(nameOf(logicalId));
    },
  };
  const nameOf = (logicalId: string): string => {
    const resource = existing(template, logicalId);
    const property = namings[resource.type]?.property;
    const given = property === undefined ? undefined : evaluate(resource.properties[property], scope);
    if (typeof given === 'string') return given;
    const name = `${stack}-${logicalId}`;
    return resource.type === 'AWS::S3::Bucket' ? name.toLowerCase() : name;
  };
  const arnOf = (logicalId: string): string => {
    const resource = existing(template, logicalId);
    const naming = namings[resource.type];
    if (naming === undefined) throw unknownAttribute(resource, 'Arn');
    return naming.arn(nameOf(logicalId), resource.properties);
  };
  const urlOf = (logicalId: string) => `${options.queueOrigin}/${stageAccount}/${nameOf(logicalId)}`;
  return { resolve: (value) => evaluate(value, scope), nameOf, arnOf };
}

function pseudoParameters(stack: string): Record<string, Json> {
  return {
    'AWS::AccountId': stageAccount,
    'AWS::NotificationARNs': [],
    'AWS::Partition': 'aws',
    'AWS::Region': stageRegion,
    'AWS::StackId': `${here('cloudformation')}:stack/${stack}/local`,
    'AWS::StackName': stack,
    'AWS::URLSuffix': 'amazonaws.com',
  };
}

function existing(template: JsonObject, logicalId: string): TemplateResource {
  const resource = resourceOf(template, logicalId);
  if (resource !== undefined) return resource;
  throw new TributaryError('defect', 'stage/bad-template', `the template has no resource ${logicalId}`);
}

function fingerprint(name: string, length: number): string {
  return createHash('sha256').update(name).digest('hex').slice(0, length);
}

function unknownAttribute(resource: TemplateResource, name: string): TributaryError {
  return new TributaryError(
    'config',
    'stage/unknown-attribute',
    `the stage does not know the attribute ${name} of ${resource.type} (${resource.logicalId})`,
  );
}
