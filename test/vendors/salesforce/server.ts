import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApiError } from './api-error.ts';
import { type BulkJobs, createBulkJobs } from './bulk.ts';
import { type Put, type Relay, startRelay } from './change-events.ts';
import { type Area, createFaults, type Fault, type Faults } from './faults.ts';
import { createIds } from './ids.ts';
import { createIngestJobs, type IngestJobs } from './ingest.ts';
import { createSessions, type Sessions } from './oauth.ts';
import { type OutboundOptions, type OutboundResult, sendOutbound } from './outbound.ts';
import { type Answer, areaOf, createRoutes } from './routes.ts';
import { createStore, type SalesforceStore } from './store.ts';
import { createUsage, type Usage } from './usage.ts';

export interface SalesforceOptions {
  /** The org's clock: stamps, sessions and quota follow it. */
  readonly now: () => Date;
  readonly faults?: readonly Fault[];
  /** 0 = any free port. */
  readonly port?: number;
  /** How long a session lasts; default two hours, as an org has it unless changed. */
  readonly sessionMs?: number;
  /** API requests of 24 hours; default 100,000. */
  readonly dailyLimit?: number;
  /** Looks after which a bulk job is complete; default 2. */
  readonly bulkPolls?: number;
}

/** A stateful Salesforce org on a loopback port: what connector tests and the local stage talk to. */
export interface SalesforceSimulator {
  readonly url: string;
  readonly store: SalesforceStore;
  readonly faults: Faults;
  readonly sessions: Sessions;
  readonly jobs: BulkJobs;
  readonly ingest: IngestJobs;
  readonly usage: Usage;
  readonly organizationId: string;
  /** Requests so far, by kind. */
  readonly calls: Readonly<Record<Area | 'total', number>>;
  /** What a connection's secret must hold to sign in here by client credentials, webhook secret included. */
  readonly secret: Readonly<Record<string, string>>;
  /** The same for the JWT bearer flow. */
  jwtSecret(): Readonly<Record<string, string>>;
  /** Hands out at most so many rows per query answer, though more were asked for; undefined = as documented. */
  limitQueryPages(rows: number | undefined): void;
  /** Tells at most so many deleted records in one answer; 600,000 in a real org. */
  limitDeleted(ids: number): void;
  /** More requests at once than this are refused as too many; default 25. */
  limitConcurrency(requests: number): void;
  sendOutboundMessage(targetUrl: string, ids: readonly string[], options?: OutboundOptions): Promise<OutboundResult>;
  /** Relays every change of contacts, leads and accounts from now on to whoever puts events on a bus. */
  relayChanges(put: Put): void;
  /** Resolves once everything that changed so far was relayed. */
  settleEvents(): Promise<void>;
  close(): Promise<void>;
}

const ORGANIZATION = '00D5g000001DemoEAC';

