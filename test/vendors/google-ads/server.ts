import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type KeyFile, openSignIn } from '../google-sign-in.ts';
import { createdList, filteredLists, listAnswer, statusAnswer } from './answers.ts';
import { ApiError, errorBody, problems } from './api-error.ts';
import { createFaults, type FaultKind, type Faults } from './faults.ts';
import { objectOf, readChange } from './members.ts';
import { type Accepted, createStore, type GoogleAdsStore } from './store.ts';

export interface GoogleAdsOptions {
  readonly now: () => Date;
  /** 0 = any free port. */
  readonly port?: number;
  /** The advertiser that the service account reaches. */
  readonly customer?: string;
  /** How long Google works on the n-th change that it took, from 1. */
  readonly processingMs?: (nth: number) => number;
}

/** An advertiser in Google's Data Manager API, and the place that gives tokens, on one loopback port. */
export interface GoogleAdsSimulator {
  readonly url: string;
  readonly store: GoogleAdsStore;
  readonly faults: Faults;
  /** What a connection's secret must hold to sign in here. */
  readonly secret: KeyFile;
  /** Requests so far, sign-ins included. */
  readonly calls: readonly HeardCall[];
  /** Breaks that many members of the next change while it is carried out, for this reason. */
  breakNext(reason: string, count: number): void;
  /** Forgets every token that was given. */
  endTokens(): void;
  close(): Promise<void>;
}

export interface HeardCall {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

const PROCESSING_MS = 90_000;

const refusals: Partial<Readonly<Record<FaultKind, () => ApiError>>> = {
  exhausted: problems.exhausted,
  unavailable: problems.unavailable,
  'not-permitted': () => problems.permission('SERVICE_DISABLED'),
  'terms-not-signed': () =>
    problems.field(
      'terms_of_service',
      'TERMS_AND_CONDITIONS_NOT_SIGNED',
      'The customer match terms are not signed in the account.',
    ),
};

export async function startGoogleAds(options: GoogleAdsOptions): Promise<GoogleAdsSimulator> {
  const { now, customer = '7693729833', processingMs = () => PROCESSING_MS } = options;
  const store = createStore(now, processingMs);
  const faults = createFaults();
  const signIn = openSignIn(now, 'https://www.googleapis.com/auth/datamanager');
  const calls: HeardCall[] = [];
  const listsPath = `/v1/accountTypes/GOOGLE_ADS/accounts/${customer}/userLists`;
  let broken: Accepted['broken'];

  function change(op: Accepted['op'], body: unknown): object {
    const accepted = readChange(objectOf(body), op, customer, store);
    const isTrial = objectOf(body).validateOnly === true;
    const requestId = isTrial ? 't-validated' : store.accept({ ...accepted, broken });
    broken = undefined;
    return { requestId };
  }

  function answerTo(method: string, url: URL, body: unknown): object {
    const place = `${method} ${url.pathname}`;
    if (place === 'POST /v1/audienceMembers:ingest') return change('add', body);
    if (place === 'POST /v1/audienceMembers:remove') return change('remove', body);
    if (place === 'GET /v1/requestStatus:retrieve') {
      return statusAnswer(store, url.searchParams.get('requestId'), customer);
    }
    if (place === `GET ${listsPath}`) {
      const userLists = filteredLists(store, url.searchParams).map((list) => listAnswer(list, customer));
      return userLists.length === 0 ? {} : { userLists };
    }
    if (place === `POST ${listsPath}`) return listAnswer(createdList(store, objectOf(body)), customer);
    if (/^\/v1\/accountTypes\/GOOGLE_ADS\/accounts\//.test(url.pathname)) throw problems.permission();
    throw problems.notFound();
  }

  function serveApi(request: IncomingMessage, url: URL, body: unknown): Sent {
    const { method = 'GET' } = request;
    const fault = faults.take(method === 'GET' ? 'read' : 'write')?.kind;
    if (fault === 'token-refused') signIn.forget();
    if (fault === 'account-disabled' || !signIn.holds(request.headers.authorization)) throw problems.unauthenticated();
    const refusal = fault === undefined ? undefined : refusals[fault]?.();
    if (refusal !== undefined) throw refusal;
    const answer = answerTo(method, url, body);
    if (fault === 'error-after-accepting')
      throw new ApiError(500, 'INTERNAL', 'INTERNAL_ERROR', 'Internal error encountered.');
    const text = JSON.stringify(answer);
    return { status: 200, text: fault === 'half-json' ? text.slice(0, -5) : text };
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
    const url = new URL(request.url ?? '/', 'http://localhost');
    const isToken = url.pathname === '/token';
    const body = isToken ? undefined : jsonOf(text);
    calls.push({ method: request.method ?? 'GET', path: url.pathname, headers: request.headers, body });
    const sent = isToken ? tokenAnswer(new URLSearchParams(text)) : failing(() => serveApi(request, url, body));
    response.writeHead(sent.status, { 'content-type': 'application/json; charset=UTF-8' });
    response.end(sent.text);
  }

  function tokenAnswer(form: URLSearchParams): Sent {
    const granted = signIn.grant(form);
    if (granted !== undefined) return { status: 200, text: JSON.stringify(granted) };
    const refused = { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' };
    return { status: 400, text: JSON.stringify(refused) };
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
    secret: signIn.keyFile,
    calls,
    breakNext: (reason, count) => {
      broken = { reason, count };
    },
    endTokens: signIn.forget,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Sent {
  readonly status: number;
  readonly text: string;
}

function failing(work: () => Sent): Sent {
  try {
    return work();
  } catch (thrown) {
    const error =
      thrown instanceof ApiError
        ? thrown
        : new ApiError(500, 'INTERNAL', 'INTERNAL_ERROR', 'Internal error encountered.');
    return { status: error.status, text: JSON.stringify(errorBody(error, 't-refused')) };
  }
}

function jsonOf(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
