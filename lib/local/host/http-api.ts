import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { TributaryError } from '../../domain/errors.ts';
import type { StageClock } from '../clock.ts';
import type { LocalFunction } from './function-pool.ts';
import { mostPayloadBytes } from './function-process.ts';
import { answerOf, type HttpAnswer, payloadOf } from './http-payload.ts';
import { matchRoute, type RouteDefinition } from './http-routes.ts';
import type { StageDoor } from './stage-door.ts';

/** The HTTP API of the stage: what API Gateway is in the account. */
export interface HttpApi {
  readonly url: string;
  readonly port: number;
  /** Requests being answered. */
  readonly inFlight: number;
  /** Requests answered since the start. */
  readonly answered: number;
  close(): Promise<void>;
}

export interface HttpApiOptions {
  readonly routes: readonly RouteDefinition[];
  readonly functions: ReadonlyMap<string, LocalFunction>;
  readonly clock: StageClock;
  /** Knows the token that authorised routes ask for, and lets browsers have it. */
  readonly door: StageDoor;
  readonly accountId: string;
  /** A port the operator asked for: taken is an error. */
  readonly port?: number;
  /** Where to look for a port when none was asked for: this one or the next that is free. @default 4000 */
  readonly firstPort?: number;
}

/** "Quotas for configuring and running an HTTP API" in the API Gateway developer guide. */
const mostBodyBytes = 10 * 1024 * 1024;
const longestAnswerMs = 30_000;
const portsTried = 100;

/**
 * Starts the HTTP API on loopback. Throws TributaryError `stage/port-taken` when the asked port, or every port tried,
 * is in use. The caller closes it.
 */
export async function startHttpApi(options: HttpApiOptions): Promise<HttpApi> {
  let inFlight = 0;
  let answered = 0;
  const serve = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    inFlight += 1;
    try {
      write(response, await answerRequest(message, options));
    } catch {
      // The caller hung up before its request was whole; there is nobody left to answer.
      response.destroy();
    } finally {
      inFlight -= 1;
      answered += 1;
    }
  };
  const server = createServer((message, response) => void serve(message, response));
  const port = await listen(server, options);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    get inFlight() {
      return inFlight;
    },
    get answered() {
      return answered;
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answerRequest(message: IncomingMessage, options: HttpApiOptions): Promise<HttpAnswer> {
  const [path = '/', query = ''] = cutAtQuery(message.url ?? '/');
  const method = message.method ?? 'GET';
  const match = matchRoute(options.routes, method, path);
  const body = await bodyOf(message);
  const { authorization } = message.headers;
  const own = options.door.answer({ method, path, authorization, body: body ?? Buffer.alloc(0) });
  if (own !== undefined) return own;
  if (match === undefined) return gatewayAnswer(404, 'Not Found');
  // Nobody can be signed in: there is no Cognito here. So the gateway would answer (API Gateway developer guide, JWT authorizers).
  if (match.route.signedIn) return gatewayAnswer(401, 'Unauthorized');
  if (match.route.authorised && !options.door.bears(authorization)) return gatewayAnswer(403, 'Forbidden');
  if (body === undefined) return gatewayAnswer(413, 'Request Entity Too Large');
  const target = options.functions.get(match.route.functionId);
  if (target === undefined) return gatewayAnswer(500, 'Internal Server Error');

  const payload = payloadOf({ message, body, path, query }, match, {
    now: options.clock.now(),
    requestId: randomUUID(),
    accountId: options.accountId,
    ...(match.route.authorised ? { userArn: `arn:aws:iam::${options.accountId}:user/stage` } : {}),
  });
  if (Buffer.byteLength(JSON.stringify(payload)) > mostPayloadBytes) {
    return gatewayAnswer(413, 'Request Entity Too Large');
  }
  const invocation = await withinLimit(target.invoke(payload));
  if (invocation === undefined) return gatewayAnswer(503, 'Service Unavailable');
  const answer = invocation.ok ? answerOf(invocation.payload) : undefined;
  return answer ?? gatewayAnswer(500, 'Internal Server Error');
}

/** The body, or undefined when it is larger than the gateway takes. The rest of a large one is read and dropped. */
async function bodyOf(message: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= mostBodyBytes) chunks.push(chunk);
  }
  return size > mostBodyBytes ? undefined : Buffer.concat(chunks);
}

async function withinLimit<T>(work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), longestAnswerMs);
  });
  return await Promise.race([work, limit]).finally(() => clearTimeout(timer));
}

function gatewayAnswer(status: number, message: string): HttpAnswer {
  return { status, headers: [['content-type', 'application/json']], body: Buffer.from(JSON.stringify({ message })) };
}

function write(response: ServerResponse, answer: HttpAnswer): void {
  const headers = answer.headers.flat();
  response.writeHead(answer.status, [...headers, 'apigw-requestid', randomUUID()]);
  response.end(answer.body);
}

async function listen(server: Server, options: HttpApiOptions): Promise<number> {
  if (options.port !== undefined) {
    if (await tryPort(server, options.port)) return portOf(server);
    throw portTaken(`port ${options.port} is in use; choose another with --port`);
  }
  const first = options.firstPort ?? 4000;
  for (let port = first; port < first + portsTried; port += 1) if (await tryPort(server, port)) return port;
  throw portTaken(`ports ${first} to ${first + portsTried - 1} are all in use; choose another with --port`);
}

/** False when the port is in use; any other failure to listen is thrown. */
function tryPort(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    };
    server.once('error', failed);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', failed);
      resolve(true);
    });
  });
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function portTaken(message: string): TributaryError {
  return new TributaryError('config', 'stage/port-taken', message);
}

function cutAtQuery(url: string): [path: string, query: string] {
  const at = url.indexOf('?');
  return at === -1 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)];
}
