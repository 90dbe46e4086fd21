import { TributaryError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Resolver } from '../engines/resource-names.ts';
import { stageAccount } from '../engines/resource-names.ts';
import { listAt, objectAt, resourcesOf, textAt } from '../engines/template.ts';
import { accessKeyIdOf } from './callers.ts';

/** A role of the template with everything attached to it. */
export interface Role {
  readonly arn: string;
  readonly name: string;
  readonly policies: readonly { readonly name: string; readonly policy: JsonObject }[];
  readonly trust: JsonObject;
}

/** Who calls: a function of the template in its role. */
export interface Caller {
  readonly functionLogicalId: string;
  readonly functionName: string;
  readonly accessKeyId: string;
  readonly role: Role;
}

/** Every policy of a template that decides about calls. */
export interface Policies {
  readonly callers: readonly Caller[];
  readonly roles: readonly Role[];
  /** Policies of queues, buckets and secrets, by the ARN they protect. */
  readonly byResource: ReadonlyMap<string, JsonObject>;
}

/**
 * Reads roles, attached policies and resource policies from a template.
 * Throws `stage/unknown-managed-policy` for an AWS managed policy whose text the stage does not know.
 */
export function readPolicies(template: JsonObject, resolver: Resolver): Policies {
  const resolved = (properties: JsonObject) => resolver.resolve(properties) as JsonObject;
  const attached = resourcesOf(template, 'AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy').map((policy) => {
    const properties = resolved(policy.properties);
    return {
      name: policy.logicalId,
      roles: listAt(properties, 'Roles'),
      policy: objectAt(properties, 'PolicyDocument'),
    };
  });
  const roles = resourcesOf(template, 'AWS::IAM::Role').map((role): Role => {
    const properties = resolved(role.properties);
    const name = resolver.nameOf(role.logicalId);
    const inline = listAt(properties, 'Policies').map((entry) => ({
      name: textAt(entry as JsonObject, 'PolicyName') ?? name,
      policy: objectAt(entry as JsonObject, 'PolicyDocument'),
    }));
    const managed = listAt(properties, 'ManagedPolicyArns').map((arn) => managedPolicy(String(arn)));
    return {
      arn: resolver.arnOf(role.logicalId),
      name,
      policies: [...inline, ...managed, ...attached.filter((policy) => policy.roles.includes(name))],
      trust: objectAt(properties, 'AssumeRolePolicyDocument'),
    };
  });
  const callers = resourcesOf(template, 'AWS::Lambda::Function').map((each): Caller => {
    const arn = resolver.resolve(each.properties.Role);
    const role = roles.find((candidate) => candidate.arn === arn);
    if (role === undefined) {
      throw new TributaryError(
        'defect',
        'stage/bad-template',
        `function ${each.logicalId} has no role in the template`,
      );
    }
    return {
      functionLogicalId: each.logicalId,
      functionName: resolver.nameOf(each.logicalId),
      accessKeyId: accessKeyIdOf(each.logicalId),
      role,
    };
  });
  return { callers, roles, byResource: resourcePolicies(template, resolver) };
}

/** The principal that AWS names in its refusals: the role's session, called after the function. */
export function principalOf(caller: Caller): string {
  return `arn:aws:sts::${stageAccount}:assumed-role/${caller.role.name}/${caller.functionName}`;
}

function resourcePolicies(template: JsonObject, resolver: Resolver): ReadonlyMap<string, JsonObject> {
  const found = new Map<string, JsonObject>();
  const kinds = ['AWS::SQS::QueuePolicy', 'AWS::S3::BucketPolicy', 'AWS::SecretsManager::ResourcePolicy'];
  const owners = resourcesOf(template, 'AWS::SQS::Queue', 'AWS::S3::Bucket', 'AWS::SecretsManager::Secret');
  for (const { type, properties } of resourcesOf(template, ...kinds)) {
    const policy = resolver.resolve(objectAt(properties, type === kinds[2] ? 'ResourcePolicy' : 'PolicyDocument'));
    const targets = [...listAt(properties, 'Queues'), properties.Bucket, properties.SecretId];
    const references = targets.map((target) => resolver.resolve(target));
    for (const owner of owners) {
      if (references.includes(resolver.resolve({ Ref: owner.logicalId }))) {
        found.set(resolver.arnOf(owner.logicalId), policy as JsonObject);
      }
    }
  }
  return found;
}

// The texts of the managed policies that functions commonly have (AWS Managed Policy Reference).
const managedPolicies: Readonly<Record<string, readonly string[]>> = {
  AWSLambdaBasicExecutionRole: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
  AWSXRayDaemonWriteAccess: [
    'xray:PutTraceSegments',
    'xray:PutTelemetryRecords',
    'xray:GetSamplingRules',
    'xray:GetSamplingTargets',
    'xray:GetSamplingStatisticSummaries',
  ],
};

function managedPolicy(arn: string): { readonly name: string; readonly policy: JsonObject } {
  const name = arn.slice(arn.lastIndexOf('/') + 1);
  const actions = managedPolicies[name];
  if (actions === undefined) {
    throw new TributaryError(
      'config',
      'stage/unknown-managed-policy',
      `the stage does not know what ${arn} allows: write the statements into the template`,
    );
  }
  return { name, policy: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] } };
}
