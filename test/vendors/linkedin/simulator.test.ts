import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LinkedinSimulator, startLinkedin } from './server.ts';

let vendor: LinkedinSimulator;
let clock: number;
beforeEach(async () => {
  clock = Date.parse('2026-11-21T08:00:00Z');
  vendor = await startLinkedin({ now: () => new Date(clock) });
});
afterEach(() => vendor.close());

const headers = {
  authorization: 'Bearer AQXsimulatedaccesstoken',
  'linkedin-version': '202604',
  'x-restli-protocol-version': '2.0.0',
};
const LEADS =
  '/rest/leadFormResponses?q=owner&owner=(sponsoredAccount:urn%3Ali%3AsponsoredAccount%3A516848833)&leadType=(leadType:SPONSORED)&submittedAtTimeRange=(start:0,end:9999999999999)';

describe('every call', () => {
  it.each([
    ['no version', { 'linkedin-version': undefined }, 400],
    ['a version that is gone', { 'linkedin-version': '202510' }, 426],
    ['another token', { authorization: 'Bearer x' }, 401],
    ['the first protocol', { 'x-restli-protocol-version': '1.0.0' }, 400],
  ])('is refused with %s', async (_what, wrong, status) => {
    expect((await ask(LEADS, { headers: { ...headers, ...wrong } })).status).toBe(status);
  });

  it('is refused where structure is escaped, or a value is not', async () => {
    const statuses = [
      LEADS,
      LEADS.replace('(sponsoredAccount', '%28sponsoredAccount'),
      LEADS.replaceAll('urn%3Ali%3A', 'urn:li:'),
    ].map(async (path) => (await ask(path)).status);

    expect(await Promise.all(statuses)).toEqual([200, 400, 400]);
  });
});

describe('a lead', () => {
  it('names questions by number, with the form where that is asked for', async () => {
    const form = vendor.store.createForm('News', [{ name: 'email', predefinedField: 'EMAIL' }]);
    const id = vendor.store.submit(form, { email: 'ann@example.com' });

    const plain = await ask(`/rest/leadFormResponses/${id}`);
    const whole = await ask(`/rest/leadFormResponses/${id}?fields=id,form:(id,name,content)`);

    const question = { questionId: 107234246, answerDetails: { textQuestionAnswer: { answer: 'ann@example.com' } } };
    expect(plain.body).toMatchObject({ id, formResponse: { answers: [question] } });
    expect(plain.body).not.toHaveProperty('form');
    expect(whole.body).toMatchObject({
      form: { content: { questions: [{ questionId: 107234246, predefinedField: 'EMAIL' }] } },
    });
  });
});

describe('a segment', () => {
  const create = () =>
    ask('/rest/dmpSegments', {
      method: 'POST',
      body: {
        name: 'Buyers',
        sourcePlatform: 'EXAMPLE',
        sourceSegmentId: 'b1',
        account: 'urn:li:sponsoredAccount:516848833',
        type: 'USER',
      },
    });
  const change = (id: string, ...elements: readonly object[]) =>
    ask(`/rest/dmpSegments/${id}/users`, {
      method: 'POST',
      headers: { ...headers, 'x-restli-method': 'batch_create' },
      body: { elements },
    });
  const user = (action: string, idValue: string) => ({ action, userIds: [{ idType: 'SHA256_EMAIL', idValue }] });

  it('says its id in a header, takes users after five seconds, and adds and removes in one call', async () => {
    const made = await create();
    const id = made.headers.get('x-restli-id') ?? '';
    const early = await change(id, user('ADD', 'a'.repeat(64)));
    clock += 5_000;
    const taken = await change(
      id,
      user('ADD', 'a'.repeat(64)),
      user('ADD', 'b'.repeat(64)),
      user('REMOVE', 'a'.repeat(64)),
    );

    expect([made.status, made.text, early.status]).toEqual([201, '', 404]);
    expect(taken.body).toEqual({ elements: [{ status: 201 }, { status: 201 }, { status: 201 }] });
    expect([...(vendor.segments.named('Buyers')?.users ?? [])]).toEqual([`SHA256_EMAIL ${'b'.repeat(64)}`]);
  });

  it('takes nobody of a batch in which one is wrong', async () => {
    const id = (await create()).headers.get('x-restli-id') ?? '';
    clock += 5_000;

    const answer = await change(id, user('ADD', 'a'.repeat(64)), user('ADD', 'ann@example.com'));

    expect([answer.status, answer.body.message]).toEqual([422, expect.stringContaining('Index: 1, ERROR')]);
    expect(vendor.segments.named('Buyers')?.users.size).toBe(0);
  });
});

describe('webhooks', () => {
  it('are sent to whoever signs the challenge, ten actions at once, and again until they are taken', async () => {
    const heard: { readonly notifications: readonly unknown[] }[] = [];
    let isUp = false;
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
        if (request.method !== 'GET') {
          heard.push(JSON.parse(Buffer.concat(chunks).toString('utf8')) as (typeof heard)[number]);
          response.writeHead(isUp ? 200 : 500).end();
          return;
        }
        const challengeCode = searchParams.get('challengeCode') ?? '';
        const secret = pathname === '/hook' ? vendor.tokens.secret.client_secret : 'another';
        const challengeResponse = createHmac('sha256', secret).update(challengeCode).digest('hex');
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ challengeCode, challengeResponse }));
      });
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

    const taken = [await vendor.subscribe(`${base}/hook`), await vendor.subscribe(`${base}/other`)];
    for (let n = 0; n < 12; n += 1) vendor.store.act('COMMENT', 'aNN', { text: 'Hej' });
    await vendor.settleWebhooks();
    isUp = true;
    await vendor.settleWebhooks();
    await vendor.settleWebhooks();
    server.close();
    server.closeAllConnections();

    expect(taken).toEqual([true, false]);
    expect(heard.map(({ notifications }) => notifications.length)).toEqual([10, 2, 10, 2]);
    expect(heard[2]).toEqual(heard[0]);
  });
});

interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: object;
}

async function ask(path: string, { method = 'GET', headers: told = headers, body }: Ask = {}) {
  const answer = await fetch(`${vendor.url}${path}`, {
    method,
    headers: Object.entries(told).filter((pair): pair is [string, string] => pair[1] !== undefined),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    headers: answer.headers,
    text,
    body: (text === '' ? {} : JSON.parse(text)) as Readonly<Record<string, unknown>>,
  };
}
