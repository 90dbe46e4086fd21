import { TributaryError } from '../../domain/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import { type BucketNotice, bucketNoticesOf } from './bucket-notices.ts';
import { createTable } from './create-tables.ts';
import { openExchange } from './exchange.ts';
import { openResolver, type Resolver, type ResolverOptions, stageAccount, stageRegion } from './resource-names.ts';
import { resourcesOf, textAt } from './template.ts';

export interface EngineUrls {
  readonly dynamodb: string;
  /** SQS and S3. */
  readonly queues: string;
}

/** What the stage has to know of a queue beyond what the engine does for it. */
export interface QueueSettings {
  readonly name: string;
  readonly visibilityTimeoutSeconds: number;
  readonly delaySeconds: number;
  readonly retentionSeconds: number;
  readonly deadLetter?: { readonly queue: string; readonly maxReceiveCount: number };
}

export interface CreatedResources {
  readonly resolver: Resolver;
  readonly tables: readonly string[];
  readonly queues: readonly QueueSettings[];
  readonly buckets: readonly string[];
  /** What the stage itself tells queues of. */
  readonly notices: readonly BucketNotice[];
}

/**
 * Creates the tables, queues and buckets of a template in the engines; those that exist already are kept with what is
 * in them. Returns the resolver of the template's functions.
 * Throws `stage/unsupported-property` for what the engines cannot do (first-in-first-out queues,
 * table streams) and what the stage does not do for them, `stage/table-changed`, and the resolver's errors.
 */
export async function createResources(
  template: JsonObject,
  engines: EngineUrls,
  options: ResolverOptions,
): Promise<CreatedResources> {
  const resolver = openResolver(template, options);
  const dynamodb = openExchange(engines.dynamodb);
  const others = openExchange(engines.queues);
  const resolved = (properties: JsonObject) => resolver.resolve(properties) as JsonObject;
  try {
    const tables: string[] = [];
    for (const table of resourcesOf(template, 'AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable')) {
      const name = resolver.nameOf(table.logicalId);
      await createTable(dynamodb, name, resolved(table.properties));
      tables.push(name);
    }
    const queues: QueueSettings[] = [];
    for (const { logicalId, properties } of resourcesOf(template, 'AWS::SQS::Queue')) {
      const queue = queueSettings(resolver.nameOf(logicalId), resolved(properties));
      const attributes = engineAttributes(queue, resolved(properties));
      await others.call('AmazonSQS.CreateQueue', { QueueName: queue.name, Attributes: attributes });
      queues.push(queue);
    }
    const buckets: string[] = [];
    for (const bucket of resourcesOf(template, 'AWS::S3::Bucket')) {
      const name = resolver.nameOf(bucket.logicalId);
      await others.send({ method: 'PUT', path: `/${name}`, headers: {}, body: Buffer.alloc(0) });
      buckets.push(name);
    }
    return { resolver, tables, queues, buckets, notices: bucketNoticesOf(template, resolver) };
  } finally {
    dynamodb.close();
    others.close();
  }
}

function queueSettings(name: string, properties: JsonObject): QueueSettings {
  refuse(properties, 'FifoQueue', name);
  const redrive = readRedrive(properties.RedrivePolicy);
  return {
    name,
    // The defaults are those of the SQS API reference (SetQueueAttributes).
    visibilityTimeoutSeconds: Number(textAt(properties, 'VisibilityTimeout') ?? 30),
    delaySeconds: Number(textAt(properties, 'DelaySeconds') ?? 0),
    retentionSeconds: Number(textAt(properties, 'MessageRetentionPeriod') ?? 345_600),
    ...(redrive === undefined ? {} : { deadLetter: redrive }),
  };
}

function readRedrive(policy: Json | undefined): QueueSettings['deadLetter'] {
  const read: unknown = typeof policy === 'string' ? JSON.parse(policy) : policy;
  if (!isJsonObject(read)) return undefined;
  const arn = textAt(read, 'deadLetterTargetArn') ?? '';
  return { queue: arn.slice(arn.lastIndexOf(':') + 1), maxReceiveCount: Number(textAt(read, 'maxReceiveCount')) };
}

function engineAttributes(queue: QueueSettings, properties: JsonObject): JsonObject {
  const attributes: Record<string, string> = { VisibilityTimeout: String(queue.visibilityTimeoutSeconds) };
  // The delay of the queue is left out: whoever sends says it with every message.
  for (const name of ['MaximumMessageSize', 'MessageRetentionPeriod', 'ReceiveMessageWaitTimeSeconds']) {
    const value = textAt(properties, name);
    if (value !== undefined) attributes[name] = value;
  }
  if (queue.deadLetter !== undefined) {
    attributes.RedrivePolicy = JSON.stringify({
      deadLetterTargetArn: `arn:aws:sqs:${stageRegion}:${stageAccount}:${queue.deadLetter.queue}`,
      maxReceiveCount: queue.deadLetter.maxReceiveCount,
    });
  }
  return attributes;
}

function refuse(properties: JsonObject, property: string, name: string): void {
  const value = properties[property];
  if (value === undefined || value === false) return;
  throw new TributaryError(
    'config',
    'stage/unsupported-property',
    `the stage cannot run ${property} (${name}): the engine for queues and buckets lacks it`,
  );
}
