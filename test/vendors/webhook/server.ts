import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLists, type Lists, type SimBatch } from './lists.ts';

const SIGNING_SECRET = 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const TOLERANCE_SECONDS = 300;

export type FaultKind =
  /** 429 with Retry-After. */
  | 'busy'
  /** 500 before anything was done, and after all of it. */
  | 'broken'
  | 'broken-after-taking'
  /** 410: it wants nothing more. */
  | 'gone'
  | 'redirect'
  /** A page for people, with status 200. */
  | 'html'
  /** No body at all, with status 204. */
  | 'silent'
  /** No answer in any time. */
  | 'hanging';

export interface HeardMessage {
  readonly id: string;
  readonly type: string;
  readonly body: unknown;
}

/** An operator's endpoint: verifies signatures, keeps lists, answers a message that comes twice as it did before. */
export interface Receiver {
  readonly url: string;
  readonly secret: { readonly signing_secret: string };
  readonly lists: Lists;
  /** Messages with a good signature, in order. */
  readonly heard: readonly HeardMessage[];
  /** Statuses of refused requests. */
  readonly refused: readonly number[];
  failNext(kind: FaultKind): void;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly text?: string;
}

export async function startReceiver({ now }: { readonly now: () => Date }): Promise<Receiver> {
  const lists = createLists();
  const heard: HeardMessage[] = [];
  const refused: number[] = [];
  const answered = new Map<string, Answer>();
  const faults: FaultKind[] = [];

  const faultAnswers: Readonly<Record<Exclude<FaultKind, 'broken-after-taking' | 'hanging'>, Answer>> = {
    busy: { status: 429, headers: { 'retry-after': '7' } },
    broken: { status: 500, text: 'ann@example.com could not be added' },
    gone: { status: 410 },
    redirect: { status: 307, headers: { location: 'http://127.0.0.1:9/elsewhere' } },
    html: { status: 200, text: '<html><body>Welcome</body></html>' },
    silent: { status: 204 },
  };

  function take(request: IncomingMessage, text: string): Answer | 'hang' {
    const id = String(request.headers['webhook-id'] ?? '');
    if (request.method !== 'POST') return { status: 405 };
    if (!isGenuine(request, text, now())) return { status: 401 };
    const message = JSON.parse(text) as { readonly type: string; readonly data?: SimBatch };
    heard.push({ id, type: message.type, body: message });
    if (message.type !== 'audience.members' || message.data === undefined) return { status: 204 };
    const fault = faults.shift();
    if (fault === 'hanging') return 'hang';
    if (fault !== undefined && fault !== 'broken-after-taking') return faultAnswers[fault];
    const before = answered.get(id);
    if (before !== undefined) return before;
    const outcomes = lists.apply(message.data);
    const answer = { status: 200, text: JSON.stringify({ outcomes }) };
    // What is to be tried again must not be answered from memory.
    if (outcomes.every(({ status }) => status !== 'retry')) answered.set(id, answer);
    return fault === undefined ? answer : { status: 500 };
  }

  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const answer = take(request, Buffer.concat(parts).toString('utf8'));
    if (answer === 'hang') return;
    if (answer.status === 401) refused.push(answer.status);
    write(response, answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/members`,
    secret: { signing_secret: SIGNING_SECRET },
    lists,
    heard,
    refused,
    failNext: (kind) => void faults.push(kind),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function write(response: ServerResponse, { status, headers = {}, text }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
}

/** Standard Webhooks: one of the signatures is ours, and the time is near. */
function isGenuine(request: IncomingMessage, text: string, now: Date): boolean {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
    String(request.headers[name] ?? ''),
  );
  const key = Buffer.from(SIGNING_SECRET, 'base64');
  const wanted = Buffer.from(createHmac('sha256', key).update(`${id}.${timestamp}.${text}`, 'utf8').digest('base64'));
  const signed = (signatures ?? '').split(' ').some((one) => {
    const given = Buffer.from(one.replace(/^v1,/, ''));
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  });
  return signed && Math.abs(now.getTime() / 1_000 - Number(timestamp)) <= TOLERANCE_SECONDS;
}
