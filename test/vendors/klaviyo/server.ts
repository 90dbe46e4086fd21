import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApiError, errorBody, problems } from './api-error.ts';
import { createFaults, type FaultKind, type Faults } from './faults.ts';
import { createLimiter } from './limiter.ts';
import { listRoutes } from './list-routes.ts';
import { profileRoutes } from './profile-routes.ts';
import type { Answer, Route } from './route.ts';
import { createStore, type KlaviyoStore } from './store.ts';
import { createSender } from './webhook-sender.ts';

export interface KlaviyoOptions {
  /** The account's clock: stamps, limits and deletions follow it. */
  readonly now: () => Date;
  /** 0 = any free port. */
  readonly port?: number;
  /** Whether the documented limits of each endpoint are kept; default not, since a test's clock may stand still. */
  readonly limited?: boolean;
  /** How long an event takes to be readable. */
  readonly ingestionLagMs?: number;
  /** How long a deletion job takes. */
  readonly deletionLagMs?: number;
}

/** A stateful Klaviyo account on a loopback port: what connector tests and the local stage talk to. */
export interface KlaviyoSimulator {
  readonly url: string;
  readonly store: KlaviyoStore;
  readonly faults: Faults;
  /** Scopes that the key lacks. */
  readonly withheld: Set<string>;
  /** Requests so far. */
  readonly calls: readonly HeardCall[];
  /** What a connection's secret must hold to sign in here and to prove webhooks. */
  readonly secret: { readonly private_key: string; readonly webhook_secret: string };
  subscribe(url: string): void;
  settleWebhooks(options?: { readonly again?: boolean }): Promise<void>;
  close(): Promise<void>;
}

export interface HeardCall {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

const ACCOUNT = 'VXSTFA';
const secret = { private_key: 'pk_simulated_private_key', webhook_secret: 'simulated-klaviyo-webhook-secret' };
const routes: readonly Route[] = [...profileRoutes, ...listRoutes];

/** Faults that stand in for the answer; the others happen on the way. */
const refusals: Partial<Readonly<Record<FaultKind, () => ApiError>>> = {
  burst: () => problems.throttled(1),
  steady: () => problems.throttled(42),
  unavailable: problems.unavailable,
  'refused-key': problems.badKey,
  'missing-scope': () => problems.missingScope('profiles:read'),
  'lost-cursor': () => problems.query('page[cursor]', 'The page cursor is invalid.'),
};

export async function startKlaviyo(options: KlaviyoOptions): Promise<KlaviyoSimulator> {
  const { now, ingestionLagMs = 5_000, limited = false } = options;
  const store = createStore(now, options.deletionLagMs ?? 0);
  const faults = createFaults();
  const limiter = createLimiter(now);
  const sender = createSender({ now, secretKey: secret.webhook_secret, account: ACCOUNT });
  const withheld = new Set<string>();
  const calls: HeardCall[] = [];
  store.whenTracked((event) => sender.announce(store, event));

  function answerTo(request: IncomingMessage, text: string): Sent {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const method = request.method ?? 'GET';
    const query = url.searchParams;
    const body = readJson(text);
    calls.push({ method, path: url.pathname, query, body });
    judgeKey(request.headers.authorization);
    if (!/^\d{4}-\d{2}-\d{2}$/.test(String(request.headers.revision ?? ''))) throw problems.noRevision();
    const route = routes.find((one) => one.method === method && one.path.test(url.pathname));
    if (route === undefined) throw problems.notFound('resource');
    const fault = faults.take(route.area, query.has('page[cursor]'));
    if (fault?.kind === 'challenge') return { status: 403, text: '<!DOCTYPE html><title>Just a moment...</title>' };
    if (fault?.kind === 'throttled-in-silence') return { status: 429, text: '' };
    const refusal = fault === undefined ? undefined : refusals[fault.kind]?.();
    if (refusal !== undefined) throw refusal;
    const missing = route.scopes.find((scope) => withheld.has(scope));
    if (missing !== undefined) throw problems.missingScope(missing);
    const headers = limiter.count(`${method} ${route.path.source}`, route.tier, limited);
    const match = route.path.exec(url.pathname);
    const answer = route.run({
      store,
      url,
      query,
      body,
      seenUntil: now().getTime() - ingestionLagMs,
      part: (group) => decodeURIComponent(match?.[group] ?? ''),
    });
    if (fault?.kind === 'error-after-accepting') throw problems.internal();
    if (fault?.kind === 'half-json') return { status: 200, text: JSON.stringify(answer.body).slice(0, -12) };
    if (fault?.kind === 'another-shape') return { status: 200, body: { profiles: [] } };
    return { ...answer, headers };
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const sent = failing(() => answerTo(request, Buffer.concat(chunks).toString('utf8')));
    response.writeHead(sent.status, {
      'content-type': sent.text?.startsWith('<') ? 'text/html; charset=UTF-8' : 'application/vnd.api+json',
      'x-klaviyo-req-id': randomUUID(),
      'x-klaviyo-api-revision': String(request.headers.revision ?? ''),
      cid: ACCOUNT,
      ...sent.headers,
    });
    response.end(sent.text ?? (sent.body === undefined ? undefined : JSON.stringify(sent.body)));
  }

  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    store,
    faults,
    withheld,
    calls,
    secret,
    subscribe: sender.subscribe,
    settleWebhooks: sender.settle,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Sent extends Answer {
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function judgeKey(header: string | undefined): void {
  if (header === undefined) throw problems.noKey();
  if (header !== `Klaviyo-API-Key ${secret.private_key}`) throw problems.badKey();
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
    throw problems.invalid('Invalid input JSON');
  }
}
