import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Fault, openFaults, type WaitingFaults } from '../faults.ts';
import { type KeyFile, openSignIn } from '../google-sign-in.ts';
import { openProperty, type Property } from './property.ts';

export const PROPERTY = '123456789';

/** What the simulated API can be told to do wrong. */
export type FaultKind =
  | 'exhausted'
  | 'unavailable'
  | 'token-refused'
  | 'account-disabled'
  | 'not-permitted'
  | 'half-json';

/** A GA4 property behind the Data API, and the place that gives tokens, on one loopback port. */
export interface GoogleAnalyticsSimulator {
  readonly url: string;
  readonly property: Property;
  readonly faults: WaitingFaults<Fault<FaultKind, 'read'>>;
  /** What a connection's secret must hold to sign in here. */
  readonly secret: KeyFile;
  /** Bodies of the reports that were asked for. */
  readonly asked: readonly ReportRequest[];
  /** Tokens of the day that are used. */
  tokensUsed(): number;
  close(): Promise<void>;
}

export interface GoogleAnalyticsOptions {
  readonly now: () => Date;
  /** The number of the property. */
  readonly id?: string;
  /** Tokens of a day; a standard property's. */
  readonly tokensPerDay?: number;
}

interface ReportRequest {
  readonly dateRanges?: readonly { readonly startDate?: string; readonly endDate?: string }[];
  readonly dimensions?: readonly { readonly name: string }[];
  readonly metrics?: readonly { readonly name: string }[];
  readonly orderBys?: readonly { readonly dimension?: { readonly dimensionName?: string } }[];
  readonly offset?: string;
  readonly limit?: string;
  readonly returnPropertyQuota?: boolean;
}

const MOST_ROWS = 250_000;
const DAY_MS = 86_400_000;

/** A refusal, as google.rpc.Status words it. */
class Refusal extends Error {
  readonly status: number;
  readonly word: string;

  constructor(status: number, word: string, message: string) {
    super(message);
    this.status = status;
    this.word = word;
  }
}

