import type { RawRequest } from '../../connectors/contract-deliveries.ts';
import type { Json } from '../../domain/json.ts';

/** An answer of the collector. */
export interface CollectAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly isBase64Encoded?: boolean;
}

/** Headers that clients send beside the usual ones; a browser asks first whether it may. */
const ASKED_HEADERS =
  'authorization,content-type,anonymousid,sentat,x-retry-count,x-write-key,rsa-recovered,rsa-retry-attempt,rsa-since-last-attempt,rsa-since-first-attempt,rsa-retry-reason';
/** Nothing else is said again in a header: no letter that could end it. */
const ORIGIN = /^[\x21-\x7e]{1,300}$/;
const GIF = 'R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7';

/**
 * Lets pages of any origin read the answer. Beacons are sent with credentials, which nothing here reads, and browsers
 * then want the origin by name.
 */
function corsHeaders({ headers }: Pick<RawRequest, 'headers'>): Record<string, string> {
  const { origin } = headers;
  if (origin === undefined || !ORIGIN.test(origin)) return { 'access-control-allow-origin': '*' };
  return { 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true', vary: 'Origin' };
}

/** The answer to a browser that asks whether it may send. */
export function preflight(request: RawRequest): CollectAnswer {
  const wanted = request.headers['access-control-request-headers'] ?? '';
  const headers = {
    ...corsHeaders(request),
    'access-control-allow-methods': 'POST,GET,OPTIONS',
    'access-control-allow-headers': /^[\w ,-]{1,1000}$/.test(wanted) ? wanted : ASKED_HEADERS,
    'access-control-max-age': '86400',
  };
  return { status: 204, headers, body: '' };
}

/** A JSON object for everybody: the Ruby client reads every answer as one, the Python client wants exactly 200. */
export function success(request: RawRequest): CollectAnswer {
  return json(request, 200, { success: true });
}

/** As Segment refuses, and as its Python client reads it. */
export function refusal(request: RawRequest, status: number, code: string, message: string): CollectAnswer {
  return json(request, status, { success: false, code, message });
}

/** As RudderStack's gateway refuses: a text. */
export function strictRefusal(request: RawRequest, status: number, text: string): CollectAnswer {
  return { status, headers: { ...corsHeaders(request), 'content-type': 'text/plain; charset=utf-8' }, body: text };
}

/** The picture of a pixel: one transparent dot, never kept by a cache. */
export function picture(request: RawRequest): CollectAnswer {
  const headers = { ...corsHeaders(request), 'content-type': 'image/gif', 'cache-control': 'no-store' };
  return { status: 200, headers, body: GIF, isBase64Encoded: true };
}

/**
 * What `@segment/analytics-next` and the mobile clients load before they start. One destination only: for others they
 * would fetch code. Where to send is told too, so that a page need only be told where to load this from.
 */
export function segmentSettings(request: RawRequest, writeKey: string): CollectAnswer {
  const { host } = request.headers;
  const protocol = request.headers['x-forwarded-proto'] ?? 'https';
  const there = host === undefined ? {} : { apiHost: `${host}/v1`, protocol };
  const body = {
    integrations: { 'Segment.io': { apiKey: writeKey, ...there } },
    plan: {},
    metrics: { sampleRate: 0 },
  };
  return json(request, 200, body, { 'cache-control': 'public, max-age=60' });
}

/** What `@rudderstack/analytics-js` loads before it starts. */
export function rudderSourceConfig(request: RawRequest, writeKey: string, source: string): CollectAnswer {
  const off = { enabled: false };
  const config = { statsCollection: { errors: off, metrics: off } };
  const body = {
    source: { id: source, name: source, writeKey, enabled: true, workspaceId: 'tributary', config, destinations: [] },
  };
  return json(request, 200, body);
}

function json(
  request: RawRequest,
  status: number,
  body: Json,
  more: Readonly<Record<string, string>> = {},
): CollectAnswer {
  const headers = { ...corsHeaders(request), 'content-type': 'application/json', ...more };
  return { status, headers, body: JSON.stringify(body) };
}
