import type { Calls, ConnectorIo } from '../connectors/contract.ts';
import { type AnyConnector, loadConnector, type Registry } from '../connectors/define.ts';
import type { ConnectionDefinition, Definitions } from '../domain/definitions.ts';
import { TributaryError } from '../domain/errors.ts';
import type { Clock, Log, Secrets } from './ports.ts';

export interface ConnectionDeps {
  readonly connectors: Registry;
  readonly definitions: () => Promise<Definitions>;
  readonly secrets: Secrets;
  /** Name of a connection's secret. */
  readonly secretName: (connection: string) => string;
  readonly clock: Clock;
  readonly log: Log;
}

/** A connection of the workspace with its connector, its checked settings and its checked secret. */
export interface OpenConnection {
  readonly definition: ConnectionDefinition;
  readonly connector: AnyConnector;
  readonly config: unknown;
  readonly secret: unknown;
  /** Every audience of the workspace: some may use the same connection. */
  readonly audiences: Definitions['audiences'];
  connect(signal: AbortSignal, calls: Calls): Promise<unknown>;
}

/** Finds a connection by name and checks its settings and secret; throws `config` errors that name what is wrong. */
export async function openConnection(deps: ConnectionDeps, name: string): Promise<OpenConnection> {
  const { connections, audiences } = await deps.definitions();
  const definition = connections[name];
  if (definition === undefined) {
    const known = Object.keys(connections).join(', ');
    throw new TributaryError('config', 'connection/unknown', `no connection is called ${name}; there are: ${known}`);
  }
  const connector = await loadConnector(deps.connectors, definition.connector);
  if (connector === undefined) {
    throw new TributaryError(
      'config',
      'connection/unknown-connector',
      `no connector is called ${definition.connector}`,
    );
  }
  const config = connector.config.safeParse(definition.config);
  if (!config.success) throw broken('connection/bad-config', `connection ${name}`, config.error.issues);
  const secret = connector.secret.safeParse(await deps.secrets(deps.secretName(name)));
  if (!secret.success) throw broken('connection/bad-secret', `the secret of connection ${name}`, secret.error.issues);
  return {
    definition,
    connector,
    config: config.data,
    secret: secret.data,
    audiences,
    connect: (signal, calls) =>
      connector.connect(
        {
          name,
          config: config.data,
          secret: secret.data,
          ...(definition.endpoint === undefined ? {} : { endpoint: definition.endpoint }),
        },
        ioOf(deps, signal, calls),
      ),
  };
}

function ioOf(deps: ConnectionDeps, signal: AbortSignal, calls: Calls): ConnectorIo {
  return { fetch: globalThis.fetch, now: deps.clock.now, signal, log: deps.log, calls };
}

function broken(
  code: string,
  what: string,
  issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
): TributaryError {
  const list = issues.map(({ path, message }) => `${path.map(String).join('.') || 'value'}: ${message}`).join('; ');
  return new TributaryError('config', code, `${what} cannot be used: ${list}`);
}
