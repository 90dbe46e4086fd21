import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, it } from 'vitest';
import { ANSWER_MS, clientConfig } from '../../lib/adapters/client-config.ts';
import { TIMEOUT_MS, TRIES } from '../../lib/adapters/direct/request.ts';
import { openDynamo } from '../../lib/adapters/dynamodb/client.ts';
import { functionNames, specOf } from '../../lib/infra/functions.ts';
import { sourceFiles } from '../architecture/source-files.ts';
import { engineLogin } from '../engines.ts';

it('asks again over another connection when one is silent', async () => {
  let asked = 0;
  const server = createServer((_, response) => {
    asked += 1;
    if (asked > 1) response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const requestHandler = { ...clientConfig.requestHandler, requestTimeout: 50 };
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { client } = openDynamo(
    async () => {},
    () => 0,
    { ...engineLogin, endpoint, requestHandler },
  );

  const answer = await client.send(new GetItemCommand({ TableName: 't', Key: { id: { S: 'a' } } }));

  expect([answer.Item, asked]).toEqual([undefined, 2]);
  client.destroy();
  server.closeAllConnections();
  server.close();
});

it('leaves every function the time for a second try, and the collector for all tries at both its services', () => {
  const short = functionNames.filter((name) => specOf(name).timeoutSeconds * 1_000 < ANSWER_MS + 3_000);

  expect(short).toEqual([]);
  expect(2 * TRIES * TIMEOUT_MS).toBeLessThan(specOf('collect').timeoutSeconds * 1_000);
});

it('is what every client of the adapters is opened with', () => {
  const opened = sourceFiles('lib/adapters').flatMap(({ text }) => text.match(/new \w+Client\([^)]*\)/g) ?? []);

  expect(opened.length).toBeGreaterThan(4);
  expect(opened.filter((one) => !one.includes('clientConfig'))).toEqual([]);
});
