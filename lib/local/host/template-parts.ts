import { isAbsolute, resolve as resolvePath } from 'node:path';
import { TributaryError } from '../../domain/errors.ts';
import type { Milliseconds } from '../../domain/instant.ts';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import type { Resolver } from '../engines/resource-names.ts';
import { listAt, objectAt, resourcesOf, type TemplateResource, textAt } from '../engines/template.ts';
import type { RuleDefinition } from './event-bus.ts';
import type { EventSourceDefinition } from './event-sources.ts';
import type { FunctionDefinition } from './function-process.ts';
import type { RouteDefinition } from './http-routes.ts';
import type { ScheduleDefinition } from './schedules.ts';

/** A template whose references can be resolved. */
export interface ResolvedTemplate {
  readonly template: JsonObject;
  readonly resolver: Resolver;
}

/** A function, the role it acts with and whether it has the secrets extension. */
export interface FunctionPart extends Omit<FunctionDefinition, 'environment' | 'code'> {
  readonly roleArn: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly hasLayers: boolean;
}

export interface EventSourcePart extends EventSourceDefinition {
  readonly functionId: string;
}

export interface SchedulePart extends ScheduleDefinition {
  readonly queueArn: string;
  readonly roleArn: string;
}

export interface RulePart extends RuleDefinition {
  readonly arn: string;
  readonly targets: readonly { readonly queueUrl: string; readonly queueArn: string }[];
}

export interface QueuePart {
  readonly id: string;
  readonly name: string;
  readonly arn: string;
  readonly url: string;
  readonly visibilityMs: Milliseconds;
}

/**
 * The properties that the stage understands, by type. One that is not here would be silently ignored although it
 * changes what the deployed system does, so it stops the stage.
 */
const understood: Readonly<Record<string, readonly string[]>> = {
  'AWS::Lambda::Function': [
    ...['Architectures', 'Code', 'Description', 'Environment', 'FunctionName', 'Handler', 'Layers', 'LoggingConfig'],
    ...['MemorySize', 'RecursiveLoop', 'Role', 'Runtime', 'Tags', 'Timeout', 'TracingConfig'],
  ],
  'AWS::Lambda::EventSourceMapping': [
    ...['BatchSize', 'Enabled', 'EventSourceArn', 'FunctionName', 'FunctionResponseTypes'],
    ...['MaximumBatchingWindowInSeconds', 'ScalingConfig', 'Tags'],
  ],
  'AWS::Scheduler::Schedule': [
    ...['Description', 'FlexibleTimeWindow', 'GroupName', 'Name', 'ScheduleExpression', 'ScheduleExpressionTimezone'],
    ...['State', 'Target'],
  ],
  'AWS::Events::Rule': ['Description', 'EventBusName', 'EventPattern', 'Name', 'State', 'Tags', 'Targets'],
  'AWS::ApiGatewayV2::Api': ['Description', 'Name', 'ProtocolType', 'Tags'],
  'AWS::ApiGatewayV2::Integration': [
    ...['ApiId', 'IntegrationMethod', 'IntegrationType', 'IntegrationUri', 'PayloadFormatVersion'],
  ],
  'AWS::ApiGatewayV2::Route': [
    ...['ApiId', 'AuthorizationScopes', 'AuthorizationType', 'AuthorizerId', 'RouteKey', 'Target'],
  ],
};

/** Every function of the template. */
export function functionsOf(from: ResolvedTemplate): readonly FunctionPart[] {
  return parts(from, 'AWS::Lambda::Function', ({ logicalId }, properties) => ({
    id: logicalId,
    name: from.resolver.nameOf(logicalId),
    arn: from.resolver.arnOf(logicalId),
    roleArn: required(logicalId, properties, 'Role'),
    handler: required(logicalId, properties, 'Handler'),
    variables: texts(objectAt(objectAt(properties, 'Environment'), 'Variables')),
    hasLayers: listAt(properties, 'Layers').length > 0,
    // The defaults are those of the Lambda API reference (CreateFunction).
    memoryMegabytes: Number(textAt(properties, 'MemorySize') ?? 128),
    timeoutMs: Number(textAt(properties, 'Timeout') ?? 3) * 1000,
  }));
}

