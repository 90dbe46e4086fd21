import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { freezeId } from '../logical-id.ts';

/** The topic of whoever is on call: alarms of the account publish to it, and functions whose spec says so. */
export function openAlertsTopic(scope: Construct): Topic {
  const topic = new Topic(scope, 'alerts', { enforceSSL: true });
  // A policy of its own replaces the default one, which is what lets alarms of the account publish.
  topic.addToResourcePolicy(
    new PolicyStatement({
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
    }),
  );
  freezeId(topic, 'AlertsTopic');
  return topic;
}
