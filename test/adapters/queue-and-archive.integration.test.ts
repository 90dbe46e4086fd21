import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openArchive } from '../../lib/adapters/s3/archive.ts';
import { openDeadLetters } from '../../lib/adapters/sqs/dead-letters.ts';
import { openQueue } from '../../lib/adapters/sqs/queue.ts';
import type { Json } from '../../lib/domain/json.ts';
import { engineLogin, withEngines } from '../engines.ts';

const engines = withEngines();
let sqs: SQSClient;
let s3: S3Client;
/** Entries of each SendMessageBatch that was made. */
const batches: number[] = [];

beforeAll(async () => {
  sqs = new SQSClient({ endpoint: engines().queuesUrl, ...engineLogin });
  sqs.middlewareStack.add(
    (next, context) => async (given) => {
      if (context.commandName === 'SendMessageBatchCommand')
        batches.push((given.input as { Entries: unknown[] }).Entries.length);
      return next(given);
    },
    { step: 'initialize' },
  );
  s3 = new S3Client({ endpoint: engines().queuesUrl, forcePathStyle: true, ...engineLogin });
  await s3.send(new CreateBucketCommand({ Bucket: 'archive' }));
});
afterAll(() => {
  sqs.destroy();
  s3.destroy();
});

async function createQueue(name: string): Promise<string> {
  return (await sqs.send(new CreateQueueCommand({ QueueName: name }))).QueueUrl ?? '';
}

async function receiveAll(url: string): Promise<Json[]> {
  const found: Json[] = [];
  for (;;) {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10 }));
    if (Messages.length === 0) return found;
    found.push(...Messages.map(({ Body }) => JSON.parse(Body ?? '') as Json));
  }
}

describe('queue', () => {
  it('sends ten to a request, and every message', async () => {
    const url = await createQueue('many');
    batches.length = 0;

    await openQueue(sqs, url).send(Array.from({ length: 23 }, (_, n) => ({ body: { n } })));

    expect(batches).toEqual([10, 10, 3]);
    const numbers = (await receiveAll(url)).map((body) => (body as { n: number }).n);
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 23 }, (_, n) => n));
  });

  it('keeps a request within what the service takes, counted in bytes', async () => {
    const url = await createQueue('large');
    batches.length = 0;

    await openQueue(sqs, url).send(Array.from({ length: 5 }, () => ({ body: { text: '名'.repeat(40_000) } })));

    expect(batches).toEqual([2, 2, 1]);
    expect(await receiveAll(url)).toHaveLength(5);
  });

  it('brings every letter that JSON can hold', async () => {
    const url = await createQueue('letters');
    const text = '\u0000\u0001\u001f\u007f\ufffe\uffff\ud800 名 😀 "\\';

    await openQueue(sqs, url).send([{ body: { text } }]);

    expect(await receiveAll(url)).toEqual([{ text }]);
  });

  it('delays a message by no more than the service can, and sends nothing for nothing', async () => {
    const url = await createQueue('delayed');

    await openQueue(sqs, url).send([{ body: {}, delaySeconds: 5_000 }]);
    await openQueue(sqs, url).send([]);

    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }));
    expect(Attributes?.ApproximateNumberOfMessagesDelayed).toBe('1');
  });
});

describe('dead letters', () => {
  it('are seen once, shown to everybody again, put back and deleted', async () => {
    const url = await createQueue('dead');
    await openQueue(sqs, url).send(Array.from({ length: 12 }, (_, n) => ({ body: { n } })));
    const queue = openDeadLetters(sqs, url);

    const seen = [];
    for (let some = await queue.receive(60); some.length > 0; some = await queue.receive(60)) seen.push(...some);
    const { hidden } = await queue.count();
    const [first, ...others] = seen;
    if (first === undefined) throw new Error('nothing was seen');
    await queue.put('{"n":"rest"}');
    await queue.remove(first);
    await queue.release(others);

    expect([seen.length, new Set(seen.map(({ text }) => text)).size, hidden]).toEqual([12, 12, 12]);
    expect((await queue.count()).hidden).toBe(0);
    const left = (await receiveAll(url)).map((body) => JSON.stringify(body)).sort();
    expect(left).toEqual([...others.map(({ text }) => text), '{"n":"rest"}'].sort());
  });
});

describe('archive', () => {
  it('gives back a document as it was put', async () => {
    const archive = openArchive(s3, 'archive');
    const document = { version: 'v1', name: 'Zoë', list: [1, null, { a: '😀' }] };
    await archive.putJson('definitions/v1.json.gz', document);

    expect(await archive.getJson('definitions/v1.json.gz')).toEqual(document);
    expect(await archive.getJson('definitions/v2.json.gz')).toBeUndefined();
  });

  it('puts the same page twice as one', async () => {
    const archive = openArchive(s3, 'archive');
    await archive.put('pages/crm/contacts/2026-11-21/12/run-1-0.ndjson.gz', [{ id: 1 }]);
    await archive.put('pages/crm/contacts/2026-11-21/12/run-1-0.ndjson.gz', [{ id: 1 }]);

    expect(await archive.getJson('pages/crm/contacts/2026-11-21/12/run-1-0.ndjson.gz')).toEqual({ id: 1 });
  });

  it('lists names in their order, from after one on, over pages; reads lines; removes', async () => {
    const archive = openArchive(s3, 'archive');
    const names = Array.from({ length: 12 }, (_, n) => `lists/${String(n).padStart(2, '0')}.ndjson.gz`);
    for (const name of names) await archive.put(name, [{ name }, { text: 'a\nb' }]);

    const listed = async (after?: string): Promise<string[]> => {
      const found: string[] = [];
      for await (const page of archive.list('lists/', after)) found.push(...page);
      return found;
    };
    expect(await listed()).toEqual(names);
    expect(await listed('lists/10')).toEqual(names.slice(10));
    expect(await archive.lines(names[3] ?? '')).toEqual([{ name: names[3] }, { text: 'a\nb' }]);
    await archive.remove(names[3] ?? '');
    await archive.remove('lists/never.ndjson.gz');
    expect(await archive.lines(names[3] ?? '')).toBeUndefined();
    expect(await listed()).toHaveLength(11);
  });
});
