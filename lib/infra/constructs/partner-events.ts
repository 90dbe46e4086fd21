import { CfnRule } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { WorkspaceForSynthesis } from '../workspace-for-synthesis.ts';
import type { WorkQueues } from './work-queues.ts';

export interface PartnerEventsProps {
  readonly workspace: WorkspaceForSynthesis;
  readonly queues: WorkQueues;
}

/**
 * A rule for each partner event bus that a connection names: what the vendor puts on it goes to the sync queue as it is. The
 * bus is not ours to make: somebody associates it with the vendor's event source once (docs/connectors).
 */
export class PartnerEvents extends Construct {
  constructor(scope: Construct, id: string, { workspace, queues }: PartnerEventsProps) {
    super(scope, id);
    const named = Object.values(workspace.connections).flatMap(({ eventBus }) => eventBus ?? []);
    const target = queues.queue('sync');
    // Erasures look through these; what EventBridge could not deliver holds what the vendor told of people.
    const deadLetters = queues.deadLetters('sync');
    const rules = [...new Set(named)].map(
      (bus) =>
        new CfnRule(this, bus, {
          description: 'Hands what a vendor tells to the sync queue',
          eventBusName: bus,
          eventPattern: { source: [bus] },
          targets: [{ id: 'sync', arn: target.queueArn, deadLetterConfig: { arn: deadLetters.queueArn } }],
        }),
    );
    if (rules.length === 0) return;
    for (const queue of [target, deadLetters]) {
      queue.addToResourcePolicy(
        new PolicyStatement({
          principals: [new ServicePrincipal('events.amazonaws.com')],
          actions: ['sqs:SendMessage'],
          resources: [queue.queueArn],
          conditions: { ArnEquals: { 'aws:SourceArn': rules.map(({ attrArn }) => attrArn) } },
        }),
      );
    }
  }
}
