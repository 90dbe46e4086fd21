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

/** Loses the answer of the next request of a command after the service has done it: the SDK asks a second time. */
export function loseNextAnswer(client: DynamoDBClient, command: string): void {
  let lost = false;
  client.middlewareStack.add(
    (next, context) => async (given) => {
      const answer = await next(given);
      if (lost || context.commandName !== command) return answer;
      lost = true;
      throw Object.assign(new Error('the connection broke before the answer came'), { name: 'TimeoutError' });
    },
    { step: 'deserialize', priority: 'high', name: `lose-${command}-${Math.random()}` },
  );
}
