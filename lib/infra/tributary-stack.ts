import { CfnOutput, Stack, Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { defaultRetention } from './archive.ts';
import type { BundleDirs } from './bundle.ts';
import { openAlertsTopic } from './constructs/alerts-topic.ts';
import { ConnectionSecrets } from './constructs/connection-secrets.ts';
import { DataStore } from './constructs/data-store.ts';
import { tellOfDroppedFiles } from './constructs/drop-folder.ts';
import { FrontDoor } from './constructs/front-door.ts';
import { PartnerEvents } from './constructs/partner-events.ts';
import { PipelineFunction } from './constructs/pipeline-function.ts';
import { Timetable } from './constructs/timetable.ts';
import { Watch } from './constructs/watch.ts';
import { WorkQueues } from './constructs/work-queues.ts';
import { deployedText } from './deployed.ts';
import { type FunctionName, functionNames } from './functions.ts';
import { inventoryOf } from './inventory.ts';
import { freezeId } from './logical-id.ts';
import { stackNameOf, type WorkspaceForSynthesis } from './workspace-for-synthesis.ts';

export interface TributaryStackProps {
  readonly workspace: WorkspaceForSynthesis;
  /** Directory of each function's bundle. */
  readonly bundles: BundleDirs;
}

/**
 * Everything that a workspace runs on, in any account, and in any region once `secretsExtensionArn` is given where the CDK
 * does not know the secrets extension (docs/operating.md). One stack, because every function touches the data:
 * several would be tied together by exports that block each other's updates, while one is deployed, rolled back and
 * rehearsed as a whole. What must survive is retained by policy, not by living in a stack of its own.
 */
export class TributaryStack extends Stack {
  constructor(scope: Construct, id: string, { workspace, bundles }: TributaryStackProps) {
    super(scope, id, {
      stackName: stackNameOf(workspace.workspace),
      description: `Tributary workspace ${workspace.workspace}`,
      terminationProtection: true,
    });
    Tags.of(this).add('tributary', workspace.workspace);
    const data = new DataStore(this, 'data', {
      workspace: workspace.workspace,
      retention: workspace.privacy ?? defaultRetention,
    });
    const queues = new WorkQueues(this, 'queues');
    tellOfDroppedFiles(data, queues);
    const secrets = new ConnectionSecrets(this, 'secrets', workspace);
    const deployed = deployedText(workspace);
    const inventory = inventoryOf(this);
    const alerts = openAlertsTopic(this);
    const lambdas = new Map(
      functionNames.map((name) => {
        const told = { workspace: workspace.workspace, deployed, inventory };
        const props = { code: bundles[name], ...told, data, queues, secrets, alerts };
        return [name, new PipelineFunction(this, name, props)] as const;
      }),
    );
    const made = (name: FunctionName) => {
      const found = lambdas.get(name);
      if (found === undefined) throw new TypeError(`no function ${name}`);
      return found;
    };
    const lambda = (name: FunctionName) => made(name).lambda;
    const log = (name: FunctionName) => made(name).log;
    new Timetable(this, 'timetable', { workspace, queues });
    new PartnerEvents(this, 'partner-events', { workspace, queues });
    const { api, signIn } = new FrontDoor(this, 'front-door', {
      workspace: workspace.workspace,
      signInName: workspace.console?.signIn,
      lambda,
    });
    // Not in its spec: it is what the front door made, which is made of the functions.
    if (signIn !== undefined) lambda('api').addEnvironment('CONSOLE_SIGN_IN', signIn.forConsole);
    new Watch(this, 'watch', { workspace: workspace.workspace, queues, data, api, lambda, log, alerts });
    output(this, 'ApiUrl', api.apiEndpoint, 'Where the command line and the vendors reach this workspace.');
    output(
      this,
      'DropFolder',
      `s3://${data.archive.bucketName}/drop/`,
      'Where files are dropped, under the name of a connection.',
    );
    output(this, 'AlertsTopicArn', alerts.topicArn, 'Subscribe the people who are on call.');
  }
}

function output(stack: Stack, id: string, value: string, description: string): void {
  freezeId(new CfnOutput(stack, `output ${id}`, { value, description }), id);
}
