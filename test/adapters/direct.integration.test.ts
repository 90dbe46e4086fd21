import { createHash, createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openDirectRequests } from '../../lib/adapters/direct/request.ts';
import { openDirectArchive, openDirectQueue } from '../../lib/adapters/direct/services.ts';
import { openArchive } from '../../lib/adapters/s3/archive.ts';
import { engineLogin, withEngines } from '../engines.ts';

const login = {
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: engineLogin.credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: 'TEST',
};
const clock = { wait: async () => {}, random: () => 0.5 };
const engines = withEngines();
const servers: Server[] = [];
let sqs: SQSClient;
let s3: S3Client;

beforeAll(async () => {
  sqs = new SQSClient({ endpoint: engines().queuesUrl, ...engineLogin });
  s3 = new S3Client({ endpoint: engines().queuesUrl, forcePathStyle: true, ...engineLogin });
  await s3.send(new CreateBucketCommand({ Bucket: 'archive' }));
});
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
});
afterAll(() => {
  sqs.destroy();
  s3.destroy();
});

interface Sent {
  readonly Entries: readonly { readonly Id: string; readonly MessageBody: string }[];
}

type Answer = readonly [status: number, body: string];

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** A service that answers as the test says, and keeps what it was sent. */
async function serve(answers: readonly (Answer | ((body: string) => Answer) | 'hang up')[]) {
  const asked: { readonly headers: NodeJS.Dict<string | string[]>; readonly body: string }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const answer = answers[Math.min(asked.length, answers.length - 1)] ?? 'hang up';
      const body = Buffer.concat(chunks).toString();
      asked.push({ headers: request.headers, body });
      if (answer === 'hang up') {
        request.socket.destroy();
        return;
      }
      const [status, text] = typeof answer === 'function' ? answer(body) : answer;
      response.writeHead(status).end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describe('the direct queue', () => {
  it('sends what the SDK’s client receives, letters of every kind included', async () => {
    const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'direct' }));
    const env = { AWS_ENDPOINT_URL_SQS: engines().queuesUrl };
    const body = { name: 'Zoë 😀 \uFFFE', list: [1, null] };

    await openDirectQueue(openDirectRequests(login, clock), QueueUrl, env).send([{ body }]);

    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    expect(Messages.map((message) => JSON.parse(message.Body ?? '') as unknown)).toEqual([body]);
  });

  it('signs as AWS says', async () => {
    const service = await serve([[200, '{}']]);
    const session = { ...login, AWS_SESSION_TOKEN: 'token' };

    await openDirectQueue(openDirectRequests(session, clock), `${service.url}/1/q`, {}).send([{ body: { a: 1 } }]);

    const [{ headers, body } = { headers: {}, body: '' }] = service.asked;
    const said = String(headers.authorization);
    const [, scope = '', signed = '', signature = ''] =
      /^AWS4-HMAC-SHA256 Credential=STAGE\w+\/(\S+), SignedHeaders=(\S+), Signature=(\S+)$/.exec(said) ?? [];
    expect(scope).toMatch(/^\d{8}\/eu-central-1\/sqs\/aws4_request$/);
    expect(signed.split(';')).toEqual(
      expect.arrayContaining(['host', 'x-amz-date', 'x-amz-security-token', 'x-amz-target']),
    );
    // "Create a signed AWS API request" in the IAM user guide.
    const sha = (text: string) => createHash('sha256').update(text).digest('hex');
    const lines = signed.split(';').map((name) => `${name}:${String(headers[name])}\n`);
    const canonical = ['POST', '/', '', lines.join(''), signed, sha(body)].join('\n');
    const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha(canonical)].join('\n');
    const key = scope.split('/').reduce<Buffer | string>((held, part) => hmac(held, part), 'AWS4TEST');
    expect(hmac(key, toSign).toString('hex')).toBe(signature);
  });

  it.each([
    ['a status', [503, '']],
    ['a name', [400, '{"__type":"com.amazonaws.sqs#RequestThrottled"}']],
    ['a broken connection', 'hang up'],
  ] as const)('tries again twice what passes, told by %s', async (_, failure) => {
    const service = await serve([failure, failure, [200, '{"Failed":[]}']]);

    await openDirectQueue(openDirectRequests(login, clock), `${service.url}/1/q`, {}).send([{ body: 1 }]);

    expect(service.asked).toHaveLength(3);
  });

  it('sends again the entries that SQS refused, and only those', async () => {
    const refusing = (body: string) => {
      const { Entries } = JSON.parse(body) as Sent;
      return [200, JSON.stringify({ Failed: Entries.slice(1).map(({ Id }) => ({ Id })) })] as const;
    };
    const service = await serve([refusing, [200, '{}']]);

    await openDirectQueue(openDirectRequests(login, clock), `${service.url}/1/q`, {}).send([
      { body: 'a' },
      { body: 'b' },
    ]);

    const sent = service.asked.map(({ body }) =>
      (JSON.parse(body) as Sent).Entries.map(({ MessageBody }) => MessageBody),
    );
    expect(sent).toEqual([['"a"', '"b"'], ['"b"']]);
  });

  it.each([
    ['aws/unavailable', 'transient', 500],
    ['aws/refused', 'defect', 403],
  ])('ends with %s', async (code, kind, status) => {
    const service = await serve([[status, '']]);

    const sent = openDirectQueue(openDirectRequests(login, clock), `${service.url}/1/q`, {}).send([{ body: 1 }]);

    await expect(sent).rejects.toMatchObject({ code, kind });
  });
});

describe('the direct archive', () => {
  it('reads what the SDK’s client wrote, and nothing where nothing is', async () => {
    await openArchive(s3, 'archive').putJson('collection/current.json.gz', { version: 'v' });
    const env = { ...login, AWS_ENDPOINT_URL_S3: engines().queuesUrl };

    const archive = openDirectArchive(openDirectRequests(env, clock), 'archive', env);

    expect(await archive.getJson('collection/current.json.gz')).toEqual({ version: 'v' });
    expect(await archive.getJson('collection/none.json.gz')).toBeUndefined();
  });

  it('takes a refusal to say what is there for nothing, and a bad signature for a defect', async () => {
    const unlisted = await serve([[403, '<Code>AccessDenied</Code>']]);
    const unsigned = await serve([[403, '<Code>SignatureDoesNotMatch</Code>']]);
    const read = (url: string) => {
      const env = { ...login, AWS_ENDPOINT_URL_S3: url };
      return openDirectArchive(openDirectRequests(env, clock), 'archive', env).getJson('collection/current.json.gz');
    };

    expect(await read(unlisted.url)).toBeUndefined();
    await expect(read(unsigned.url)).rejects.toMatchObject({ code: 'aws/refused' });
  });
});
