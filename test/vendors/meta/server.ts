import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { audienceRoutes } from './audience-routes.ts';
import { type Audiences, createAudiences } from './audiences.ts';
import { createFaults, type FaultKind, type Faults } from './faults.ts';
import { errorBody, GraphError, problems } from './graph-error.ts';
import { needsPageToken, nodeOf, pageRoutes } from './page-routes.ts';
import type { Call, Route } from './route.ts';
import { createStore, type MetaStore } from './store.ts';
import { createSender } from './webhook-sender.ts';

export interface MetaOptions {
  /** The clock of page and account. */
  readonly now: () => Date;
  /** 0 = any free port. */
  readonly port?: number;
  readonly page?: string;
  readonly instagram?: string;
  /** Without `act_`. */
  readonly adAccount?: string;
  /** Fewer people than that may not be left in an audience by a removal; default 0. */
  readonly smallestAudience?: number;
}

/** A page with its Instagram account and an ad account, on a loopback port: what connector tests and the local stage talk to. */
export interface MetaSimulator {
  readonly url: string;
  readonly store: MetaStore;
  readonly audiences: Audiences;
  readonly adAccount: string;
  readonly faults: Faults;
  /** Permissions that the token lacks. */
  readonly withheld: Set<string>;
  /** Requests so far. */
  readonly calls: readonly HeardCall[];
  /** What a connection's secret must hold to sign in here and to prove webhooks. */
  readonly secret: { readonly access_token: string; readonly app_secret: string; readonly verify_token: string };
  /** Checks the address as Meta does, by a challenge, before anything is sent there. */
  subscribe(url: string): Promise<boolean>;
  settleWebhooks(options?: { readonly again?: boolean }): Promise<void>;
  close(): Promise<void>;
}

