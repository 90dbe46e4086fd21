import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type Dynamo, openDynamo } from '../../lib/adapters/dynamodb/client.ts';
import { engineLogin } from '../engines.ts';

/** The store's own client for a test engine, waiting no time between its rounds; answers may be lost at any time. */
export function openTestDynamo(endpoint: string): Dynamo {
  return openDynamo(
    async () => {},
    () => 0,
    { endpoint, ...engineLogin, cacheMiddleware: false },
  );
}

/** Loses the answer of the next request of an operation after the service has done it: the client asks a second time. */
export function loseNextAnswer({ config }: DynamoDBClient, operation: string): void {
  const { requestHandler } = config;
  const handle = requestHandler.handle.bind(requestHandler);
  let lost = false;
  requestHandler.handle = async (request, options) => {
    const answer = await handle(request, options);
    const target: unknown = request.headers['x-amz-target'];
    if (lost || target !== `DynamoDB_20120810.${operation}`) return answer;
    lost = true;
    throw Object.assign(new Error('the connection broke before the answer came'), { name: 'TimeoutError' });
  };
}

/**
 * Plays writers against each other, one request at a time: `order` says whose request goes next, among those who have one
 * left, as often as it goes; then they go in turn. Each writer has a client of its own.
 */
export async function playInTurns(
  endpoint: string,
  writers: readonly ((dynamo: Dynamo) => Promise<void>)[],
  order: readonly number[],
): Promise<void> {
  const waiting = new Map<number, () => void>();
  const unfinished = new Set(writers.keys());
  const written = writers.map(async (write, writer) => {
    const dynamo = openTestDynamo(endpoint);
    const { requestHandler } = dynamo.client.config;
    const handle = requestHandler.handle.bind(requestHandler);
    requestHandler.handle = async (request, options) => {
      await new Promise<void>((go) => waiting.set(writer, go));
      return handle(request, options);
    };
    await write(dynamo).finally(() => unfinished.delete(writer));
    dynamo.client.destroy();
  });
  const rest = [...order];
  while (unfinished.size > 0) {
    await new Promise((look) => setImmediate(look));
    if (waiting.size < unfinished.size) continue;
    const turns = [...waiting].sort(([a], [b]) => a - b);
    const next = turns[(rest.shift() ?? 0) % turns.length];
    if (next === undefined) continue;
    waiting.delete(next[0]);
    next[1]();
  }
  await Promise.all(written);
}
