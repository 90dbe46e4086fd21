import { afterAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../lib/domain/json.ts';
import { at, resourcesOf } from './reading.ts';
import { partnerBus, synthesiseTiny, tinyWorkspace } from './tiny-workspace.ts';

const synthesised = await synthesiseTiny();
const { template } = synthesised;
afterAll(() => synthesised.close());

describe('partner events', () => {
  it('hands what comes by the bus of a connection to the sync queue, and what cannot be handed to its dead letters', () => {
    const rules = Object.values(resourcesOf(template, 'AWS::Events::Rule'));

    expect(rules.map(({ Properties: { Tags: _, ...rule } = {} }) => rule)).toEqual([
      {
        Description: expect.any(String),
        EventBusName: partnerBus,
        EventPattern: { source: [partnerBus] },
        Targets: [
          {
            Id: 'sync',
            Arn: { 'Fn::GetAtt': ['SyncQueue', 'Arn'] },
            DeadLetterConfig: { Arn: { 'Fn::GetAtt': ['SyncDeadLettersQueue', 'Arn'] } },
          },
        ],
      },
    ]);
  });

  it('lets EventBridge send to these two queues only, and for that rule only', () => {
    const [rule] = Object.keys(resourcesOf(template, 'AWS::Events::Rule'));
    const granted = Object.values(resourcesOf(template, 'AWS::SQS::QueuePolicy')).flatMap((policy) => {
      const statements = at(policy, 'PolicyDocument.Statement') as unknown as readonly JsonObject[];
      return statements.filter(({ Principal }) => JSON.stringify(Principal).includes('events.amazonaws.com'));
    });

    expect(granted).toEqual(
      ['SyncDeadLettersQueue', 'SyncQueue'].map((queue) => ({
        Effect: 'Allow',
        Principal: { Service: 'events.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: { 'Fn::GetAtt': [queue, 'Arn'] },
        Condition: { ArnEquals: { 'aws:SourceArn': [{ 'Fn::GetAtt': [rule, 'Arn'] }] } },
      })),
    );
  });

  it('makes no rule and opens no queue where no connection names a bus', async () => {
    const { crm, ...others } = tinyWorkspace.connections;
    const { eventBus: _, ...silent } = crm ?? {};
    const connections = { ...others, crm: silent as (typeof others)[string] };
    const quiet = await synthesiseTiny({ ...tinyWorkspace, connections });

    expect(Object.keys(resourcesOf(quiet.template, 'AWS::Events::Rule'))).toEqual([]);
    expect(JSON.stringify(quiet.template)).not.toContain('events.amazonaws.com');
    quiet.close();
  }, 60_000);
});
