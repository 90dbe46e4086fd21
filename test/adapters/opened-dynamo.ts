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