/** Every queue of the template. */
export function queuesOf(from: ResolvedTemplate): readonly QueuePart[] {
  return resourcesOf(from.template, 'AWS::SQS::Queue').map(({ logicalId, properties }) => ({
    id: logicalId,
    name: from.resolver.nameOf(logicalId),
    arn: from.resolver.arnOf(logicalId),
    url: String(from.resolver.resolve({ Ref: logicalId })),
    visibilityMs: Number(textAt(properties, 'VisibilityTimeout') ?? 30) * 1000,
  }));
}

/** Every event-source mapping that is switched on. */
export function eventSourcesOf(from: ResolvedTemplate): readonly EventSourcePart[] {
  const functions = functionsOf(from);
  const queues = queuesOf(from);
  const all = parts(from, 'AWS::Lambda::EventSourceMapping', ({ logicalId }, properties) => {
    const queueArn = required(logicalId, properties, 'EventSourceArn');
    const queue = queues.find(({ arn }) => arn === queueArn);
    const named = required(logicalId, properties, 'FunctionName');
    const target = functions.find(({ name, arn }) => named === name || named === arn);
    if (queue === undefined || target === undefined) throw dangling(logicalId);
    const concurrency = textAt(objectAt(properties, 'ScalingConfig'), 'MaximumConcurrency');
    const enabled = properties.Enabled !== false && properties.Enabled !== 'false';
    const source: EventSourcePart = {
      id: logicalId,
      functionId: target.id,
      queueUrl: queue.url,
      queueArn,
      visibilityMs: queue.visibilityMs,
      batchSize: Number(textAt(properties, 'BatchSize') ?? 10),
      windowMs: Number(textAt(properties, 'MaximumBatchingWindowInSeconds') ?? 0) * 1000,
      partialResponses: listAt(properties, 'FunctionResponseTypes').includes('ReportBatchItemFailures'),
      ...(concurrency === undefined ? {} : { maxConcurrency: Number(concurrency) }),
    };
    return { enabled, source };
  });
  return all.filter(({ enabled }) => enabled).map(({ source }) => source);
}

/** Every schedule that is switched on. */
export function schedulesOf(from: ResolvedTemplate): readonly SchedulePart[] {
  const queues = queuesOf(from);
  const all = parts(from, 'AWS::Scheduler::Schedule', ({ logicalId }, properties) => {
    const target = objectAt(properties, 'Target');
    const queueArn = required(logicalId, target, 'Arn');
    const queue = queues.find(({ arn }) => arn === queueArn);
    if (queue === undefined) throw dangling(logicalId);
    if (objectAt(properties, 'FlexibleTimeWindow').Mode !== 'OFF') throw unsupported(logicalId, 'FlexibleTimeWindow');
    const schedule: SchedulePart = {
      id: logicalId,
      arn: from.resolver.arnOf(logicalId),
      expression: required(logicalId, properties, 'ScheduleExpression'),
      zone: textAt(properties, 'ScheduleExpressionTimezone') ?? 'UTC',
      queueArn,
      queueUrl: queue.url,
      roleArn: required(logicalId, target, 'RoleArn'),
      input: required(logicalId, target, 'Input'),
    };
    return { enabled: properties.State !== 'DISABLED', schedule };
  });
  return all.filter(({ enabled }) => enabled).map(({ schedule }) => schedule);
}

/** Every rule of a partner's event bus that is switched on. It can look at where an event comes from, and at nothing else. */
export function rulesOf(from: ResolvedTemplate): readonly RulePart[] {
  const queues = queuesOf(from);
  const all = parts(from, 'AWS::Events::Rule', ({ logicalId }, properties) => {
    const { source = [], ...others } = objectAt(properties, 'EventPattern');
    const strange = Object.keys(others)[0];
    if (strange !== undefined || !isTexts(source)) throw unsupported(logicalId, `EventPattern.${strange ?? 'source'}`);
    const targets = listAt(properties, 'Targets').map((target) => {
      const { Arn, Id: _, DeadLetterConfig: __, ...more } = isJsonObject(target) ? target : {};
      const changed = Object.keys(more)[0];
      if (changed !== undefined) throw unsupported(logicalId, `Targets.${changed}`);
      const queue = queues.find(({ arn }) => arn === Arn);
      if (queue === undefined) throw dangling(logicalId);
      return { queueUrl: queue.url, queueArn: queue.arn };
    });
    const bus = required(logicalId, properties, 'EventBusName');
    const rule: RulePart = { id: logicalId, arn: from.resolver.arnOf(logicalId), bus, sources: source, targets };
    return { enabled: properties.State !== 'DISABLED', rule };
  });
  return all.filter(({ enabled }) => enabled).map(({ rule }) => rule);
}

