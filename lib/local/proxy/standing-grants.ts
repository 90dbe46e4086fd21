import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import { bucketNoticesOf } from '../engines/bucket-notices.ts';
import { type Resolver, stageAccount, stageRegion } from '../engines/resource-names.ts';
import { listAt, objectAt, resourcesOf, type TemplateResource, textAt } from '../engines/template.ts';
import { openAuthoriser } from './authorise.ts';
import type { Need } from './operations.ts';
import type { Policies, Role } from './roles.ts';

const NO_POLICY: JsonObject = { Version: '2012-10-17', Statement: [] };

/** A grant that AWS itself would miss: what `who` must be allowed and is not. */
export interface MissingGrant {
  /** The logical id of the resource that would not work. */
  readonly for: string;
  /** The principal that lacks the grant. */
  readonly who: string;
  readonly action: string;
  readonly resource: string;
}

// What Lambda needs to poll a queue (Lambda developer guide, "Using Lambda with Amazon SQS").
const polling = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];

/**
 * Checks the grants that no call through the proxy can prove: schedules and rules may send to their targets, mappings may
 * poll their queues, buckets may tell queues, the HTTP API may invoke the functions behind its routes, and every role lets
 * its service assume it.
 * Empty = all there.
 */
export async function findMissingGrants(
  template: JsonObject,
  resolver: Resolver,
  policies: Policies,
): Promise<readonly MissingGrant[]> {
  const authoriser = openAuthoriser(policies);
  const missing: MissingGrant[] = [];

  const roleMay = async (
    purpose: string,
    [service, context]: readonly [name: string, context: Record<string, string>],
    roleArn: string,
    needs: readonly Need[],
  ) => {
    const role = policies.roles.find((each) => each.arn === roleArn);
    const assume = { action: 'sts:AssumeRole', resource: roleArn };
    const trusted = role !== undefined && (await authoriser.lets(service, role.trust, assume, context));
    if (!trusted) missing.push({ for: purpose, who: service, ...assume });
    for (const need of needs) {
      if (role === undefined || !(await authoriser.allows(sessionOf(role), role, need))) {
        missing.push({ for: purpose, who: role?.name ?? roleArn, ...need });
      }
    }
  };

  for (const schedule of resourcesOf(template, 'AWS::Scheduler::Schedule')) {
    const properties = resolver.resolve(schedule.properties) as JsonObject;
    const target = objectAt(properties, 'Target');
    const queues = [textAt(target, 'Arn'), textAt(objectAt(target, 'DeadLetterConfig'), 'Arn')];
    const needs = queues.filter(isQueueArn).map((resource) => ({ action: 'sqs:SendMessage', resource }));
    // The scheduler names a schedule's group as the source (Scheduler user guide, "Confused deputy prevention").
    const group = `schedule-group/${textAt(properties, 'GroupName') ?? 'default'}`;
    const source = `arn:aws:scheduler:${stageRegion}:${stageAccount}:${group}`;
    const service = ['scheduler.amazonaws.com', sourceContext(source)] as const;
    await roleMay(schedule.logicalId, service, textAt(target, 'RoleArn') ?? '', needs);
  }
  for (const rule of resourcesOf(template, 'AWS::Events::Rule')) {
    const source = sourceContext(resolver.arnOf(rule.logicalId));
    for (const target of listAt(resolver.resolve(rule.properties) as JsonObject, 'Targets')) {
      const { Arn, DeadLetterConfig } = target as JsonObject;
      const queues = [Arn, isJsonObject(DeadLetterConfig) ? DeadLetterConfig.Arn : undefined];
      for (const resource of queues.filter((arn) => typeof arn === 'string').filter(isQueueArn)) {
        const need = { action: 'sqs:SendMessage', resource };
        const service = 'events.amazonaws.com';
        const policy = policies.byResource.get(resource) ?? NO_POLICY;
        if (!(await authoriser.lets(service, policy, need, source))) {
          missing.push({ for: rule.logicalId, who: service, ...need });
        }
      }
    }
  }
  const lambda = ['lambda.amazonaws.com', {}] as const;
  for (const caller of policies.callers) {
    await roleMay(caller.functionLogicalId, lambda, caller.role.arn, []);
  }
  for (const mapping of resourcesOf(template, 'AWS::Lambda::EventSourceMapping')) {
    const properties = resolver.resolve(mapping.properties) as JsonObject;
    const resource = textAt(properties, 'EventSourceArn') ?? '';
    const caller = policies.callers.find((each) => names(textAt(properties, 'FunctionName') ?? '', each.functionName));
    const needs = isQueueArn(resource) ? polling.map((action) => ({ action, resource })) : [];
    await roleMay(mapping.logicalId, lambda, caller?.role.arn ?? '', needs);
  }
  for (const route of resourcesOf(template, 'AWS::ApiGatewayV2::Route')) {
    const invocation = readRoute(template, resolver, route);
    if (invocation === undefined) continue;
    const { functionArn, sourceArn } = invocation;
    const need = { action: 'lambda:InvokeFunction', resource: functionArn };
    const service = 'apigateway.amazonaws.com';
    const policy = permissionsOf(template, resolver, functionArn);
    if (!(await authoriser.lets(service, policy, need, sourceContext(sourceArn)))) {
      missing.push({ for: route.logicalId, who: service, ...need });
    }
  }
  for (const { id, bucket, queueArn } of bucketNoticesOf(template, resolver)) {
    const need = { action: 'sqs:SendMessage', resource: queueArn };
    const policy = policies.byResource.get(queueArn);
    const service = 's3.amazonaws.com';
    const context = { ...sourceContext(`arn:aws:s3:::${bucket}`), 'aws:SecureTransport': 'true' };
    const may = policy !== undefined && (await authoriser.lets(service, policy, need, context));
    if (!may) missing.push({ for: id, who: service, ...need });
  }
  return missing;
}

