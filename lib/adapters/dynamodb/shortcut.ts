import type { Readable } from 'node:stream';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import aws4 from 'aws4';

/** Requests that carry a whole batch each: all but all that functions send. */
const SHORT = new Set(['BatchExecuteStatementCommand', 'BatchGetItemCommand', 'BatchWriteItemCommand']);

/** What the SDK sends to, as its own requests say. */
interface Host {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
}

interface Answer {
  readonly statusCode: number;
  readonly body: Readable;
}

/**
 * Sends batches the short way: the input as JSON, signed, over the client's own connections, and the answer read as JSON.
 * Everything else that the SDK does for a request (its schemas, its chain of middlewares) costs more than that and changes
 * nothing for these (docs/adr/0045). Only a plain success is taken from the short way. Anything else, a refusal or a
 * broken connection, sends the request again as the SDK does, with its own tries, errors and correction of the clock:
 * callers can bear that a request is done twice, as it may be by the SDK itself.
 */
export function takeShortcut(client: DynamoDBClient): void {
  let host: Host | undefined;
  client.middlewareStack.add(
    (next) => async (args) => {
      host = hostIn(args.request) ?? host;
      return next(args);
    },
    { step: 'build', name: 'learnHost' },
  );
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const { commandName = '' } = context as { readonly commandName?: string };
      // The first request goes the SDK's way and tells where to; none of these inputs holds bytes, which JSON has not.
      if (host === undefined || !SHORT.has(commandName)) return next(args);
      const answer = await sendShort(client, host, commandName, JSON.stringify(args.input)).catch(() => undefined);
      if (answer === undefined) return next(args);
      return { response: undefined, output: { ...answer, $metadata: { httpStatusCode: 200, attempts: 1 } } as never };
    },
    { step: 'initialize', priority: 'low', name: 'takeShortcut' },
  );
}

/** The answer of a plain success; undefined or thrown = ask the SDK. */
async function sendShort(
  { config }: DynamoDBClient,
  host: Host,
  commandName: string,
  body: string,
): Promise<object | undefined> {
  const { accessKeyId, secretAccessKey, sessionToken } = await config.credentials();
  const { headers = {} } = aws4.sign(
    {
      service: 'dynamodb',
      region: await config.region(),
      method: 'POST',
      host: host.port === undefined ? host.hostname : `${host.hostname}:${host.port}`,
      path: host.path,
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `DynamoDB_20120810.${commandName.slice(0, -'Command'.length)}`,
      },
      body,
    },
    { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
  );
  const request = { ...host, method: 'POST', query: {}, headers, body };
  const { response } = (await config.requestHandler.handle(request as never)) as { readonly response: Answer };
  const text = await textOf(response.body);
  return response.statusCode === 200 ? (JSON.parse(text) as object) : undefined;
}

/** By events: iterating over a stream costs more than all else that is done with an answer. */
function textOf(body: Readable): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    body.on('data', (chunk: Buffer) => chunks.push(chunk));
    body.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    body.once('error', reject);
    body.once('close', () => reject(new Error('the connection broke')));
  });
}

function hostIn(request: unknown): Host | undefined {
  if (typeof request !== 'object' || request === null || !('hostname' in request)) return undefined;
  const { protocol, hostname, port, path } = request as Host;
  return { protocol, hostname, path, ...(port === undefined ? {} : { port }) };
}
