import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Milliseconds } from '../../domain/instant.ts';
import type { SecretValue } from './secret-values.ts';

/**
 * The local endpoint of the AWS Parameters and Secrets extension, as "Use Secrets Manager secrets in Lambda functions"
 * of the Secrets Manager user guide describes it: one `GET /secretsmanager/get?secretId=…` with the session token.
 */
export interface SecretsEndpoint {
  readonly port: number;
  close(): Promise<void>;
}

export interface SecretsEndpointOptions {
  readonly secrets: readonly SecretValue[];
  readonly now: () => Milliseconds;
  /** Whose session token it is; undefined when nobody's. */
  readonly callerOf: (sessionToken: string) => string | undefined;
  /** Whether a caller's role lets it read a secret. */
  readonly mayRead: (caller: string, secretArn: string) => Promise<boolean>;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Starts the endpoint on a free port of loopback. The caller closes it. */
export async function startSecretsEndpoint(options: SecretsEndpointOptions): Promise<SecretsEndpoint> {
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const answer = await answerTo(request, options).catch(() => ({ status: 500, body: 'Internal Server Error' }));
    const type = answer.status === 200 ? 'application/json' : 'text/plain';
    response.writeHead(answer.status, { 'content-type': type }).end(answer.body);
  };
  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answerTo(request: IncomingMessage, options: SecretsEndpointOptions): Promise<Answer> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  if (request.method !== 'GET' || url.pathname !== '/secretsmanager/get') return { status: 404, body: 'Not Found' };
  const token = request.headers['x-aws-parameters-secrets-token'];
  const caller = typeof token === 'string' ? options.callerOf(token) : undefined;
  if (caller === undefined) return { status: 401, body: 'not authorized' };
  const id = url.searchParams.get('secretId') ?? '';
  if (id === '') return { status: 400, body: 'secretId is missing' };
  const secret = options.secrets.find(({ name, arn }) => id === name || id === arn);
  if (secret !== undefined && !(await options.mayRead(caller, secret.arn))) return refusal('AccessDeniedException');
  if (secret?.value === undefined) return refusal('ResourceNotFoundException');
  return { status: 200, body: JSON.stringify(asSecretsManager(secret, secret.value, options.now())) };
}

/** The extension passes on what Secrets Manager refused as a 400 whose text holds the name of the error. */
function refusal(error: string): Answer {
  return { status: 400, body: `an unexpected error occurred while executing request: ${error}` };
}

function asSecretsManager(secret: SecretValue, value: string, now: Milliseconds): object {
  return {
    ARN: secret.arn,
    CreatedDate: new Date(now).toISOString(),
    Name: secret.name,
    SecretBinary: null,
    SecretString: value,
    VersionId: '00000000-0000-4000-8000-000000000000',
    VersionStages: ['AWSCURRENT'],
    ResultMetadata: {},
  };
}
