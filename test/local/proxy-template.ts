import type { JsonObject } from '../../lib/domain/json.ts';

const attach = (Action: readonly string[], ...Resource: readonly (JsonObject | string)[]): JsonObject => ({
  Effect: 'Allow',
  Action,
  Resource,
});

const arnOf = (logicalId: string): JsonObject => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });

/** A handmade template: a writer and a reader, a table with an index, a queue with its dead-letter queue, a bucket. */
export function handmadeTemplate(changes: Readonly<Record<string, JsonObject>> = {}): JsonObject {
  return {
    Resources: {
      People: {
        Type: 'AWS::DynamoDB::Table',
        Properties: {
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: ['id', 'pending'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
          KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
          GlobalSecondaryIndexes: [
            {
              IndexName: 'by-pending',
              KeySchema: [{ AttributeName: 'pending', KeyType: 'HASH' }],
              Projection: { ProjectionType: 'KEYS_ONLY' },
            },
          ],
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        },
      },
      WorkDead: { Type: 'AWS::SQS::Queue', Properties: { MessageRetentionPeriod: 1_209_600 } },
      Work: {
        Type: 'AWS::SQS::Queue',
        Properties: {
          VisibilityTimeout: 1,
          MessageRetentionPeriod: 3600,
          RedrivePolicy: { deadLetterTargetArn: arnOf('WorkDead'), maxReceiveCount: 2 },
        },
      },
      Archive: { Type: 'AWS::S3::Bucket', Properties: {} },
      WriterRole: role([]),
      WriterPolicy: {
        Type: 'AWS::IAM::Policy',
        Properties: {
          PolicyName: 'writer',
          Roles: [{ Ref: 'WriterRole' }],
          PolicyDocument: {
            Version: '2012-10-17',
            Statement: [
              attach(
                [
                  'dynamodb:PutItem',
                  'dynamodb:Batch*',
                  'dynamodb:PartiQLInsert',
                  'dynamodb:PartiQLUpdate',
                  'dynamodb:Query',
                ],
                arnOf('People'),
                { 'Fn::Join': ['', [arnOf('People'), '/index/*']] },
              ),
              attach(['sqs:SendMessage', 'sqs:GetQueueAttributes'], arnOf('Work')),
              attach(['sqs:ReceiveMessage', 'sqs:DeleteMessage'], arnOf('Work'), arnOf('WorkDead')),
              attach(['s3:PutObject', 's3:GetObject', 's3:DeleteObject'], {
                'Fn::Join': ['', [arnOf('Archive'), '/*']],
              }),
              attach(['s3:ListBucket'], arnOf('Archive')),
            ],
          },
        },
      },
      Writer: lambda('WriterRole'),
      ReaderRole: role([
        {
          PolicyName: 'reader',
          PolicyDocument: {
            Version: '2012-10-17',
            Statement: [
              attach(['dynamodb:GetItem'], arnOf('People')),
              attach(['s3:GetObject'], { 'Fn::Join': ['', [arnOf('Archive'), '/*']] }),
              attach(['xray:PutTraceSegments'], '*'),
            ],
          },
        },
      ]),
      Reader: lambda('ReaderRole'),
      ...changes,
    },
  };
}

/** A role that `service` may assume. */
export function role(policies: readonly JsonObject[], service = 'lambda.amazonaws.com'): JsonObject {
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: service } }],
      },
      Policies: policies,
    },
  };
}

function lambda(roleId: string): JsonObject {
  return { Type: 'AWS::Lambda::Function', Properties: { Role: arnOf(roleId), Handler: 'index.handler' } };
}
