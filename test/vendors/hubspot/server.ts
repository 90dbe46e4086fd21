import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApiError, errorBody, problems } from './api-error.ts';
import { type Area, createFaults, type Fault, type FaultKind, type Faults } from './faults.ts';
import { listRoutes } from './list-routes.ts';
import { createMarketing, type Marketing } from './marketing.ts';
import { marketingRoutes } from './marketing-routes.ts';
import { createTokens, type Tokens } from './oauth.ts';
import { objectRoutes } from './object-routes.ts';
import { propertyRoutes } from './property-routes.ts';
import type { Answer, Route } from './route.ts';
import { createStore, type HubspotStore } from './store.ts';
import { createUsage, type Usage } from './usage.ts';
import { createSender } from './webhook-sender.ts';

export interface HubspotOptions {
  /** The account's clock: stamps, tokens, quota and the search index follow it. */
  readonly now: () => Date;
  /** 0 = any free port. */
  readonly port?: number;
  /** How long the search index lags behind; reported to be some seconds. */
  readonly indexLagMs?: number;
  /** API requests of a day; default that of a private app on a free account. */
  readonly dailyLimit?: number;
  /** Searches of one second of the account's clock; default as many as come. */
  readonly searchesPerSecond?: number;
}

/** A stateful HubSpot account on a loopback port: what connector tests and the local stage talk to. */
export interface HubspotSimulator {
  readonly url: string;
  readonly portalId: number;
  readonly store: HubspotStore;
  readonly marketing: Marketing;
  readonly faults: Faults;
  readonly tokens: Tokens;
  readonly usage: Usage;
  /** Scopes that the app lacks. */
  readonly withheld: Set<string>;
  /** Requests so far. */
  readonly calls: readonly HeardCall[];
  /** What a connection's secret must hold to sign in here and to prove webhooks: as a private app, or by OAuth. */
  readonly secret: Readonly<Record<string, string>>;
  readonly oauthSecret: Readonly<Record<string, string>>;
  subscribe(url: string, types?: readonly string[]): void;
  settleWebhooks(options?: { readonly again?: boolean }): Promise<void>;
  retryWebhooks(): Promise<number>;
  close(): Promise<void>;
}

export interface HeardCall {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly area: Area;
}

const PORTAL = 147893286;
const LAG_MS = 10_000;
const routes: readonly Route[] = [...objectRoutes, ...propertyRoutes, ...listRoutes, ...marketingRoutes];

/** Faults that stand in for the answer; the others happen on the way. */
const refusals: Partial<Readonly<Record<FaultKind, () => ApiError>>> = {
  'ten-secondly': problems.tenSecondly,
  secondly: problems.secondly,
  daily: problems.daily,
  locked: problems.locked,
  unavailable: problems.unavailable,
  'expired-token': problems.expired,
  'missing-scope': () => problems.missingScope('crm.objects.contacts.read'),
};

