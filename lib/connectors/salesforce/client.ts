import { PassThrough } from 'node:stream';
import { Connection } from 'jsforce/lib/connection.js';
import { Transport } from 'jsforce/lib/transport.js';
import type { HttpRequest, HttpResponse } from 'jsforce/lib/types/index.js';
import { StreamPromise } from 'jsforce/lib/util/promise.js';
import { TributaryError } from '../../domain/errors.ts';
import { plainPath } from '../../domain/plain-path.ts';
import type { ConnectionInput, ConnectorIo } from '../contract.ts';
import type { SalesforceConfig, SalesforceSecret } from './config.ts';
import { askedToWait, brokenDown, salesforceError, sessionRefused, unreadableGrant } from './errors.ts';
import { grantOf } from './grant.ts';

/** Salesforce itself gives a query up after 120 seconds; without a limit jsforce would wait for 30 minutes. */
const REQUEST_TIMEOUT_MS = 125_000;

/** The calls that we make of Salesforce. Paths are relative to the API version: `/query?q=…`. */
export interface SalesforceApi {
  /** The connection's name in the workspace. */
  readonly connection: string;
  readonly config: SalesforceConfig;
  /** `<organization id>/<user id>` of the session. */
  readonly signedInAs: () => string;
  /** HTTP requests sent so far, sign-in included. */
  readonly calls: () => number;
  readonly get: (path: string) => Promise<unknown>;
  readonly send: (method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: object) => Promise<unknown>;
  /** Puts comma-separated text. */
  readonly upload: (path: string, csv: string) => Promise<void>;
  /** A text answer with its headers. */
  readonly download: (path: string) => Promise<{ readonly text: string; readonly headers: Headers }>;
}

/**
 * Signs in and returns a client of its own: nothing is shared between two of them. Every failure is a TributaryError
 * made by errors.ts; nothing is retried here, because waiting is the pipeline's matter.
 */
