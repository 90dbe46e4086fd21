import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type BatchExecuteStatementCommandOutput,
  type BatchStatementRequest,
  type DynamoDBClient,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { batchGet, batchPut, type Dynamo, executeAll, openDynamo } from '../../lib/adapters/dynamodb/client.ts';
import { engineLogin } from '../engines.ts';

interface Sent {
  readonly input: {
    readonly Statements?: readonly BatchStatementRequest[];
    readonly RequestItems?: Record<string, { readonly Keys: unknown[] } & unknown[]>;
  };
}

/** A client that answers as the test says, and the requests it got. */
function answering(answer: (sent: Sent, request: number) => unknown) {
  const requests: Sent[] = [];
  const client = {
    send: async (sent: Sent) => {
      requests.push(sent);
      return answer(sent, requests.length);
    },
  };
  const waits: number[] = [];
  const dynamo: Dynamo = {
    client: client as unknown as DynamoDBClient,
    wait: async (milliseconds) => {
      waits.push(milliseconds);
    },
    random: () => 0.5,
  };
  return { dynamo, requests, waits };
}

const statements = (count: number): BatchStatementRequest[] =>
  Array.from({ length: count }, (_, n) => ({ Statement: `s${n}` }));
const failing = (code: string) => ({ Error: { Code: code } });

describe('executeAll', () => {
  it('tries again what the service throttled, and only that', async () => {
    const passing = [
      'ThrottlingError',
      'RequestLimitExceeded',
      'InternalServerError',
      'ProvisionedThroughputExceeded',
      'TransactionConflict',
    ];
    const { dynamo, requests, waits } = answering(
      (sent, request): Partial<BatchExecuteStatementCommandOutput> => ({
        Responses: (sent.input.Statements ?? []).map((_, n) =>
          request === 1 ? (failing(passing[n] ?? 'ConditionalCheckFailed') as never) : {},
        ),
      }),
    );

    const outcomes = await executeAll(dynamo, statements(7));

    expect(outcomes).toEqual(['done', 'done', 'done', 'done', 'done', 'condition-failed', 'condition-failed']);
    expect(requests.map(({ input }) => input.Statements?.length)).toEqual([7, 5]);
    expect(waits).toHaveLength(1);
  });

  it('sends twenty-five to a request', async () => {
    const { dynamo, requests } = answering(() => ({ Responses: [] }));

    await executeAll(dynamo, statements(60));

    expect(requests.map(({ input }) => input.Statements?.length)).toEqual([25, 25, 10]);
  });

  it('stops at a statement that can never pass, by its code', async () => {
    const { dynamo } = answering(() => ({ Responses: [failing('ValidationError')] }));

    await expect(executeAll(dynamo, statements(1))).rejects.toMatchObject({
      kind: 'defect',
      code: 'store/statement-refused',
    });
  });

  it('goes on as long as the service does some of what is left', async () => {
    const { dynamo, requests } = answering((request) => ({
      Responses: request.input.Statements?.map((_, at) => (at === 0 ? {} : failing('ThrottlingError'))) ?? [],
    }));

    expect(await executeAll(dynamo, statements(24))).toEqual(new Array(24).fill('done'));
    expect(requests).toHaveLength(24);
  });

  it('gives up for now when the service never gets to it', async () => {
    const { dynamo } = answering(() => ({ Responses: [failing('ThrottlingError')] }));

    await expect(executeAll(dynamo, statements(1))).rejects.toMatchObject({
      kind: 'transient',
      code: 'store/throttled',
    });
  });
});

describe('batches', () => {
  it('ask again for keys that were left unread, and name no key twice', async () => {
    const keys = [1, 2, 3, 2, 1].map((n) => ({ id: { S: `p_${n}` } }));
    const { dynamo, requests } = answering((sent, request) => {
      const asked = sent.input.RequestItems?.t?.Keys ?? [];
      return request === 1
        ? { Responses: { t: asked.slice(0, 1) }, UnprocessedKeys: { t: { Keys: asked.slice(1) } } }
        : { Responses: { t: asked } };
    });

    expect(await batchGet(dynamo, 't', keys)).toHaveLength(3);
    expect(requests).toHaveLength(2);
  });

  it('put again what was left unwritten', async () => {
    const items = [1, 2, 3].map((n) => ({ id: { S: `p_${n}` } }));
    const written: unknown[] = [];
    const { dynamo } = answering((sent, request) => {
      const asked = sent.input.RequestItems?.t ?? [];
      written.push(...(request === 1 ? asked.slice(0, 1) : asked));
      return request === 1 ? { UnprocessedItems: { t: asked.slice(1) } } : {};
    });

    await batchPut(dynamo, 't', items, (item) => item.id?.S ?? '');

    expect(written).toHaveLength(3);
  });
});

describe('a service that cannot be reached', () => {
  it('is a failure that passes', async () => {
    const dynamo = openDynamo(
      async () => {},
      () => 0,
      { ...engineLogin, endpoint: 'http://127.0.0.1:1', maxAttempts: 1 },
    );

    await expect(batchGet(dynamo, 't', [{ id: { S: 'p_1' } }])).rejects.toMatchObject({
      kind: 'transient',
      code: 'aws/unavailable',
    });
    dynamo.client.destroy();
  });
});

describe('an item that somebody’s transaction holds', () => {
  it('is a failure that passes', async () => {
    const server = createServer((_, response) => {
      const body = '{"__type":"com.amazonaws.dynamodb.v20120810#TransactionConflictException"}';
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' }).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { client } = openDynamo(
      async () => {},
      () => 0,
      { ...engineLogin, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    );

    const asked = client.send(new UpdateItemCommand({ TableName: 't', Key: { key: { S: 'a' } } }));

    await expect(asked).rejects.toMatchObject({ kind: 'transient', code: 'aws/unavailable' });
    client.destroy();
    server.closeAllConnections();
    server.close();
  });
});
