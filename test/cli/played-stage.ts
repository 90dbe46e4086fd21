import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from 'vitest';
import type { Json } from '../../lib/domain/json.ts';

/** What a command asked. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly token: string | undefined;
  readonly body: Json;
}

export type Answer = readonly [status: number, body: Json];

/** Stages that only answer what a test says, ended after it. */
export function withPlayedStages() {
  const servers: Server[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
  });
  return (answer: (asked: Asked) => Answer) => serve(servers, answer);
}

/** A server that notes what it is asked. */
async function serve(servers: Server[], answer: (asked: Asked) => Answer): Promise<{ url: string; asked: Asked[] }> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    request.on('end', () => {
      const one: Asked = {
        method: request.method ?? '',
        path: request.url ?? '',
        token: request.headers.authorization,
        body: text === '' ? null : (JSON.parse(text) as Json),
      };
      asked.push(one);
      const [status, body] = answer(one);
      response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

/** One answer after the other, the last one for ever. */
export function answers(...list: readonly Answer[]): () => Answer {
  let next = 0;
  return () => {
    const answer = list[Math.min(next, list.length - 1)] ?? [500, null];
    next += 1;
    return answer;
  };
}
