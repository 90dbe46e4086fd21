import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyDocument, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Code,
  EventSourceMapping,
  Function as LambdaFunction,
  LayerVersion,
  RecursiveLoop,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { FactName } from 'aws-cdk-lib/region-info';
import { Construct } from 'constructs';
import { type AcceptedFinding, acceptFindings } from '../accepted-findings.ts';
import { docsUrlIn, pausedIn } from '../contexts.ts';
import { environmentOf, secretName } from '../environment.ts';
import { type FunctionName, type FunctionSpec, specOf } from '../functions.ts';
import { freezeId, idPart } from '../logical-id.ts';
import { folderFindings, type Surroundings, statementsFor } from '../permissions.ts';

export interface PipelineFunctionProps extends Surroundings {
  /** Directory that holds the bundle, `index.mjs`. */
  readonly code: string;
  readonly workspace: string;
  readonly deployed: string;
  readonly inventory: string;
}

/** A function of the table in functions.ts with its own role, its own log and the queues that drive it. */
export class PipelineFunction extends Construct {
  readonly lambda: LambdaFunction;
  readonly log: LogGroup;

  constructor(scope: Construct, name: FunctionName, props: PipelineFunctionProps) {
    super(scope, name);
    const spec = specOf(name);
    const id = idPart(name);
    this.log = new LogGroup(this, 'log', { retention: RetentionDays.ONE_MONTH, removalPolicy: RemovalPolicy.DESTROY });
    freezeId(this.log, `${id}Log`);
    const role = openRole(this, id, spec, props, this.log);
    this.lambda = new LambdaFunction(this, 'function', {
      description: spec.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code: Code.fromAsset(props.code),
      memorySize: spec.memoryMb,
      timeout: Duration.seconds(spec.timeoutSeconds),
      environment: environmentOf(name, spec, {
        tableName: (table) => props.data.table(table).tableName,
        queueUrl: (queue) => props.queues.queue(queue).queueUrl,
        deadLettersUrl: (queue) => props.queues.deadLetters(queue).queueUrl,
        watchedQueues: props.queues.names,
        bucketName: props.data.archive.bucketName,
        identityKeySecret: secretName(props.workspace, 'identity-key'),
        workspace: props.workspace,
        deployed: props.deployed,
        inventory: props.inventory,
        alertsTopic: props.alerts.topicArn,
        docsUrl: docsUrlIn(this),
      }),
      // The role is complete; without this the construct would add rights of its own.
      role: role.withoutPolicyUpdates(),
      logGroup: this.log,
      // Lambda samples one request a second and 5 % of the others, and nothing changes that (AWS Lambda developer guide,
      // X-Ray): of a busy website's messages that would cost as much as taking them. What follows behind the queue is traced.
      tracing: spec.tracedByCaller === true ? Tracing.PASS_THROUGH : Tracing.ACTIVE,
      // Functions that go on with long work through their own queue would be stopped after 16 rounds as a runaway
      // loop (AWS Lambda developer guide, recursive loop detection). Their rounds end by the data that is left.
      recursiveLoop: sendsToItself(spec) ? RecursiveLoop.ALLOW : RecursiveLoop.TERMINATE,
      ...(spec.secrets.length === 0 ? {} : { layers: [secretsExtension(this)] }),
    });
    freezeId(this.lambda, `${id}Function`);
    for (const { queue, batchSize, maxConcurrency } of spec.sources) {
      const mapping = new EventSourceMapping(this, queue, {
        target: this.lambda,
        eventSourceArn: props.queues.queue(queue).queueArn,
        batchSize,
        maxConcurrency,
        reportBatchItemFailures: true,
        // Said also where it is the default: a property that is taken away may leave behind what it had set.
        enabled: !pausedIn(this).queues,
      });
      freezeId(mapping, `${id}From${idPart(queue)}`);
    }
  }
}

function openRole(scope: Construct, id: string, spec: FunctionSpec, around: Surroundings, log: LogGroup): Role {
  const role = new Role(scope, 'role', {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    inlinePolicies: { uses: new PolicyDocument({ statements: statementsFor(spec, around, log) }) },
  });
  freezeId(role, `${id}Role`);
  const tracing: AcceptedFinding = {
    id: 'AwsSolutions-IAM5',
    reason: 'X-Ray has no resources that the two tracing actions could be narrowed to.',
    appliesTo: ['Resource::*'],
  };
  const folders: AcceptedFinding = {
    id: 'AwsSolutions-IAM5',
    reason: 'Objects are made while the system runs, so a right can only name the folder that they are in.',
    appliesTo: folderFindings(spec),
  };
  acceptFindings(role, folderFindings(spec).length > 0 ? [tracing, folders] : [tracing]);
  return role;
}

/** Context with the ARN of the extension, for regions of which the CDK does not know it, or for a newer one. */
const EXTENSION_ARN = 'secretsExtensionArn';

// The layer's own option on the function would add a dozen variables that all repeat the extension's defaults.
function secretsExtension(scope: Construct): ReturnType<typeof LayerVersion.fromLayerVersionArn> {
  const given: unknown = scope.node.tryGetContext(EXTENSION_ARN);
  const fact = FactName.paramsAndSecretsLambdaLayer('1.0.103', Architecture.ARM_64.name);
  const arn = typeof given === 'string' ? given : Stack.of(scope).regionalFact(fact);
  return LayerVersion.fromLayerVersionArn(scope, 'secrets-extension', arn);
}

function sendsToItself(spec: FunctionSpec): boolean {
  return spec.sources.some(({ queue }) => spec.sends.includes(queue));
}
