import { TributaryError } from '../../domain/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import type { Resolver } from './resource-names.ts';
import { listAt, objectAt, resourcesOf, textAt } from './template.ts';

/** A queue that is told of the objects that are put into a bucket. */
export interface BucketNotice {
  /** Logical id of the bucket. */
  readonly id: string;
  readonly bucket: string;
  readonly queueArn: string;
  /** What the keys of those objects begin with. */
  readonly prefix: string;
}

const CREATED = 's3:ObjectCreated:*';

/**
 * The notifications that the buckets of a template are to send. The engine knows of none: the stage sends them itself.
 * Throws `stage/unsupported-property` for any that it could not: to functions, topics or EventBridge, of other events.
 */
export function bucketNoticesOf(template: JsonObject, resolver: Resolver): readonly BucketNotice[] {
  return resourcesOf(template, 'AWS::S3::Bucket').flatMap(({ logicalId: id, properties }) => {
    const told = resolver.resolve(properties.NotificationConfiguration);
    if (!isJsonObject(told)) return [];
    const others = Object.keys(told).filter((name) => name !== 'QueueConfigurations');
    if (others.length > 0) throw unsupported(id, others.join(', '));
    const bucket = resolver.nameOf(id);
    return listAt(told, 'QueueConfigurations').map((one) => ({ id, bucket, ...readConfiguration(id, one) }));
  });
}

function readConfiguration(id: string, told: Json): Pick<BucketNotice, 'queueArn' | 'prefix'> {
  const configuration = isJsonObject(told) ? told : {};
  const rules = listAt(objectAt(objectAt(configuration, 'Filter'), 'S3Key'), 'Rules').filter(isJsonObject);
  if (textAt(configuration, 'Event') !== CREATED) throw unsupported(id, String(configuration.Event));
  const other = rules.find((rule) => rule.Name !== 'prefix');
  if (other !== undefined) throw unsupported(id, `a filter by ${String(other.Name)}`);
  return { queueArn: textAt(configuration, 'Queue') ?? '', prefix: rules.map(({ Value }) => String(Value)).join('') };
}

function unsupported(id: string, what: string): TributaryError {
  const message = `the stage cannot send ${what} of NotificationConfiguration (${id}); it tells queues of ${CREATED}, by prefix`;
  return new TributaryError('config', 'stage/unsupported-property', message);
}
