import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { ApiError, errorBody, problems } from './api-error.ts';
import { contactRoutes } from './contact-routes.ts';
import { exportRoutes } from './export-routes.ts';
import { createFaults, type Faults } from './faults.ts';
import { createJobs, type Jobs } from './jobs.ts';
import { listRoutes } from './list-routes.ts';
import type { Answer, Route } from './route.ts';
import { createStore, type SendgridStore } from './store.ts';
import { suppressionRoutes } from './suppression-routes.ts';
import { createSender, type MailEvent, openSigner } from './webhook-sender.ts';

export interface SendgridOptions {
  /** The account's clock: stamps and jobs follow it. */
  readonly now: () => Date;
  /** 0 = any free port. */
  readonly port?: number;
  /** How long upserts and removals take. */
  readonly jobLagMs?: number;
  readonly deletionLagMs?: number;
  /** At which look an export is ready. */
  readonly exportLooks?: number;
}

/** A stateful SendGrid account on a loopback port: what connector tests and the local stage talk to. */
export interface SendgridSimulator {
  readonly url: string;
  readonly store: SendgridStore;
  readonly jobs: Jobs;
  readonly faults: Faults;
  /** Requests so far. */
  readonly calls: readonly HeardCall[];
  /** What a connection's secret must hold to sign in here and to prove webhooks. */
  readonly secret: { readonly api_key: string; readonly webhook_public_key: string };
  /** A request as this account signs it. */
  readonly signed: ReturnType<typeof openSigner>['request'];
  /** Something happens to a mail: told by webhook, and kept where it is a suppression. Resolves with the event's id. */
  happen(event: MailEvent): string;
  subscribe(url: string): void;
  settleWebhooks(options?: { readonly again?: boolean }): Promise<void>;
  close(): Promise<void>;
}

export interface HeardCall {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

const API_KEY = 'SG.simulated.api-key';
const routes: readonly Route[] = [...contactRoutes, ...listRoutes, ...exportRoutes, ...suppressionRoutes];

interface Sent extends Answer {
  readonly text?: string;
  readonly bytes?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

export async function startSendgrid(options: SendgridOptions): Promise<SendgridSimulator> {
  const { now, jobLagMs = 30_000, deletionLagMs = 0, exportLooks = 1 } = options;
  const store = createStore(now);
  const faults = createFaults();
  const jobs = createJobs(store, faults, now, { jobLagMs, deletionLagMs, exportLooks });
  const signer = openSigner();
  const sender = createSender(signer, now);
  const calls: HeardCall[] = [];
  let origin = '';

  function answerTo(request: IncomingMessage, text: string): Sent {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const { pathname: path, searchParams: query } = url;
    const method = request.method ?? 'GET';
    const body = readJson(text);
    calls.push({ method, path, query, headers: request.headers, body });
    jobs.work();
    if (path.startsWith('/files/')) return fileAt(path, request.headers.authorization);
    if (request.headers.authorization !== `Bearer ${API_KEY}`) throw problems.badKey();
    const route = routes.find((one) => one.method === method && one.path.test(path));
    if (route === undefined) throw problems.notFound('resource');
    const fault = faults.take(route.area)?.kind;
    if (fault === 'throttled') throw problems.throttled(9);
    if (fault === 'throttled-until') throw problems.throttled(Math.floor(now().getTime() / 1_000) + 42);
    if (fault === 'unavailable') throw problems.internal();
    if (fault === 'refused-key') throw problems.badKey();
    if (fault === 'missing-scope') throw problems.forbidden();
    const match = route.path.exec(path);
    const part = (group: number) => decodeURIComponent(match?.[group] ?? '');
    const answer = route.run({ store, jobs, faults, origin, query, body, part });
    // What takes no time is done at once.
    jobs.work();
    if (fault === 'error-after-accepting') throw problems.internal();
    if (fault === 'half-json') return { status: 200, text: JSON.stringify(answer.body).slice(0, -9) };
    if (fault === 'another-shape') return { status: 200, body: { people: [] } };
    return { ...answer, headers: limitHeaders(route) };
  }

  /** Files lie with a store of their own: whoever has the URL may read them, and a key is nothing there. */
  function fileAt(path: string, authorization: string | undefined): Sent {
    const [, , job = '', name = ''] = path.split('/');
    const file = jobs.exports.get(job)?.files[Number.parseInt(name, 10)];
    if (authorization !== undefined) return { status: 400, text: '<Error>Only one auth mechanism allowed</Error>' };
    if (file === undefined || faults.takeNamed('expired-export'))
      return { status: 403, text: '<Error>Request has expired</Error>' };
    const bytes = gzipSync(file);
    return { status: 200, bytes: faults.takeNamed('cut-file') ? bytes.subarray(0, bytes.length - 12) : bytes };
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { status, body, text, bytes, headers } = failing(() =>
      answerTo(request, Buffer.concat(chunks).toString('utf8')),
    );
    const type = bytes === undefined ? 'application/json' : 'binary/octet-stream';
    response.writeHead(status, { 'content-type': type, ...headers });
    response.end(bytes ?? text ?? (body === undefined ? undefined : JSON.stringify(body)));
  }

  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: origin,
    store,
    jobs,
    faults,
    calls,
    secret: { api_key: API_KEY, webhook_public_key: signer.publicKey },
    signed: signer.request,
    happen(event) {
      const list = suppressionOf(event);
      if (list !== undefined) store.suppress(list, event.email, { at: event.at });
      return sender.happen(event);
    },
    subscribe: sender.subscribe,
    settleWebhooks: sender.settle,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function suppressionOf({ event, type }: MailEvent) {
  if (event === 'unsubscribe') return 'unsubscribes';
  if (event === 'spamreport') return 'spam_reports';
  if (event !== 'bounce') return undefined;
  return type === 'blocked' ? 'blocks' : 'bounces';
}

function limitHeaders({ scope }: Route): Readonly<Record<string, string>> {
  const limit = scope === 'suppression' ? '5000' : '600';
  return { 'x-ratelimit-limit': limit, 'x-ratelimit-remaining': limit, 'x-ratelimit-reset': '9' };
}

function failing(work: () => Sent): Sent {
  try {
    return work();
  } catch (thrown) {
    const error = thrown instanceof ApiError ? thrown : problems.internal();
    return { status: error.status, body: errorBody(error), headers: error.headers };
  }
}

function readJson(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw problems.invalid('invalid json');
  }
}
