import type { Json } from '../../domain/json.ts';
import { standardKey, standardSignature } from '../../domain/signed-message.ts';
import type { ConnectionInput, ConnectorIo } from '../contract.ts';
import { jsonIn, openRequests } from '../requests.ts';
import type { Config, Secret } from './config.ts';
import { endpointError, networkError } from './errors.ts';
import { MOST_ANSWER_BYTES } from './manifest.ts';
import type { Message } from './protocol.ts';

export interface EndpointApi {
  readonly config: Config;
  /** Where requests go, without path and query: they may hold a key. */
  readonly host: string;
  /** Requests sent so far. */
  readonly calls: () => number;
  /** Sends one signed message; the JSON of its answer, undefined where it holds none. `id` stays the same for every try. */
  send(id: string, message: Message): Promise<Json | undefined>;
}

/** Signs every request (Standard Webhooks), follows no redirect, repeats nothing. */
export function openEndpoint(
  { config, secret, endpoint }: ConnectionInput<Config, Secret>,
  io: ConnectorIo,
): EndpointApi {
  const url = endpoint ?? config.url;
  const keys = [secret.signing_secret, secret.former_signing_secret]
    .map((text) => (text === undefined ? undefined : standardKey(text)))
    .filter((key) => key !== undefined);
  const requests = openRequests(io, networkError);
  return {
    config,
    host: new URL(url).host,
    calls: requests.calls,
    async send(id, message) {
      const body = JSON.stringify(message);
      const timestamp = String(Math.floor(io.now().getTime() / 1_000));
      const answer = await requests.send(url, {
        method: 'POST',
        redirect: 'manual',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json',
          'webhook-id': id,
          'webhook-timestamp': timestamp,
          'webhook-signature': keys.map((key) => standardSignature(key, { id, timestamp, body })).join(' '),
          'idempotency-key': id,
        },
        body,
        timeoutMs: config.timeout_seconds * 1_000,
        readBody,
      });
      if (!answer.ok) throw endpointError(answer);
      // What is no JSON says nothing about anybody: the members are asked about again, or not, as the connection says.
      return jsonIn(answer.text());
    },
  };
}

/** The body of an answer; nothing of it when it is longer than any answer needs to be, and the rest is not waited for. */
async function readBody(response: Response): Promise<Uint8Array> {
  if (response.body === null) return new Uint8Array();
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body) {
    bytes += part.byteLength;
    if (bytes > MOST_ANSWER_BYTES) return new Uint8Array();
    parts.push(part);
  }
  return Buffer.concat(parts);
}
