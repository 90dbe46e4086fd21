import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSender } from './sender.ts';

const TOKEN = 'tfp_simulated_personal_access_token';
const SIGNING_SECRET = 'a-signing-secret-of-the-simulated-form';
const MOST_IN_PAGE = 1_000;
const DEFAULT_PAGE = 25;

/** An answer as Typeform holds it: its kind names the key of its value. */
export interface SimAnswer {
  readonly type: string;
  readonly field: { readonly id: string; readonly type: string; readonly ref?: string };
  readonly [kind: string]: unknown;
}

export interface SimResponse {
  readonly token: string;
  readonly landed_at: string;
  readonly submitted_at: string;
  readonly answers?: unknown;
  readonly hidden?: Readonly<Record<string, string>>;
}

export interface FormTool {
  readonly url: string;
  readonly form: string;
  /** What a connection's secret must hold. */
  readonly secret: { readonly signing_secret: string; readonly access_token: string };
  /** In the order in which they were processed. */
  readonly responses: readonly SimResponse[];
  readonly sender: ReturnType<typeof createSender>;
  /** Requests so far, as paths with queries. */
  readonly calls: readonly string[];
  /** Somebody answers the form; tells whoever subscribed. */
  submit(response: Partial<SimResponse>): Promise<SimResponse>;
  /** Answers the next request with this status. */
  failNext(status: number, headers?: Readonly<Record<string, string>>): void;
  close(): Promise<void>;
}

/** One Typeform form with its responses and its webhook, on a free loopback port. */
export async function startFormTool(options: { readonly now: () => Date; readonly form: string }): Promise<FormTool> {
  const { now, form } = options;
  const responses: SimResponse[] = [];
  const sender = createSender(now, SIGNING_SECRET);
  const calls: string[] = [];
  let fault: { readonly status: number; readonly headers: Readonly<Record<string, string>> } | undefined;

  function answerTo(url: URL, authorization: string | undefined) {
    if (fault !== undefined) {
      const { status, headers } = fault;
      fault = undefined;
      return { status, headers, body: { code: 'FAULT', description: 'as the test wished' } };
    }
    if (authorization !== `Bearer ${TOKEN}`) {
      return {
        status: 401,
        body: { code: 'AUTHENTICATION_FAILED', description: 'Authentication credentials not found' },
      };
    }
    if (url.pathname !== `/forms/${form}/responses`) {
      return { status: 404, body: { code: 'FORM_NOT_FOUND', description: 'Non existing form' } };
    }
    const items = pageOf(responses, url.searchParams);
    return items === undefined
      ? {
          status: 400,
          body: { code: 'VALIDATION_ERROR', description: 'before, after and sort exclude each other', details: [] },
        }
      : { status: 200, body: { items, total_items: responses.length, page_count: 1 } };
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    calls.push(`${url.pathname}${url.search}`);
    const answer: ReturnType<typeof answerTo> = answerTo(url, request.headers.authorization);
    const headers = 'headers' in answer ? answer.headers : {};
    response
      .writeHead(answer.status, { 'content-type': 'application/json', ...headers })
      .end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    form,
    secret: { signing_secret: SIGNING_SECRET, access_token: TOKEN },
    responses,
    sender,
    calls,
    async submit(given) {
      const at = `${now().toISOString().slice(0, 19)}Z`;
      const token = given.token ?? `token${String(responses.length).padStart(4, '0')}`;
      const response: SimResponse = { landed_at: at, submitted_at: at, ...given, token };
      responses.push(response);
      const body = {
        event_id: `event-${token}`,
        event_type: 'form_response',
        form_response: { form_id: form, ...response },
      };
      await sender.announce(JSON.stringify(body));
      return response;
    },
    failNext: (status, headers = {}) => {
      fault = { status, headers };
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/**
 * Newest first by submission; with `before` or `after`, by processing, so that a walk repeats and loses nothing (Responses
 * API, read on 2026-08-22). Undefined where the three exclude each other.
 */
function pageOf(responses: readonly SimResponse[], query: URLSearchParams): readonly SimResponse[] | undefined {
  const [before, after, sort] = [query.get('before'), query.get('after'), query.get('sort')];
  if ([before, after, sort].filter((one) => one !== null).length > 1) return undefined;
  const size = Math.min(Number(query.get('page_size') ?? DEFAULT_PAGE), MOST_IN_PAGE);
  const newestFirst = [...responses].reverse();
  if (before !== null) {
    const at = newestFirst.findIndex(({ token }) => token === before);
    return at < 0 ? [] : newestFirst.slice(at + 1, at + 1 + size);
  }
  if (after !== null) {
    const at = newestFirst.findIndex(({ token }) => token === after);
    return newestFirst.slice(Math.max(0, at - size), Math.max(0, at));
  }
  return newestFirst
    .sort((a, b) => (a.submitted_at < b.submitted_at ? 1 : a.submitted_at > b.submitted_at ? -1 : 0))
    .slice(0, size);
}
