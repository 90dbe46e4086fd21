import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSender } from './sender.ts';
import { details, pagesOf, type Said, SURVEY } from './survey.ts';

const secret = {
  access_token: 'simulated-surveymonkey-token',
  client_id: 'simulated-client-id',
  client_secret: 'simulated-client-secret',
};
const MOST_IN_PAGE = 100;
const USUAL_PAGE = 50;
const MINUTE_LIMIT = 120;

export interface SimResponse {
  readonly id: string;
  status: 'completed' | 'partial';
  pages: unknown;
  readonly created: number;
  modified: number;
}

/** One survey with its responses and webhooks, on a loopback port. */
export interface SurveymonkeySimulator {
  readonly url: string;
  readonly secret: typeof secret;
  readonly responses: ReadonlyMap<string, SimResponse>;
  /** Requests so far, as paths with queries. */
  readonly calls: readonly string[];
  readonly sender: ReturnType<typeof createSender>;
  /** Requests of the day that are used. */
  dayUsed(): number;
  submit(
    said: Said,
    more?: { readonly at?: Date; readonly status?: SimResponse['status']; readonly pages?: unknown },
  ): string;
  /** Somebody changes what they answered. */
  edit(id: string, said: Said): void;
  remove(id: string): void;
  /** Answers the next requests with this status, as the API words it. */
  failNext(status: number, times?: number): void;
  close(): Promise<void>;
}

export interface SurveymonkeyOptions {
  readonly now: () => Date;
  readonly survey?: string;
  readonly dayLimit?: number;
}

/** Codes of the API's errors by their statuses (error codes, read on 2026-11-26). */
const CODES: Readonly<Record<number, readonly [id: string, name: string]>> = {
  400: ['1003', 'Bad Request'],
  401: ['1011', 'Authorization Error'],
  403: ['1014', 'Permission Error'],
  404: ['1020', 'Resource Not Found'],
  429: ['1040', 'Rate limit reached'],
  500: ['1050', 'Internal Server Error'],
  503: ['1051', 'Internal Server Error'],
};

export async function startSurveymonkey(options: SurveymonkeyOptions): Promise<SurveymonkeySimulator> {
  const { now, survey = SURVEY, dayLimit = 500 } = options;
  const responses = new Map<string, SimResponse>();
  const calls: string[] = [];
  const sender = createSender({ now, survey, clientId: secret.client_id, clientSecret: secret.client_secret });
  const failures: number[] = [];
  let used = 0;
  let lastId = 5_007_154_000;

  const whole = (at: number): number => Math.floor(at / 1_000) * 1_000;
  /** An offset with a colon and no thousandths, as the examples have it. */
  const timeOf = (at: number): string => new Date(at).toISOString().replace('.000Z', '+00:00');

  function shape({ id, status, pages, created, modified }: SimResponse): object {
    return {
      id,
      survey_id: survey,
      collector_id: '50253586',
      recipient_id: '',
      collection_mode: 'default',
      response_status: status,
      custom_value: '',
      custom_variables: {},
      ip_address: '',
      total_time: 42,
      date_created: timeOf(created),
      date_modified: timeOf(modified),
      pages,
    };
  }

  function bulk(query: URLSearchParams): object {
    const size = Number(query.get('per_page') ?? USUAL_PAGE);
    if (size > MOST_IN_PAGE) throw 400;
    const page = Number(query.get('page') ?? 1);
    const since = query.get('start_modified_at');
    const after = since === null ? Number.NEGATIVE_INFINITY : Date.parse(`${since}Z`);
    const status = query.get('status');
    const rows = [...responses.values()]
      .filter((one) => one.modified > after && (status === null || one.status === status))
      .sort((a, b) => a.modified - b.modified || Number(a.id) - Number(b.id));
    if (query.get('sort_order') !== 'ASC') rows.reverse();
    const shown = rows.slice((page - 1) * size, page * size);
    const link = (to: number): string =>
      `https://api.surveymonkey.com/v3/surveys/${survey}/responses/bulk?page=${to}&per_page=${size}`;
    const links = { self: link(page), ...(page * size < rows.length ? { next: link(page + 1) } : {}) };
    return { data: shown.map(shape), per_page: size, page, total: rows.length, links };
  }

  function answerTo(request: IncomingMessage): object {
    const failure = failures.shift();
    if (failure !== undefined) throw failure;
    if (request.headers.authorization !== `bearer ${secret.access_token}`) throw 401;
    if (used > dayLimit) throw 429;
    const url = new URL(request.url ?? '/', 'http://localhost');
    const base = `/v3/surveys/${survey}`;
    if (url.pathname === `${base}/details`) return { ...details, id: survey };
    if (url.pathname === `${base}/responses/bulk`) return bulk(url.searchParams);
    const [, id = ''] = /\/responses\/(\d+)\/details$/.exec(url.pathname) ?? [];
    const found = url.pathname.startsWith(base) ? responses.get(id) : undefined;
    if (found === undefined) throw 404;
    return shape(found);
  }

  function serve(request: IncomingMessage, response: ServerResponse): void {
    calls.push(request.url ?? '');
    used += 1;
    let status = 200;
    let body: object;
    try {
      body = answerTo(request);
    } catch (thrown) {
      status = typeof thrown === 'number' ? thrown : 500;
      const [id, name] = CODES[status] ?? CODES[500] ?? [];
      const docs = 'https://developer.surveymonkey.com/api/v3/#error-codes';
      body = { error: { docs, message: 'It did not work.', id, name, http_status_code: status } };
    }
    const isSpent = status === 429;
    response
      .writeHead(status, {
        'content-type': 'application/json',
        'X-Ratelimit-App-Global-Day-Limit': String(dayLimit),
        'X-Ratelimit-App-Global-Day-Remaining': String(Math.max(0, dayLimit - used)),
        'X-Ratelimit-App-Global-Day-Reset': '3600',
        'X-Ratelimit-App-Global-Minute-Limit': String(MINUTE_LIMIT),
        'X-Ratelimit-App-Global-Minute-Remaining': isSpent ? '0' : '100',
        'X-Ratelimit-App-Global-Minute-Reset': '20',
      })
      .end(JSON.stringify(body));
  }

  const server = createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    secret,
    responses,
    calls,
    sender,
    dayUsed: () => used,
    submit(said, { at = now(), status = 'completed', pages = pagesOf(said) } = {}) {
      lastId += 1;
      const id = String(lastId);
      responses.set(id, { id, status, pages, created: whole(at.getTime()), modified: whole(at.getTime()) });
      sender.announce(status === 'completed' ? 'response_completed' : 'response_created', id);
      return id;
    },
    edit(id, said) {
      const response = responses.get(id);
      if (response === undefined) throw new Error(`the simulator has no response ${id}`);
      response.pages = pagesOf(said);
      response.modified = whole(now().getTime());
      sender.announce('response_updated', id);
    },
    remove(id) {
      responses.delete(id);
      sender.announce('response_deleted', id);
    },
    failNext(status, times = 1) {
      failures.push(...Array.from({ length: times }, () => status));
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