/** The function behind a route, and the ARN by which API Gateway names the route when it invokes. */
function readRoute(
  template: JsonObject,
  resolver: Resolver,
  route: TemplateResource,
): { readonly functionArn: string; readonly sourceArn: string } | undefined {
  const api = textAt(resolver.resolve(route.properties) as JsonObject, 'ApiId') ?? '';
  const target = route.properties.Target;
  const integrations = resourcesOf(template, 'AWS::ApiGatewayV2::Integration');
  const integration = integrations.find((each) => JSON.stringify(target ?? '').includes(`"${each.logicalId}"`));
  if (integration === undefined) return undefined;
  const uri = textAt(resolver.resolve(integration.properties) as JsonObject, 'IntegrationUri') ?? '';
  // Either the function's ARN, or API Gateway's path around it.
  const functionArn = /arn:[^:]+:lambda:[^:]+:\d+:function:[\w-]+/.exec(uri)?.[0];
  if (functionArn === undefined) return undefined;
  const [method = 'ANY', path = '/'] = (textAt(route.properties, 'RouteKey') ?? '').split(' ');
  const verb = method === 'ANY' ? 'GET' : method;
  const sourceArn = `arn:aws:execute-api:${stageRegion}:${stageAccount}:${api}/$default/${verb}${path}`;
  return { functionArn, sourceArn };
}

/** The resource policy that the `AWS::Lambda::Permission`s of a function add up to. */
function permissionsOf(template: JsonObject, resolver: Resolver, functionArn: string): JsonObject {
  const statements = resourcesOf(template, 'AWS::Lambda::Permission').flatMap(({ properties }) => {
    const permission = resolver.resolve(properties);
    if (!isJsonObject(permission)) return [];
    const target = textAt(permission, 'FunctionName') ?? '';
    if (!names(target, functionArn.slice(functionArn.lastIndexOf(':') + 1))) return [];
    const source = textAt(permission, 'SourceArn');
    return [
      {
        Effect: 'Allow',
        Principal: { Service: textAt(permission, 'Principal') ?? '' },
        Action: textAt(permission, 'Action') ?? '',
        Resource: functionArn,
        ...(source === undefined ? {} : { Condition: { ArnLike: { 'aws:SourceArn': source } } }),
      },
    ];
  });
  return { Version: '2012-10-17', Statement: statements };
}

/** What an AWS service says about whom it acts for. */
function sourceContext(sourceArn: string): Record<string, string> {
  return { 'aws:SourceArn': sourceArn, 'aws:SourceAccount': stageAccount };
}

/** True when a function's name or ARN means the function. */
function names(reference: string, functionName: string): boolean {
  return reference === functionName || reference.endsWith(`:function:${functionName}`);
}

function isQueueArn(arn: string | undefined): arn is string {
  return arn?.startsWith('arn:aws:sqs:') ?? false;
}

function sessionOf(role: Role): string {
  return `arn:aws:sts::${stageAccount}:assumed-role/${role.name}/stage`;
}