export async function startHubspot(options: HubspotOptions): Promise<HubspotSimulator> {
  const { now, indexLagMs = LAG_MS, searchesPerSecond = Number.POSITIVE_INFINITY } = options;
  const store = createStore(now);
  const marketing = createMarketing(now);
  const faults = createFaults();
  const tokens = createTokens(now);
  const usage = createUsage(now, options.dailyLimit ?? 250_000);
  const sender = createSender({ now, clientSecret: tokens.client.client_secret, portalId: PORTAL });
  const withheld = new Set<string>();
  const calls: HeardCall[] = [];
  const searches: number[] = [];
  store.whenHappens(sender.announce);

  function answerTo(request: IncomingMessage, text: string): Sent {
    const address = new URL(request.url ?? '/', 'http://localhost');
    const method = request.method ?? 'GET';
    const route = routes.find((one) => one.method === method && one.path.test(address.pathname));
    const isToken = address.pathname === '/oauth/v1/token';
    const area = isToken ? 'token' : (route?.area ?? 'other');
    const body = isToken ? text : readJson(text);
    calls.push({ method, path: address.pathname, query: address.searchParams, body, area });
    const fault = faults.take(area);
    if (isToken) return renewed(text, fault);
    judgeToken(request.headers.authorization);
    usage.add(1);
    if (usage.used() > usage.limit) throw problems.daily();
    if (fault?.kind === 'migrating') return { status: 477, headers: { 'retry-after': '120' }, body: {} };
    if (fault?.kind === 'html') return { status: 502, text: '<html><body><h1>502 Bad Gateway</h1></body></html>' };
    const refusal = fault === undefined ? undefined : refusals[fault.kind]?.();
    if (refusal !== undefined) throw refusal;
    if (route === undefined) throw problems.notFound();
    if (area === 'search') countSearch();
    const match = route.path.exec(address.pathname);
    const part = (group: number): string => decodeURIComponent(match?.[group] ?? '');
    const scope = route.scope?.(part);
    if (scope !== undefined && withheld.has(scope)) throw problems.missingScope(scope);
    const answer = route.run({
      store,
      marketing,
      portalId: PORTAL,
      query: address.searchParams,
      body,
      now,
      seenUntil: () => now().getTime() - indexLagMs,
      silent: fault?.kind === 'silence',
      part,
    });
    if (fault?.kind === 'error-after-accepting') throw problems.internal();
    if (fault?.kind === 'half-json') return { status: 200, text: JSON.stringify(answer.body).slice(0, -12) };
    return { ...answer, quota: area !== 'search' };
  }

  function renewed(text: string, fault: Fault | undefined): Sent {
    const refusal = fault === undefined ? undefined : refusals[fault.kind]?.();
    if (refusal !== undefined) throw refusal;
    const answer = tokens.renew(new URLSearchParams(text));
    if (answer !== undefined) return { status: 200, body: answer };
    return { status: 400, body: { status: 'BAD_REFRESH_TOKEN', message: 'missing or invalid refresh token' } };
  }

  function judgeToken(header: string | undefined): void {
    const verdict = tokens.judge((header ?? '').replace(/^Bearer /, ''));
    if (verdict === 'expired') throw problems.expired();
    if (verdict === 'unknown') throw problems.badToken();
  }

  function countSearch(): void {
    const at = now().getTime();
    searches.push(at);
    if (searches.filter((one) => one > at - 1_000).length > searchesPerSecond) throw problems.secondly();
  }

  /** As recorded: searches say nothing of limits. */
  function quotaHeaders(): Record<string, string> {
    return {
      'x-hubspot-ratelimit-interval-milliseconds': '10000',
      'x-hubspot-ratelimit-max': '100',
      'x-hubspot-ratelimit-remaining': '99',
      'x-hubspot-ratelimit-secondly': '10',
      'x-hubspot-ratelimit-secondly-remaining': '9',
      'x-hubspot-ratelimit-daily': String(usage.limit),
      'x-hubspot-ratelimit-daily-remaining': String(Math.max(0, usage.limit - usage.used())),
    };
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const sent = failing(() => answerTo(request, Buffer.concat(chunks).toString('utf8')));
    response.writeHead(sent.status, {
      'content-type': sent.text?.startsWith('<') ? 'text/html' : 'application/json;charset=utf-8',
      'x-hubspot-correlation-id': randomUUID(),
      ...(sent.quota ? quotaHeaders() : {}),
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
    portalId: PORTAL,
    store,
    marketing,
    faults,
    tokens,
    usage,
    withheld,
    calls,
    secret: { access_token: tokens.accessToken, client_secret: tokens.client.client_secret },
    oauthSecret: { ...tokens.client, refresh_token: tokens.refreshToken },
    subscribe: (url, types) =>
      void sender.subscriptions.push({ url, types: types === undefined ? 'all' : new Set(types) }),
    settleWebhooks: sender.settle,
    retryWebhooks: sender.retryDue,
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
  /** Whether the answer tells of limits. */
  readonly quota?: boolean;
}

function failing(work: () => Sent): Sent {
  try {
    return work();
  } catch (thrown) {
    const error = thrown instanceof ApiError ? thrown : problems.internal();
    return { status: error.status, body: errorBody(error) };
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
