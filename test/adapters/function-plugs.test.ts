import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { openIdentityKey } from '../../lib/adapters/identity-key.ts';
import { openSecrets } from '../../lib/adapters/secrets.ts';
import { sqsBatchHandler, sqsHandler } from '../../lib/adapters/sqs/handler.ts';
import type { Json } from '../../lib/domain/json.ts';
import { isJsonObject } from '../../lib/domain/json.ts';

const event = (...bodies: readonly string[]) => ({
  Records: bodies.map((body, at) => ({ messageId: `m${at}`, body })),
});
const plenty = { getRemainingTimeInMillis: () => 60_000 };
const failures = (...ids: readonly string[]) => ({
  batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })),
});

describe('a queue handler', () => {
  it('names the messages that must come again, and those it cannot read', async () => {
    const handler = sqsBatchHandler(
      async () => new Set([1]),
      () => {},
    );

    expect(await handler(event('{}', 'no json', '{"a":1}'), plenty)).toEqual(failures('m2', 'm1'));
  });

  it('lets one message fail without its neighbours', async () => {
    const done: unknown[] = [];
    const handler = sqsHandler(
      async (body) => {
        if (isJsonObject(body) && body.fails === true) throw new Error('no');
        done.push(body);
      },
      () => {},
    );

    expect(await handler(event('{"n":1}', '{"fails":true}', '{"n":2}'), plenty)).toEqual(failures('m1'));
    expect(done).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('fails the batch when nobody knows what was done', async () => {
    const handler = sqsBatchHandler(
      async () => Promise.reject(new Error('died')),
      () => {},
    );

    await expect(handler(event('{}'), plenty)).rejects.toThrow('died');
  });

  it('tells its step when time is short', async () => {
    const handler = sqsHandler(
      (_body, signal) =>
        new Promise((done) => (signal.aborted ? done() : signal.addEventListener('abort', () => done()))),
      () => {},
    );

    expect(await handler(event('{}'), { getRemainingTimeInMillis: () => 8_020 })).toEqual(failures());
  });
});

describe('secrets', () => {
  it('that cannot be read now are asked for again, and kept once they are read', async () => {
    const answers = [500, 200, 200];
    let asked = 0;
    const server = createServer((_request, response) => {
      response.statusCode = answers[asked] ?? 404;
      asked += 1;
      response.end(JSON.stringify({ SecretString: JSON.stringify({ generation: 1, secret: 'x'.repeat(32) }) }));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    const key = openIdentityKey(openSecrets({ PARAMETERS_SECRETS_EXTENSION_HTTP_PORT: String(port) }), 'key');

    await expect(key()).rejects.toMatchObject({ kind: 'transient', code: 'secrets/unavailable' });
    expect(await key()).toMatchObject({ generation: 1 });
    expect(await key()).toMatchObject({ generation: 1 });
    expect(asked).toBe(2);

    await new Promise((done) => server.close(done));
    const gone = openSecrets({ PARAMETERS_SECRETS_EXTENSION_HTTP_PORT: String(port) });
    await expect(gone('key')).rejects.toMatchObject({ kind: 'transient' });
  });
});

describe('the identity key', () => {
  const long = 'x'.repeat(32);

  it('is one generation, or the newest with those before it, newest first', async () => {
    const read = (value: Json) => openIdentityKey(async () => value, 'key')();

    expect(await read({ generation: 1, secret: long })).toEqual({ generation: 1, secret: long });
    const former = [
      { generation: 1, secret: long },
      { generation: 2, secret: long },
    ];
    expect(await read({ generation: 3, secret: long, former })).toEqual({
      generation: 3,
      secret: long,
      former: [...former].reverse(),
    });
  });

  it.each([
    ['short', { generation: 1, secret: 'short' }],
    ['former and as new', { generation: 1, secret: long, former: [{ generation: 1, secret: long }] }],
    ['former and unreadable', { generation: 2, secret: long, former: ['x'] }],
  ])('is refused where one is %s, without showing it', async (_what, value) => {
    const refused = openIdentityKey(async () => value, 'key')();

    await expect(refused).rejects.toMatchObject({ code: 'secrets/bad-identity-key' });
    await expect(refused).rejects.not.toThrow(long);
  });
});
