import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BatchGetItemCommand, GetItemCommand } from '@aws-sdk/client-dynamodb';
import aws4 from 'aws4';
import { afterEach, describe, expect, it } from 'vitest';
import { openDynamo } from '../../lib/adapters/dynamodb/client.ts';

interface Seen {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'token' };
const ending: (() => void)[] = [];

afterEach(() => {
  for (const end of ending.splice(0)) end();
});

/** A service that answers as the test says, and what it was asked. */
async function openService(answer: (request: number, response: ServerResponse) => void) {
  const seen: Seen[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    seen.push({ headers: request.headers, body: Buffer.concat(chunks).toString('utf8') });
    response.setHeader('content-type', 'application/x-amz-json-1.0');
    answer(seen.length, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { client } = openDynamo(
    async () => {},
    () => 0,
    { endpoint: `http://${host}`, region: 'eu-central-1', credentials },
  );
  ending.push(() => {
    client.destroy();
    server.closeAllConnections();
    server.close();
  });
  return { client, seen, host };
}

const batch = new BatchGetItemCommand({ RequestItems: { t: { Keys: [{ id: { S: 'ä' } }], ConsistentRead: true } } });
const found = JSON.stringify({ Responses: { t: [{ id: { S: 'ä' }, version: { N: '1' } }] }, UnprocessedKeys: {} });
/** How the SDK and nobody else calls itself. */
const bySdk = ({ headers }: Seen): boolean => 'amz-sdk-invocation-id' in headers;

describe('takeShortcut', () => {
  it('asks the same and gives the same answer, once the SDK has told where to ask', async () => {
    const { client, seen } = await openService((_, response) => response.end(found));

    const answers = [await client.send(batch), await client.send(batch)];

    expect(seen.map(bySdk)).toEqual([true, false]);
    expect(seen.map(({ body }) => JSON.parse(body))).toEqual([batch.input, batch.input]);
    expect(seen[1]?.headers['x-amz-target']).toBe(seen[0]?.headers['x-amz-target']);
    expect(answers.map(({ Responses, UnprocessedKeys }) => ({ Responses, UnprocessedKeys }))).toEqual([
      JSON.parse(found),
      JSON.parse(found),
    ]);
  });

  it('signs what it sends', async () => {
    const { client, seen, host } = await openService((_, response) => response.end(found));

    await client.send(batch);
    await client.send(batch);

    const [, { headers = {}, body = '' } = {}] = seen;
    const names = ['content-type', 'x-amz-date', 'x-amz-target'] as const;
    const sent = Object.fromEntries(names.map((name) => [name, String(headers[name])]));
    const signed = aws4.sign(
      { service: 'dynamodb', region: 'eu-central-1', method: 'POST', host, path: '/', headers: sent, body },
      credentials,
    );
    expect(headers.authorization).toBe(signed.headers?.Authorization);
    expect(headers['x-amz-security-token']).toBe('token');
  });

  for (const [what, refuse] of [
    [
      'that was throttled',
      (response: ServerResponse) => response.writeHead(400).end('{"__type":"x#ThrottlingException"}'),
    ],
    ['that the service failed at', (response: ServerResponse) => response.writeHead(500).end('{}')],
    ['whose connection breaks', (response: ServerResponse) => response.destroy()],
    ['whose answer is cut off', (response: ServerResponse) => response.writeHead(200).end('{"Respon')],
  ] as const) {
    it(`leaves a request ${what} to the SDK`, async () => {
      const { client, seen } = await openService((request, response) =>
        request === 2 ? refuse(response) : response.end(found),
      );

      await client.send(batch);
      const answer = await client.send(batch);

      expect(seen.map(bySdk)).toEqual([true, false, true]);
      expect(answer.Responses).toEqual(JSON.parse(found).Responses);
    });
  }

  it('leaves what is refused for good to the SDK, which says why', async () => {
    const { client } = await openService((request, response) =>
      request === 1
        ? response.end(found)
        : response.writeHead(400).end('{"__type":"x#ValidationException","message":"no"}'),
    );

    await client.send(batch);

    await expect(client.send(batch)).rejects.toMatchObject({ name: 'ValidationException', message: 'no' });
  });

  it('is for batches only', async () => {
    const { client, seen } = await openService((_, response) => response.end('{}'));

    for (let n = 0; n < 2; n += 1) await client.send(new GetItemCommand({ TableName: 't', Key: { id: { S: 'a' } } }));

    expect(seen.map(bySdk)).toEqual([true, true]);
  });
});
