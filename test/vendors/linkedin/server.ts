import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createFaults, type FaultKind, type Faults } from './faults.ts';
import { errorBody, problems, RestError } from './rest-error.ts';
import { queryOf } from './restli.ts';
import { routes } from './routes.ts';
import { createSegments, type Segments } from './segments.ts';
import { createStore, type LinkedinStore } from './store.ts';
import { createTokens, type Tokens } from './tokens.ts';
import { createSender } from './webhook-sender.ts';

export interface LinkedinOptions {
  /** The clock of account and page. */
  readonly now: () => Date;
  /** 0 = any free port. */
  readonly port?: number;
  readonly adAccount?: string;
  readonly organization?: string;
  /** How long a new segment takes no users; default five seconds. */
  readonly segmentReadyAfterMs?: number;
  /** Most records of a page, whatever is asked for; default 100. */
  readonly mostOnPage?: number;
}

/** An ad account and a page on a loopback port: what connector tests and the local stage talk to. */
export interface LinkedinSimulator {
  readonly url: string;
  readonly store: LinkedinStore;
  readonly segments: Segments;
  readonly tokens: Tokens;
  readonly faults: Faults;
  /** Permissions that the token lacks. */
  readonly withheld: Set<string>;
  /** Requests so far. */
  readonly calls: readonly HeardCall[];
  /** Checks the address as LinkedIn does, by a challenge, before anything is sent there. */
  subscribe(url: string): Promise<boolean>;
  settleWebhooks(options?: { readonly again?: boolean }): Promise<void>;
  close(): Promise<void>;
}

export interface HeardCall {
  readonly method: string;
  readonly path: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export const AD_ACCOUNT = '516848833';
export const ORGANIZATION = '96072893';

/** Versions live for about a year; those before this one are gone. */
const OLDEST_VERSION = 202_511;
const MOST_ON_PAGE = 100;
const READY_AFTER_MS = 5_000;

const refusals: Partial<Readonly<Record<FaultKind, () => RestError>>> = {
  throttled: problems.throttled,
  unavailable: problems.internal,
  'revoked-token': problems.revoked,
  'missing-permission': () => problems.permission('leadFormResponses.FINDER-owner.20260401'),
};

export async function startLinkedin(options: LinkedinOptions): Promise<LinkedinSimulator> {
  const { now, adAccount = AD_ACCOUNT, organization = ORGANIZATION } = options;
  const store = createStore(now, { adAccount, organization });
  const segments = createSegments(now, options.segmentReadyAfterMs ?? READY_AFTER_MS);
  const tokens = createTokens();
  const faults = createFaults();
  const sender = createSender(tokens.secret.client_secret);
  const withheld = new Set<string>();
  const calls: HeardCall[] = [];
  store.whenTold(sender.announce);

  function answerTo({ method, path, url, headers, body }: HeardCall): Answer {
    if (method === 'POST' && path === '/oauth/v2/accessToken') return tokens.renew(new URLSearchParams(body));
    const route = routes.find((one) => one.method === method && one.path.test(path));
    if (route === undefined) throw problems.notFound(path);
    tokens.judge(headers.authorization);
    judgeVersion(headers);
    const fault = faults.take(route.area)?.kind;
    if (fault === 'page-for-people') return { status: 502, text: '<html><title>LinkedIn</title></html>' };
    const refusal = fault === undefined ? undefined : refusals[fault]?.();
    if (refusal !== undefined) throw refusal;
    if (withheld.has(route.permission)) throw problems.permission(route.permission);
    const match = route.path.exec(path);
    const restMethod = headers['x-restli-method'];
    const sent = route.run({
      store,
      segments,
      fault,
      query: queryOf(url),
      body: body === '' ? {} : (JSON.parse(body) as Readonly<Record<string, unknown>>),
      restMethod: typeof restMethod === 'string' ? restMethod : undefined,
      mostOnPage: options.mostOnPage ?? MOST_ON_PAGE,
      part: (group) => decodeURIComponent(match?.[group] ?? ''),
    });
    if (fault === 'error-after-accepting') throw problems.internal();
    if (fault === 'half-json') return { status: 200, text: JSON.stringify(sent.body).slice(0, -5) };
    if (fault === 'another-shape') return { status: 200, body: { value: 'ok' } };
    const made = sent.madeId === undefined ? {} : { headers: { 'x-restli-id': sent.madeId } };
    return { status: sent.status ?? 200, ...(sent.body === undefined ? { text: '' } : { body: sent.body }), ...made };
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = 'GET', url = '/', headers } = request;
    const call = { method, path: url.split('?')[0] ?? '', url, headers, body: Buffer.concat(chunks).toString('utf8') };
    calls.push(call);
    const answer = failing(() => answerTo(call));
    response.writeHead(answer.status, {
      'content-type': 'application/json',
      'x-li-uuid': randomUUID(),
      'x-restli-protocol-version': '2.0.0',
      ...answer.headers,
    });
    response.end(answer.text ?? JSON.stringify(answer.body));
  }

  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    store,
    segments,
    tokens,
    faults,
    withheld,
    calls,
    subscribe: sender.subscribe,
    settleWebhooks: sender.settle,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Answer {
  readonly status: number;
  readonly body?: object;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** There is no version by default, and `List(…)` is read by the second protocol only. */
function judgeVersion(headers: IncomingMessage['headers']): void {
  const version = headers['linkedin-version'];
  if (typeof version !== 'string') throw problems.noVersion();
  if (Number(version) < OLDEST_VERSION) throw problems.sunset(version);
  if (headers['x-restli-protocol-version'] !== '2.0.0') throw problems.parameter('X-Restli-Protocol-Version');
}

function failing(work: () => Answer): Answer {
  try {
    return work();
  } catch (thrown) {
    const error = thrown instanceof RestError ? thrown : problems.internal();
    return { status: error.status, body: errorBody(error), headers: { 'x-restli-error-response': 'true' } };
  }
}