const unauthenticated = () =>
  new Refusal(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials. Expected OAuth 2 access token.');
const notPermitted = () =>
  new Refusal(403, 'PERMISSION_DENIED', 'User does not have sufficient permissions for this property.');
const exhausted = () =>
  new Refusal(
    429,
    'RESOURCE_EXHAUSTED',
    'Exhausted property tokens per day. These quota tokens will return in under 24 hours.',
  );
const invalid = (message: string) => new Refusal(400, 'INVALID_ARGUMENT', message);

export async function startGoogleAnalytics(options: GoogleAnalyticsOptions): Promise<GoogleAnalyticsSimulator> {
  const { now, id = PROPERTY, tokensPerDay = 200_000 } = options;
  const property = openProperty();
  const faults = openFaults<Fault<FaultKind, 'read'>>(['read']);
  const signIn = openSignIn(now, 'https://www.googleapis.com/auth/analytics.readonly');
  const asked: ReportRequest[] = [];
  let used = 0;

  function runReport(request: ReportRequest): object {
    const { dimensions = [], metrics = [], dateRanges = [] } = request;
    const [range] = dateRanges;
    if (range === undefined) throw invalid('A dateRange is required.');
    for (const { name } of dimensions) {
      if (!property.knows('dimension', name)) throw invalid(`Field ${name} is not a valid dimension.`);
    }
    for (const { name } of metrics) {
      if (!property.knows('metric', name)) throw invalid(`Field ${name} is not a valid metric.`);
    }
    if (dimensions.length > 9) throw invalid('Requests are limited to 9 dimensions.');
    if (metrics.length === 0 || metrics.length > 10) throw invalid('Requests are limited to 10 metrics.');
    const limit = Number(request.limit ?? 10_000);
    if (limit > MOST_ROWS) throw invalid(`The limit must not be greater than ${MOST_ROWS}.`);
    used += 10;
    if (used > tokensPerDay) throw exhausted();
    const names = dimensions.map(({ name }) => name);
    const days = [dayIn(range.startDate), dayIn(range.endDate)] as const;
    const { rows, thresholded, other } = property.report(
      days,
      names,
      metrics.map(({ name }) => name),
    );
    const places = (request.orderBys ?? []).map(({ dimension }) => names.indexOf(dimension?.dimensionName ?? ''));
    const sorted = [...rows].sort((a, b) => {
      for (const at of places) {
        const [one, another] = [a.by[at] ?? '', b.by[at] ?? ''];
        if (one !== another) return one < another ? -1 : 1;
      }
      return 0;
    });
    const offset = Number(request.offset ?? 0);
    const page = sorted.slice(offset, offset + limit);
    return {
      dimensionHeaders: dimensions,
      metricHeaders: metrics.map(({ name }) => ({ name, type: property.typeOf(name) })),
      // Without a row neither is there (recorded).
      ...(sorted.length === 0 ? {} : { rows: page.map(shape), rowCount: sorted.length }),
      metadata: {
        currencyCode: 'EUR',
        timeZone: 'Europe/Berlin',
        ...(thresholded ? { subjectToThresholding: true } : {}),
        ...(other ? { dataLossFromOtherRow: true } : {}),
        ...(property.sampled ? { samplingMetadatas: [{ samplesReadCount: '1000', samplingSpaceSize: '2000' }] } : {}),
      },
      ...(request.returnPropertyQuota === true
        ? { propertyQuota: { tokensPerDay: { consumed: 10, remaining: tokensPerDay - used } } }
        : {}),
      kind: 'analyticsData#runReport',
    };
  }

  /** `2026-11-20`, `today`, `yesterday` or `7daysAgo`. */
  function dayIn(text = ''): string {
    const back =
      text === 'today' ? 0 : text === 'yesterday' ? 1 : Number(/^(\d+)daysAgo$/.exec(text)?.[1] ?? Number.NaN);
    if (Number.isFinite(back)) return new Date(now().getTime() - back * DAY_MS).toISOString().slice(0, 10);
    if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return text;
    throw invalid('Invalid date.');
  }

  function answerTo(request: IncomingMessage, path: string, body: string): { status: number; text: string } {
    const fault = faults.take('read')?.kind;
    if (fault === 'token-refused') signIn.forget();
    if (fault === 'account-disabled' || !signIn.holds(request.headers.authorization)) throw unauthenticated();
    if (fault === 'not-permitted') throw notPermitted();
    if (fault === 'exhausted') throw exhausted();
    if (fault === 'unavailable') throw new Refusal(503, 'UNAVAILABLE', 'The service is currently unavailable.');
    const [, of] = /^\/v1beta\/properties\/(\d+):runReport$/.exec(path) ?? [];
    if (of === undefined) throw new Refusal(404, 'NOT_FOUND', 'Requested entity was not found.');
    if (of !== id) throw notPermitted();
    const report = JSON.parse(body) as ReportRequest;
    asked.push(report);
    const text = JSON.stringify(runReport(report));
    return { status: 200, text: fault === 'half-json' ? text.slice(0, -5) : text };
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString('utf8');
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const sent =
      pathname === '/token'
        ? tokenAnswer(new URLSearchParams(body))
        : refusing(() => answerTo(request, pathname, body));
    response.writeHead(sent.status, { 'content-type': 'application/json; charset=UTF-8' });
    response.end(sent.text);
  }

  function tokenAnswer(form: URLSearchParams): { status: number; text: string } {
    const granted = signIn.grant(form);
    if (granted !== undefined) return { status: 200, text: JSON.stringify(granted) };
    return {
      status: 400,
      text: JSON.stringify({ error: 'invalid_grant', error_description: 'Invalid JWT Signature.' }),
    };
  }

  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    property,
    faults,
    secret: signIn.keyFile,
    asked,
    tokensUsed: () => used,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function refusing(work: () => { status: number; text: string }): { status: number; text: string } {
  try {
    return work();
  } catch (thrown) {
    const { status, word, message } =
      thrown instanceof Refusal ? thrown : new Refusal(500, 'INTERNAL', 'Internal error encountered.');
    return { status, text: JSON.stringify({ error: { code: status, message, status: word } }) };
  }
}

/** Every value is a text. */
function shape({ by, values }: { readonly by: readonly string[]; readonly values: readonly string[] }): object {
  return {
    ...(by.length === 0 ? {} : { dimensionValues: by.map((value) => ({ value })) }),
    metricValues: values.map((value) => ({ value })),
  };
}
