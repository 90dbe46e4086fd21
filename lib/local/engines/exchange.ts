import { randomBytes } from 'node:crypto';
import { Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http';
import { TributaryError } from '../../domain/errors.ts';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import { stageRegion } from './resource-names.ts';

export interface EngineRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
}

export interface EngineAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Kept-alive connections of the stage to one engine on loopback, in the stage's own name. */
export interface Exchange {
  /** Sends a request as it is and reads the whole answer. Throws `stage/engine-unreachable`. */
  readonly send: (sent: EngineRequest) => Promise<EngineAnswer>;
  /** One JSON operation. Throws `stage/engine-refused` with the engine's own error name and message. */
  readonly call: (target: string, body: JsonObject) => Promise<JsonObject>;
  /** Ends every call under way; later ones throw at once. */
  readonly close: () => void;
}

/** Opens connections to an engine at `url` (no path). */
export function openExchange(url: string): Exchange {
  const { hostname, port } = new URL(url);
  // Jetty, in DynamoDB Local, closes a connection after 30 idle seconds; the agent must retire its own before that.
  const agent = new Agent({ keepAlive: true, timeout: 20_000, scheduling: 'lifo' });
  let closed = false;
  const send = (sent: EngineRequest) =>
    new Promise<EngineAnswer>((resolve, reject) => {
      // An agent that was destroyed would open a connection anew, and a long poll on it would outlive the stage.
      if (closed) throw unreachable(new Error('the connections were closed'));
      const headers = { ...sent.headers, authorization, 'content-length': sent.body.byteLength };
      const outgoing = request({ agent, hostname, port, method: sent.method, path: sent.path, headers }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.once('error', (error) => reject(unreachable(error)));
        answer.once('end', () =>
          resolve({ status: answer.statusCode ?? 500, headers: answer.headers, body: joined(chunks) }),
        );
      });
      outgoing.once('error', (error) => reject(unreachable(error)));
      outgoing.end(sent.body);
    });
  const call = async (target: string, body: JsonObject) => {
    const answer = await send({ method: 'POST', path: '/', headers: jsonHeaders(target), body: encode(body) });
    const read: unknown = answer.body.byteLength === 0 ? {} : JSON.parse(answer.body.toString());
    const object = isJsonObject(read) ? read : {};
    if (answer.status < 300) return object;
    throw new EngineRefusal(target, errorName(object), String(object.message ?? object.Message ?? answer.status));
  };
  const close = (): void => {
    closed = true;
    agent.destroy();
  };
  return { send, call, close };
}

/** An engine said no. `reason` is the engine's error name without its namespace: `ResourceInUseException`. */
export class EngineRefusal extends TributaryError {
  readonly reason: string;

  constructor(target: string, reason: string, message: string) {
    super('config', 'stage/engine-refused', `${target} was refused by the engine: ${reason}: ${message}`);
    this.name = 'EngineRefusal';
    this.reason = reason;
  }
}

/**
 * The access key id of the stage itself, by which the proxy tells its calls from a function's and the engines let it in.
 * Nobody checks a signature here, so the id is the secret: each process makes its own, and who does not know it (another
 * user of the machine, a page that a browser was tricked into asking from, a neighbour in the network) finds nothing.
 */
export const stageAccessKeyId = `STAGE${randomBytes(16).toString('hex').toUpperCase()}`;

/** The headers of an AWS JSON call, besides who calls. */
export function jsonHeaders(target: string): Record<string, string> {
  return { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': target };
}

const authorization = `AWS4-HMAC-SHA256 Credential=${stageAccessKeyId}/20000101/${stageRegion}/stage/aws4_request, SignedHeaders=host, Signature=0`;

/** The access key id in a Signature Version 4 `Authorization` header, or undefined. The signature is not checked. */
export function accessKeyIdIn(authorization: string | undefined): string | undefined {
  return /Credential=([^/,.\s]+)[./]/.exec(authorization ?? '')?.[1];
}

/** A JSON body as bytes. */
export function encode(body: JsonObject): Buffer {
  return Buffer.from(JSON.stringify(body));
}

function errorName(body: JsonObject): string {
  return String(body.__type ?? 'UnknownError').replace(/^.*#/, '');
}

function joined(chunks: readonly Buffer[]): Buffer {
  const [first] = chunks;
  return chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
}

function unreachable(cause: unknown): TributaryError {
  return new TributaryError('transient', 'stage/engine-unreachable', 'an engine of the stage does not answer', {
    cause,
  });
}
