import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnBucket } from 'aws-cdk-lib/aws-s3';
import { archiveFolders } from '../archive.ts';
import type { DataStore } from './data-store.ts';
import type { WorkQueues } from './work-queues.ts';

/**
 * Has S3 tell the imports queue of each object that is put under `drop/`. Written as the bucket's own property: the CDK's
 * method would add a function of its own to set it (docs/adr/0058).
 */
export function tellOfDroppedFiles({ archive }: DataStore, queues: WorkQueues): void {
  const queue = queues.queue('imports');
  const bucket = archive.node.defaultChild;
  if (!(bucket instanceof CfnBucket)) throw new TypeError('the archive has no bucket of its own');
  const { policyDependable } = queue.addToResourcePolicy(
    new PolicyStatement({
      sid: 'TellOfDroppedFiles',
      principals: [new ServicePrincipal('s3.amazonaws.com')],
      actions: ['sqs:SendMessage'],
      resources: [queue.queueArn],
      // Not the bucket's ARN: the bucket can only be made when this stands, so neither could be made first.
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(queue).account } },
    }),
  );
  bucket.notificationConfiguration = {
    queueConfigurations: [
      {
        event: 's3:ObjectCreated:*',
        queue: queue.queueArn,
        filter: { s3Key: { rules: [{ name: 'prefix', value: archiveFolders.drop.prefix }] } },
      },
    ],
  };
  // S3 sends a test message when the notification is set, and refuses to set one that may not be sent.
  if (policyDependable !== undefined) bucket.node.addDependency(policyDependable);
}