export async function startSalesforce(options: SalesforceOptions): Promise<SalesforceSimulator> {
  const makeId = createIds();
  const store = createStore(options.now);
  const faults = createFaults(options.faults);
  const usage = createUsage(options.now, options.dailyLimit ?? 100_000);
  const jobs = createBulkJobs({ store, now: options.now, makeId, polls: options.bulkPolls ?? 2 });
  const ingest = createIngestJobs({ store, faults, now: options.now, makeId, polls: options.bulkPolls ?? 2 });
  const client = { client_id: 'tributary-simulated-app', client_secret: 'simulated-client-secret' };
  const sessions = createSessions({
    now: options.now,
    sessionMs: options.sessionMs ?? 2 * 3_600_000,
    organizationId: ORGANIZATION,
    userId: '0055g000004Demo1AA',
    client,
  });
  const calls: Record<Area | 'total', number> = { total: 0, token: 0, query: 0, bulk: 0, write: 0, other: 0 };
  let relay: Relay | undefined;
  let queryPage: number | undefined;
  let mostDeleted = 600_000;
  let mostAtOnce = 25;
  let atOnce = 0;
  let url = '';
  const route = createRoutes({
    store,
    jobs,
    ingest,
    faults,
    usage,
    now: options.now,
    makeId,
    queryPage: () => queryPage,
    mostDeleted: () => mostDeleted,
  });

  function oauth(path: string, body: string): Answer {
    count('token');
    const fault = faults.take('token');
    if (fault !== undefined) return faultAnswer(fault);
    const form = new URLSearchParams(body);
    if (path.endsWith('/token')) return sessions.token(form, url);
    if (!path.endsWith('/revoke')) throw new ApiError(404, 'NOT_FOUND', 'The requested resource does not exist');
    sessions.revoke(form.get('token') ?? '');
    return { status: 200 };
  }

  function data(request: IncomingMessage, address: URL, body: string): Answer {
    const [version = '', ...path] = address.pathname.replace('/services/data', '').split('/').filter(Boolean);
    if (version === '')
      return { status: 200, body: [{ label: "Spring '24", url: '/services/data/v60.0', version: '60.0' }] };
    const method = request.method ?? 'GET';
    const area = areaOf(method, path);
    count(area);
    const fault = faults.take(area);
    if (fault?.kind === 'session-expired') return faultAnswer(fault);
    const token = request.headers.authorization?.replace(/^Bearer /, '') ?? '';
    if (!sessions.isValid(token)) return failure(401, 'INVALID_SESSION_ID', 'Session expired or invalid');
    usage.add(1);
    if (usage.used() > usage.limit) return faultAnswer({ kind: 'daily-limit' });
    // Salesforce counts only requests that run longer than 20 s; here every one that is under way counts.
    if (atOnce > mostAtOnce) return faultAnswer({ kind: 'concurrent-limit' });
    if (fault !== undefined && fault.kind !== 'error-after-accepting') return faultAnswer(fault);
    const headers = request.headers as Record<string, string | undefined>;
    const call = {
      method,
      path: path.map(decodeURIComponent),
      query: address.searchParams,
      headers,
      body: request.headers['content-type']?.startsWith('text/csv') === true ? body : readJson(body),
      version: version.slice(1),
    };
    const answer = route(call);
    return fault === undefined ? answer : faultAnswer(fault);
  }

  function count(area: Area): void {
    calls[area] += 1;
    calls.total += 1;
  }

  function answerTo(request: IncomingMessage, body: string): Answer {
    try {
      const address = new URL(request.url ?? '/', url);
      if (address.pathname.startsWith('/services/oauth2/')) return oauth(address.pathname, body);
      if (address.pathname.startsWith('/services/data')) return data(request, address, body);
      return failure(404, 'NOT_FOUND', 'The requested resource does not exist');
    } catch (thrown) {
      if (thrown instanceof ApiError) return failure(thrown.status, thrown.errorCode, thrown.message, thrown.fields);
      throw thrown;
    }
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    atOnce += 1;
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      write(response, answerTo(request, Buffer.concat(chunks).toString('utf8')), usage);
    } catch (thrown) {
      write(response, failure(500, 'UNKNOWN_EXCEPTION', thrown instanceof Error ? thrown.message : 'unknown'), usage);
    } finally {
      atOnce -= 1;
    }
  }

  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const webhookSecret = { webhook_secret: 'simulated-webhook-secret' };
  return {
    url,
    store,
    faults,
    sessions,
    jobs,
    ingest,
    usage,
    organizationId: ORGANIZATION,
    calls,
    secret: { ...client, login_url: url, ...webhookSecret },
    jwtSecret: () => {
      const { privateKey, username } = sessions.jwtKey();
      const audience = 'https://login.salesforce.com';
      return {
        client_id: client.client_id,
        private_key: privateKey,
        username,
        audience,
        login_url: url,
        ...webhookSecret,
      };
    },
    limitQueryPages: (rows) => {
      queryPage = rows;
    },
    limitDeleted: (ids) => {
      mostDeleted = ids;
    },
    limitConcurrency: (requests) => {
      mostAtOnce = requests;
    },
    sendOutboundMessage: (targetUrl, ids, how) =>
      sendOutbound(store, { url: targetUrl, ids, organizationId: ORGANIZATION, makeId }, how),
    relayChanges: (put) => {
      relay = startRelay(store, ['Contact', 'Lead', 'Account'], put);
    },
    settleEvents: async () => relay?.settle(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function faultAnswer(fault: Fault): Answer {
  const headers = fault.retryAfterSeconds === undefined ? {} : { 'retry-after': String(fault.retryAfterSeconds) };
  const page = '<html><head><title>Maintenance</title></head><body>We are down for maintenance.</body></html>';
  const answers: Readonly<Record<Fault['kind'], Answer>> = {
    'session-expired': failure(401, 'INVALID_SESSION_ID', 'Session expired or invalid'),
    'daily-limit': failure(403, 'REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.'),
    'concurrent-limit': failure(
      403,
      'REQUEST_LIMIT_EXCEEDED',
      'ConcurrentRequests (Concurrent API Requests) Limit exceeded.',
    ),
    'too-many-requests': failure(429, 'REQUEST_LIMIT_EXCEEDED', 'Too many requests.'),
    unavailable: failure(503, 'SERVER_UNAVAILABLE', 'The server is temporarily unavailable.'),
    html: { status: 503, csv: page, headers: { 'content-type': 'text/html' } },
    'error-after-accepting': failure(500, 'UNKNOWN_EXCEPTION', 'An unexpected error occurred.'),
    'missing-result': failure(500, 'UNKNOWN_EXCEPTION', 'An unexpected error occurred.'),
    'job-fails': failure(500, 'UNKNOWN_EXCEPTION', 'An unexpected error occurred.'),
    'row-lock': failure(400, 'UNABLE_TO_LOCK_ROW', 'unable to obtain exclusive access to this record'),
  };
  const answer = answers[fault.kind];
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

function failure(status: number, errorCode: string, message: string, fields: readonly string[] = []): Answer {
  return { status, body: [{ message, errorCode, ...(fields.length === 0 ? {} : { fields }) }] };
}

function readJson(body: string): unknown {
  if (body === '') return undefined;
  try {
    return JSON.parse(body);
  } catch {
    throw new ApiError(400, 'JSON_PARSER_ERROR', 'Unexpected character in the request body');
  }
}

/** Headers as recorded from a real org: usage, request id and no caching on every answer. */
function write(response: ServerResponse, answer: Answer, usage: Usage): void {
  response.writeHead(answer.status, {
    'content-type': answer.csv === undefined ? 'application/json;charset=UTF-8' : 'text/csv',
    'sforce-limit-info': `api-usage=${usage.used()}/${usage.limit}`,
    'x-sfdc-request-id': randomBytes(16).toString('hex'),
    server: 'sfdcedge',
    'cache-control': 'no-cache,must-revalidate,max-age=0,no-store,private',
    ...answer.headers,
  });
  if (answer.csv !== undefined) response.end(answer.csv);
  else response.end(answer.status === 204 || answer.body === undefined ? undefined : JSON.stringify(answer.body));
}