export interface HeardCall {
  readonly method: string;
  /** With the version. */
  readonly path: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export const PAGE_ID = '134587000000001';
export const INSTAGRAM_ID = '17841405726653026';
export const AD_ACCOUNT = '1045000000000001';

const USER = '122100000000001';
const PAGE_TOKEN = 'EAAsimulatedpagetoken';
const secret = {
  access_token: 'EAAsimulatedsystemusertoken',
  app_secret: 'simulated-app-secret',
  verify_token: 'simulated-verify-token',
};

/** Longer addresses meet a page for people before the API sees them (facebook-java-business-sdk#179). */
const LONGEST_URL = 8_000;

const isNode = /^\/(\d+(?:_\d+)?)$/;

const routes: readonly Route[] = [
  {
    method: 'GET',
    path: /^\/me$/,
    area: 'read',
    permissions: [],
    run: () => ({ id: USER }),
  },
  {
    method: 'GET',
    path: /^\/me\/accounts$/,
    area: 'read',
    permissions: ['pages_show_list'],
    run: ({ store }) => ({
      data: [
        { id: '134587000000009', name: 'Another page', access_token: 'EAAsimulatedothertoken' },
        { id: store.page, name: 'Example', access_token: PAGE_TOKEN, category: 'Shopping', tasks: ['MODERATE'] },
      ],
      paging: { cursors: { before: 'YQ', after: 'Yg' } },
    }),
  },
  ...audienceRoutes,
  ...pageRoutes,
  { method: 'GET', path: isNode, area: 'read', permissions: [], run: nodeOf },
  {
    // The trap: of an audience this deletes the audience itself, with everybody in it.
    method: 'DELETE',
    path: isNode,
    area: 'write',
    permissions: [],
    run(call) {
      nodeOf(call);
      const id = call.part(1);
      if (call.store.leads.has(id)) call.store.deleteLead(id);
      else if (call.audiences.all.has(id)) call.audiences.delete(id);
      else throw problems.permission('Permissions error');
      return { success: true };
    },
  },
];

/** Faults that stand in for the answer; the others happen on the way. */
const refusals: Partial<Readonly<Record<FaultKind, () => GraphError>>> = {
  'audience-limit': problems.audienceLimit,
  'app-limit': problems.appLimit,
  unavailable: problems.service,
  'expired-token': problems.expired,
  'missing-permission': () => problems.permission('The current user can not update audience 23861000000000001'),
  'blocked-audience': problems.blocked,
  'missing-terms': problems.terms,
  'lost-cursor': () => problems.parameter('Invalid cursors values were provided.'),
};

export async function startMeta(options: MetaOptions): Promise<MetaSimulator> {
  const { now } = options;
  const { page = PAGE_ID, instagram = INSTAGRAM_ID, adAccount = AD_ACCOUNT } = options;
  const store = createStore(now, { page, instagram });
  const audiences = createAudiences(adAccount, { smallest: options.smallestAudience ?? 0 });
  const faults = createFaults();
  const sender = createSender({ now, appSecret: secret.app_secret, verifyToken: secret.verify_token });
  const withheld = new Set<string>();
  const calls: HeardCall[] = [];
  store.whenTold(sender.announce);

  function answerTo(request: IncomingMessage, body: string): Sent {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (url.href.length > LONGEST_URL) return { status: 400, text: pageForPeople };
    const query = url.searchParams;
    const token = judgeToken(request.headers.authorization, query);
    const path = url.pathname.replace(/^\/v\d+\.\d+/, '');
    const params = paramsIn(body, query);
    // Graph takes the method as a parameter too.
    const method = String(params.method ?? request.method ?? 'GET').toUpperCase();
    const route = routes.find((one) => one.method === method && one.path.test(path));
    if (route === undefined) throw problems.unknownPath();
    const match = route.path.exec(path);
    const part = (group: number): string => decodeURIComponent(match?.[group] ?? '');
    const fault = faults.take(route.area, query.has('after'))?.kind;
    if (fault === 'too-many') return { status: 429, text: '' };
    if (fault === 'page-for-people') return { status: 502, text: pageForPeople };
    const refusal = fault === undefined ? undefined : refusals[fault]?.();
    if (refusal !== undefined) {
      return {
        status: refusal.status,
        body: errorBody(refusal),
        ...(fault === 'audience-limit' ? regainIn(adAccount, 19) : {}),
      };
    }
    if (fault === 'error-in-success') return { status: 200, body: errorBody(problems.service()) };
    const missing = route.permissions.find((one) => withheld.has(one));
    if (missing !== undefined) throw problems.permission(`Requires ${missing} permission to manage the object`);
    const needsPage =
      route.ofPage === true ||
      path === `/${page}/insights` ||
      (route.path === isNode && needsPageToken({ store, part }));
    if (needsPage && token !== PAGE_TOKEN) throw problems.needsPageToken();
    const call: Call = { store, audiences, url, query, params, fault, part };
    const answer = route.run(call);
    if (fault === 'error-after-accepting') throw problems.unknown();
    if (fault === 'half-json') return { status: 200, text: JSON.stringify(answer).slice(0, -12) };
    if (fault === 'another-shape') return { status: 200, body: { result: 'ok' } };
    return { status: 200, body: answer };
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString('utf8');
    const { method = 'GET', url = '/', headers } = request;
    calls.push({ method, path: url.split('?')[0] ?? '', url, headers, body });
    const sent = failing(() => answerTo(request, body));
    response.writeHead(sent.status, {
      'content-type': sent.text === undefined ? 'application/json; charset=UTF-8' : 'text/html; charset="utf-8"',
      'x-app-usage': JSON.stringify({ call_count: 28, total_time: 25, total_cputime: 25 }),
      ...sent.headers,
    });
    response.end(sent.text ?? JSON.stringify(sent.body));
  }

  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    store,
    audiences,
    adAccount: `act_${adAccount}`,
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

interface Sent {
  readonly status: number;
  readonly body?: object;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const pageForPeople = '<!DOCTYPE html><html lang="en" id="facebook"><title>Facebook | Error</title></html>';

/** The token comes in a header, in the query or in a form; an app's proof is checked where it is sent. */
function judgeToken(header: string | undefined, query: URLSearchParams): string {
  const token = header?.replace(/^Bearer /, '') ?? query.get('access_token');
  if (token === null || token === '') throw problems.noToken();
  if (token !== secret.access_token && token !== PAGE_TOKEN) throw problems.badToken();
  const proof = query.get('appsecret_proof');
  const wanted = createHmac('sha256', secret.app_secret).update(token).digest('hex');
  if (proof !== null && proof !== wanted) throw problems.badProof();
  return token;
}

function paramsIn(body: string, query: URLSearchParams): Readonly<Record<string, unknown>> {
  const ofQuery = Object.fromEntries(query);
  if (body === '') return ofQuery;
  try {
    return { ...ofQuery, ...(JSON.parse(body) as object) };
  } catch {
    throw problems.parameter('Invalid JSON');
  }
}

function regainIn(account: string, minutes: number): Pick<Sent, 'headers'> {
  const usage = { type: 'custom_audience', call_count: 100, total_cputime: 25, total_time: 25 };
  const told = { ...usage, estimated_time_to_regain_access: minutes, ads_api_access_tier: 'standard_access' };
  return { headers: { 'x-business-use-case-usage': JSON.stringify({ [account]: [told] }) } };
}

function failing(work: () => Sent): Sent {
  try {
    return work();
  } catch (thrown) {
    const error = thrown instanceof GraphError ? thrown : problems.unknown();
    return { status: error.status, body: errorBody(error) };
  }
}
