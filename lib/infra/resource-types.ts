/** Whether the local stage runs a type of resource, or why it may leave it alone. */
export type ResourceTreatment = 'run' | { readonly ignored: string };

const NO_COGNITO = 'nobody signs in on the stage: a link that can be used once lets a browser in';

/** Every type of resource that the template may hold. A type that is not here stops the tests and the local stage. */
export const knownResourceTypes: Readonly<Record<string, ResourceTreatment>> = {
  'AWS::ApiGatewayV2::Api': 'run',
  'AWS::ApiGatewayV2::Authorizer': {
    ignored: 'asks who signed in by Cognito; on the stage nobody can have, and its route answers 401',
  },
  'AWS::ApiGatewayV2::Integration': 'run',
  'AWS::ApiGatewayV2::Route': 'run',
  'AWS::ApiGatewayV2::Stage': { ignored: 'throttling and access logs protect and observe; they change no answer' },
  'AWS::CloudWatch::Alarm': { ignored: 'watches metrics that exist only in an account' },
  'AWS::CloudWatch::Dashboard': { ignored: 'draws metrics that exist only in an account' },
  'AWS::Cognito::UserPool': { ignored: NO_COGNITO },
  'AWS::Cognito::UserPoolClient': { ignored: NO_COGNITO },
  'AWS::Cognito::UserPoolDomain': { ignored: NO_COGNITO },
  'AWS::Cognito::UserPoolGroup': { ignored: NO_COGNITO },
  'AWS::DynamoDB::Table': 'run',
  'AWS::Events::Rule': 'run',
  'AWS::IAM::Role': 'run',
  'AWS::Lambda::EventSourceMapping': 'run',
  'AWS::Lambda::Function': 'run',
  'AWS::Lambda::Permission': 'run',
  'AWS::Logs::LogGroup': { ignored: 'the stage keeps the output of functions itself' },
  'AWS::S3::Bucket': 'run',
  'AWS::S3::BucketPolicy': { ignored: 'refuses requests without TLS, and everything stays on loopback' },
  'AWS::SNS::Topic': 'run',
  'AWS::SNS::TopicPolicy': {
    ignored: 'refuses requests without TLS, and lets alarms publish, which exist only in an account',
  },
  'AWS::SQS::Queue': 'run',
  'AWS::SQS::QueuePolicy': {
    ignored:
      'refuses requests without TLS, and everything stays on loopback; what it lets others send is checked at the start',
  },
  'AWS::Scheduler::Schedule': 'run',
  'AWS::Scheduler::ScheduleGroup': { ignored: 'groups schedules for the role that may be assumed for them' },
  'AWS::SecretsManager::Secret': 'run',
};
