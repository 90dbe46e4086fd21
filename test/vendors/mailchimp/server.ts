import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { isJsonObject, type JsonObject } from '../../../lib/domain/json.ts';
import { accountRoutes } from './account-routes.ts';
import { campaignRoutes } from './campaign-routes.ts';
import { type Fault, takeFault } from './faults.ts';
import { md5 } from './member.ts';
import { memberRoutes } from './member-routes.ts';
import { mergeFieldRoutes } from './merge-fields.ts';
import { type Problem, ProblemError, problems } from './problem.ts';
import type { Call, Route } from './route.ts';
import { segmentRoutes } from './segment-routes.ts';
import { dropFields, keepFields } from './select-fields.ts';
import { surveyRoutes } from './survey-routes.ts';

/** Documented: ten simultaneous connections per API key (Mailchimp developer guide, "Throttling"). */
const MAX_CONNECTIONS = 10;

const routes: readonly Route[] = [
  ...memberRoutes,
  ...mergeFieldRoutes,
  ...segmentRoutes,
  ...campaignRoutes,
  ...surveyRoutes,
  ...accountRoutes,
];

export interface HeardCall {
  readonly method: string;
  /** With `/3.0`, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: JsonObject;
  /** When it came, by the account's clock. */
  readonly at: number;
  status: number;
}

/** What the server serves, kept by the simulator. */
export type Account = Pick<Call, 'lists' | 'campaigns' | 'surveys' | 'webhooks' | 'nextId'> & {
  readonly apiKey: string;
  readonly faults: Fault[];
  now(): number;
};

/** The HTTP side of the API: authentication, throttling, faults, problem documents, `fields`. */
export function makeServer(account: Account) {
  const calls: HeardCall[] = [];
  let open = 0;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const call: HeardCall = {
      method: request.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      body: await readBody(request),
      at: account.now(),
      status: 0,
    };
    calls.push(call);
    response.once('finish', () => {
      call.status = response.statusCode;
    });
    if (open > MAX_CONNECTIONS) throw problems.tooMany();
    authenticate(request.headers.authorization, account.apiKey);
    const fault = takeFault(account.faults, call.method);
    if (fault?.kind === 'slow') await new Promise((resolve) => setTimeout(resolve, fault.ms));
    if (fault !== undefined && failBefore(fault, response)) return;
    const result = await run(account, call, fault);
    if (fault?.kind === 'error') return sendProblem(response, serverError(fault.status));
    if (result === undefined) return void response.writeHead(204).end();
    const fields = call.query.get('fields');
    const excluded = call.query.get('exclude_fields');
    const kept = fields === null ? result : keepFields(result, fields);
    const body = JSON.stringify(excluded === null ? kept : dropFields(kept, excluded));
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' }).end(body);
  }

  const http = createServer((request, response) => {
    open += 1;
    response.once('close', () => {
      open -= 1;
    });
    answer(request, response).catch((thrown: unknown) => {
      if (thrown instanceof ProblemError) sendProblem(response, thrown.problem);
      else sendProblem(response, { status: 500, title: 'Internal Server Error', detail: String(thrown) });
    });
  });

  return {
    http,
    calls,
    close: () =>
      new Promise<void>((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
}

async function run(account: Account, call: HeardCall, fault: Fault | undefined): Promise<JsonObject | undefined> {
  if (!call.path.startsWith('/3.0')) throw problems.notFound();
  const path = call.path.slice('/3.0'.length);
  for (const route of routes) {
    const match = call.method === route.method ? route.path.exec(path) : null;
    if (match === null) continue;
    const part = (group: number) => decodeURIComponent(match[group] ?? '');
    const result = await route.run({
      ...account,
      query: call.query,
      body: call.body,
      part,
      list() {
        const list = account.lists.get(part(1));
        if (list === undefined) throw problems.notFound();
        return list;
      },
      tagsAnyone: fault?.kind === 'tags-anyone',
      partially: (count) => carriedOut(fault, count),
    });
    return isJsonObject(result) ? result : undefined;
  }
  throw problems.notFound();
}

/** Which addresses of a batch a fault lets through. */
function carriedOut(fault: Fault | undefined, count: number): (email: string) => boolean {
  if (fault?.kind === 'silence') return (email) => email.toLowerCase() !== fault.email.toLowerCase();
  if (fault?.kind !== 'error') return () => true;
  let left = Math.floor(count * (fault.carriedOut ?? 0));
  return () => left-- > 0;
}

/** Answers in place of the API where the fault says so. */
function failBefore(fault: Fault, response: ServerResponse): boolean {
  if (fault.kind === 'too-many') {
    const headers = fault.retryAfterSeconds === undefined ? {} : { 'retry-after': String(fault.retryAfterSeconds) };
    if (fault.body === 'html') page(response, 429, 'Too Many Requests', headers);
    else if (fault.body === 'empty') response.writeHead(429, headers).end();
    else sendProblem(response, problems.tooMany().problem, headers);
    return true;
  }
  if (fault.kind === 'forbidden-page') {
    page(response, 403, 'Access Denied', {});
    return true;
  }
  if (fault.kind === 'garbage') {
    if (fault.body === 'html') page(response, 200, 'Welcome', {});
    else response.writeHead(200, { 'content-type': 'application/json' }).end('{"members":[');
    return true;
  }
  return false;
}

function authenticate(header: string | undefined, apiKey: string): void {
  const given = keyIn(header);
  if (given === undefined) throw problems.noKey();
  const own = dataCentreOf(apiKey);
  if (given.includes('-') && dataCentreOf(given) !== own && /^us\d+$/.test(dataCentreOf(given))) {
    throw problems.wrongDataCentre(dataCentreOf(given));
  }
  if (given !== apiKey) throw problems.badKey();
}

/** Basic with any user name, or Bearer. */
function keyIn(header: string | undefined): string | undefined {
  const [scheme, value] = (header ?? '').split(' ');
  if (value === undefined) return undefined;
  if (scheme === 'Bearer') return value;
  if (scheme !== 'Basic') return undefined;
  const pair = Buffer.from(value, 'base64').toString('utf8');
  return pair.slice(pair.indexOf(':') + 1);
}

function dataCentreOf(key: string): string {
  return key.slice(key.lastIndexOf('-') + 1);
}

async function readBody(request: IncomingMessage): Promise<JsonObject> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  if (chunks.length === 0) return {};
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    return isJsonObject(body) ? body : {};
  } catch {
    throw problems.invalid('We encountered an unspecified JSON parsing error.');
  }
}

function serverError(status: 500 | 504): Problem {
  return status === 500
    ? { status, title: 'Internal Server Error', detail: 'An unexpected internal error has occurred.' }
    : { status, title: 'Gateway Timeout', detail: '' };
}

function sendProblem(response: ServerResponse, problem: Problem, headers: Readonly<Record<string, string>> = {}): void {
  const instance = md5(`${problem.title} ${problem.detail}`);
  response
    .writeHead(problem.status, {
      'content-type': 'application/problem+json; charset=utf-8',
      link: '</schema/3.0/Definitions/ProblemDetailDocument.json>; rel="describedBy"',
      'x-request-id': instance,
      ...headers,
    })
    .end(JSON.stringify({ type: 'https://mailchimp.com/developer/marketing/docs/errors/', ...problem, instance }));
}

function page(response: ServerResponse, status: number, text: string, headers: Readonly<Record<string, string>>): void {
  response
    .writeHead(status, { 'content-type': 'text/html', ...headers })
    .end(`<html><head><title>${text}</title></head><body><h1>${text}</h1></body></html>`);
}
