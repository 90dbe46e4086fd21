import { RemovalPolicy } from 'aws-cdk-lib';
import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { manifest as files } from '../../connectors/files/manifest.ts';
import { manifest as googleAnalytics } from '../../connectors/google-analytics/manifest.ts';
import { acceptFindings } from '../accepted-findings.ts';
import { secretName } from '../environment.ts';
import type { SecretUse } from '../functions.ts';
import type { WorkspaceForSynthesis } from '../workspace-for-synthesis.ts';

/** Connectors of which not every connection signs in: a secret that nobody fills would cost and hold nothing. */
const SIGNS_IN = new Map([files, googleAnalytics].map(({ id, signsIn }) => [id, signsIn]));

/** One empty secret per connection, for the operator to fill; empty, so that a missing credential says so. */
export class ConnectionSecrets extends Construct {
  private readonly workspace: WorkspaceForSynthesis;
  private readonly byConnection: ReadonlyMap<string, CfnSecret>;

  constructor(scope: Construct, id: string, workspace: WorkspaceForSynthesis) {
    super(scope, id);
    this.workspace = workspace;
    this.byConnection = new Map(
      Object.values(workspace.connections)
        .filter(({ connector, streams }) => signsIn(connector, streams))
        .map(({ name, connector }) => [name, openSecret(this, workspace.workspace, name, connector)]),
    );
  }

  /** ARNs of the secrets of the connections that a function speaks to. */
  arnsFor(use: SecretUse): readonly string[] {
    const names = new Set(connectionsFor(use, this.workspace));
    return [...this.byConnection].filter(([name]) => names.has(name)).map(([, secret]) => secret.ref);
  }
}

function signsIn(connector: string, streams: object): boolean {
  const how = SIGNS_IN.get(connector);
  return how !== false && (how !== 'streams' || Object.keys(streams).length > 0);
}

function connectionsFor(use: SecretUse, workspace: WorkspaceForSynthesis): readonly string[] {
  const connections = Object.values(workspace.connections);
  const chosen: Readonly<Record<SecretUse, () => readonly string[]>> = {
    'identity-key': () => [],
    'webhook-connections': () => connections.filter(({ webhook }) => webhook).map(({ name }) => name),
    // What a webhook or an event hints at is read again by sync-stream, also where no stream has a schedule.
    'stream-connections': () =>
      connections
        .filter(
          ({ webhook, eventBus, streams }) => webhook || eventBus !== undefined || Object.keys(streams).length > 0,
        )
        .map(({ name }) => name),
    'audience-connections': () => workspace.audiences.map(({ connection }) => connection),
    'erasing-connections': () => connections.filter(({ erasure }) => erasure === 'delete').map(({ name }) => name),
  };
  return chosen[use]();
}

function openSecret(scope: Construct, workspace: string, connection: string, connector: string): CfnSecret {
  const secret = new CfnSecret(scope, connection, {
    name: secretName(workspace, connection),
    description: `What ${connector} needs to sign in, as one JSON object.`,
  });
  // Its name is fixed: left behind by a first deployment that failed, it would make every further one fail.
  secret.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
  acceptFindings(secret, [
    {
      id: 'AwsSolutions-SMG4',
      reason:
        'The vendor issues this credential and offers no call that replaces it, so only an operator can rotate it.',
    },
  ]);
  return secret;
}