export async function openSalesforce(
  input: ConnectionInput<SalesforceConfig, SalesforceSecret>,
  io: ConnectorIo,
): Promise<SalesforceApi> {
  const loginUrl = input.endpoint ?? input.secret.login_url;
  if (loginUrl === undefined) {
    throw new TributaryError(
      'config',
      'salesforce/no-login-url',
      'the secret holds no login_url and the connection no endpoint',
    );
  }
  const session = watchSession(io);
  const connection = new Connection({
    version: input.config.api_version,
    loginUrl,
    oauth2: {
      loginUrl,
      clientId: input.secret.client_id,
      ...(input.secret.client_secret === undefined ? {} : { clientSecret: input.secret.client_secret }),
    },
    refreshFn: (_connection, done) => {
      signIn().then(
        () => done(null, connection.accessToken ?? undefined),
        (failure: Error) => done(session.fail(failure)),
      );
    },
  });
  // jsforce reads HTTP_TIMEOUT from the environment and takes no option; this is its one place for a transport of ours.
  connection._transport = session.transport;
  connection.oauth2._transport = session.transport;

  async function signIn(): Promise<void> {
    await connection.authorize(grantOf(input.secret, loginUrl ?? '', io.now()));
    // Without a token jsforce would be refused, sign in again, and so on without an end.
    if (typeof connection.accessToken !== 'string') throw unreadableGrant();
    // A proxy or recording stays between us and the org; a real login host hands us on to the org's own.
    if (input.endpoint !== undefined && !isSalesforceHost(input.endpoint))
      connection.instanceUrl = plainPath(input.endpoint);
  }

  async function attempt<T>(work: () => PromiseLike<T>): Promise<T> {
    await io.calls.ask();
    session.asked();
    try {
      return await work();
    } catch (thrown) {
      throw salesforceError(session.takeFailure() ?? thrown);
    } finally {
      session.settleUnasked();
    }
  }

  async function fetchText(path: string): Promise<{ text: string; headers: Headers }> {
    const url = `${connection.instanceUrl}/services/data/v${connection.version}${path}`;
    const signal = AbortSignal.any([io.signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]);
    for (;;) {
      const token = connection.accessToken ?? '';
      session.count();
      const response = await io.fetch(url, {
        headers: { authorization: `Bearer ${token}`, accept: 'text/csv' },
        signal,
      });
      session.hearUsage(response.headers.get('sforce-limit-info'));
      const text = await response.text();
      if (session.sawStatus(response.status, token) === 'expired') {
        await signIn();
        continue;
      }
      const failure =
        askedToWait(response.status, response.headers.get('retry-after')) ??
        brokenDown(response.status, response.headers.get('content-type'));
      if (failure !== undefined) throw failure;
      if (response.ok) return { text, headers: response.headers };
      throw vendorError(response.status, text);
    }
  }

  await attempt(signIn);
  return {
    connection: input.name,
    config: input.config,
    signedInAs: () => `${connection.userInfo?.organizationId}/${connection.userInfo?.id}`,
    calls: session.calls,
    get: (path) => attempt(() => connection.request({ method: 'GET', url: path })),
    send: (method, path, body) =>
      attempt(() =>
        connection.request({
          method,
          url: path,
          ...(body === undefined
            ? {}
            : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
        }),
      ),
    upload: async (path, csv) => {
      const headers = { 'content-type': 'text/csv' };
      await attempt(() => connection.request({ method: 'PUT', url: path, body: csv, headers }));
    },
    download: (path) => attempt(() => fetchText(path)),
  };
}

/** A request of jsforce by our own fetch: its own waits without an end for the rest of an answer that breaks off. */
async function fetchFor({ url, method, headers, body }: HttpRequest, io: ConnectorIo): Promise<HttpResponse> {
  const signal = AbortSignal.any([io.signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]);
  const asked = { method, signal, ...(headers === undefined ? {} : { headers }) };
  const response = await io.fetch(url, typeof body === 'string' ? { ...asked, body } : asked);
  return {
    statusCode: response.status,
    headers: Object.fromEntries(response.headers),
    body: await response.text(),
  };
}

/**
 * Watches every exchange of one client. jsforce answers each 401 with a new token and tries again for as long as it gets
 * one, without a pause (jsforce/jsforce#1168); here the second token in a row that is refused ends it.
 */
function watchSession(io: ConnectorIo) {
  const { heard } = io.calls;
  let calls = 0;
  let asked = 0;
  let failure: Error | undefined;
  const refused = new Set<string>();
  const transport = new Transport();

  function sawStatus(status: number, token: string): 'fine' | 'expired' {
    if (status !== 401) {
      if (status < 400) refused.clear();
      return 'fine';
    }
    refused.add(token);
    if (refused.size > 1) throw sessionRefused();
    return 'expired';
  }

  /** `api-usage=25/5000`: of the rolling 24 hours, by everybody in the org (REST API guide, Limit Info Header). */
  function hearUsage(header: string | null | undefined): void {
    const [, used, limit] = /api-usage=(\d+)\/(\d+)/.exec(header ?? '') ?? [];
    if (used !== undefined && limit !== undefined) heard({ used: { used: Number(used), limit: Number(limit) } });
  }

  function judge(response: HttpResponse, token: string | undefined): HttpResponse {
    // The token endpoint's own answers carry no token and say nothing about a session.
    if (token !== undefined) sawStatus(response.statusCode, token);
    hearUsage(response.headers['sforce-limit-info']);
    const failure =
      askedToWait(response.statusCode, response.headers['retry-after']) ??
      brokenDown(response.statusCode, response.headers['content-type']);
    if (failure !== undefined) throw failure;
    return response;
  }

  transport.httpRequest = (request) => {
    calls += 1;
    const token = request.headers?.Authorization?.replace('Bearer ', '');
    return StreamPromise.create(() => ({
      // Nobody reads by it: what we ask for comes whole.
      stream: new PassThrough(),
      promise: fetchFor(request, io).then((response) => judge(response, token)),
    }));
  };

  return {
    transport,
    sawStatus,
    hearUsage,
    calls: () => calls,
    count: () => {
      calls += 1;
    },
    asked: () => {
      asked += 1;
    },
    /** Requests beside those that were asked for: jsforce renews a token and tries again by itself. */
    settleUnasked: () => {
      const unasked = calls - asked;
      if (unasked <= 0) return;
      asked += unasked;
      heard({ calls: unasked });
    },
    /** Keeps why a refresh failed: jsforce wraps it in an Error that only has a text. */
    fail: (reason: Error): Error => {
      failure = reason;
      return reason;
    },
    takeFailure: (): Error | undefined => {
      const taken = failure;
      failure = undefined;
      return taken;
    },
  };
}

function vendorError(status: number, text: string): Error {
  const fallback = { errorCode: `ERROR_HTTP_${status}`, message: '' };
  try {
    const body: unknown = JSON.parse(text);
    const first: unknown = Array.isArray(body) ? body[0] : body;
    return Object.assign(new Error('vendor error'), fallback, first);
  } catch {
    return Object.assign(new Error('vendor error'), fallback);
  }
}

function isSalesforceHost(url: string): boolean {
  return new URL(url).hostname.endsWith('.salesforce.com');
}