function isTexts(values: Json): values is readonly string[] {
  return Array.isArray(values) && values.every((value) => typeof value === 'string');
}

/** Every route of the HTTP API. */
export function routesOf(from: ResolvedTemplate): readonly RouteDefinition[] {
  const functions = functionsOf(from);
  const { resolver } = from;
  parts(from, 'AWS::ApiGatewayV2::Api', ({ logicalId }, properties) => {
    if (properties.ProtocolType !== 'HTTP') throw unsupported(logicalId, 'ProtocolType');
  });
  const integrations = parts(from, 'AWS::ApiGatewayV2::Integration', ({ logicalId }, properties) => {
    if (properties.PayloadFormatVersion !== '2.0') throw unsupported(logicalId, 'PayloadFormatVersion');
    const uri = required(logicalId, properties, 'IntegrationUri');
    const target = functions.find(({ arn }) => uri === arn || uri.includes(`${arn}/invocations`));
    if (target === undefined) throw dangling(logicalId);
    return { target: `integrations/${resolver.resolve({ Ref: logicalId })}`, functionId: target.id };
  });
  return parts(from, 'AWS::ApiGatewayV2::Route', ({ logicalId }, properties): RouteDefinition => {
    const target = required(logicalId, properties, 'Target');
    const integration = integrations.find((candidate) => candidate.target === target);
    if (integration === undefined) throw dangling(logicalId);
    const authorisation = textAt(properties, 'AuthorizationType') ?? 'NONE';
    if (!['NONE', 'AWS_IAM', 'JWT'].includes(authorisation)) throw unsupported(logicalId, 'AuthorizationType');
    return {
      key: required(logicalId, properties, 'RouteKey'),
      functionId: integration.functionId,
      authorised: authorisation === 'AWS_IAM',
      signedIn: authorisation === 'JWT',
    };
  });
}

/** Where the code of a function lies. Throws TributaryError `stage/no-code` when the assembly holds none. */
export function codeOf(functionId: string, folders: Readonly<Record<string, string>>): string {
  const folder = folders[functionId];
  if (folder === undefined) {
    throw new TributaryError('defect', 'stage/no-code', `the assembly holds no bundle of function ${functionId}`);
  }
  return isAbsolute(folder) ? folder : resolvePath(folder);
}

function parts<T>(
  from: ResolvedTemplate,
  type: string,
  read: (resource: TemplateResource, properties: JsonObject) => T,
): readonly T[] {
  return resourcesOf(from.template, type).map((resource) => {
    const known = understood[type] ?? [];
    const strange = Object.keys(resource.properties).find((property) => !known.includes(property));
    if (strange !== undefined) throw unsupported(resource.logicalId, strange);
    const properties = from.resolver.resolve(withoutCode(resource.properties));
    return read(resource, isJsonObject(properties) ? properties : {});
  });
}

/** Where the deployed code and layers lie, and what logs, are of no use here and refer to things the stage has not. */
function withoutCode(properties: JsonObject): JsonObject {
  const { Code: _code, LoggingConfig: _logging, ...rest } = properties;
  return rest;
}

function required(logicalId: string, properties: JsonObject, name: string): string {
  const value = textAt(properties, name);
  if (value !== undefined) return value;
  throw new TributaryError('defect', 'stage/bad-template', `resource ${logicalId} lacks ${name}`);
}

function texts(values: JsonObject): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
}

function dangling(logicalId: string): TributaryError {
  const message = `resource ${logicalId} refers to a function or queue that the template does not hold`;
  return new TributaryError('defect', 'stage/bad-template', message);
}

function unsupported(logicalId: string, property: string): TributaryError {
  return new TributaryError(
    'config',
    'stage/unsupported-property',
    `the stage cannot run ${property} of ${logicalId} as written; leave it out or teach the stage`,
  );
}
