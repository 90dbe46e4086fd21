import type { IncomingMessage } from 'node:http';
import type { Milliseconds } from '../../domain/instant.ts';
import { isJsonObject, type Json } from '../../domain/json.ts';
import type { RouteMatch } from './http-routes.ts';

/** A request as the stage's server received it. */
export interface ReceivedRequest {
  readonly message: IncomingMessage;
  readonly body: Buffer;
  /** Path as sent, still percent-encoded, and the text after the question mark. */
  readonly path: string;
  readonly query: string;
}

/** An answer as the stage's server sends it. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
}

export interface RequestCircumstances {
  readonly now: Milliseconds;
  readonly requestId: string;
  readonly accountId: string;
  /** Set for authorised routes. */
  readonly userArn?: string;
}

/**
 * A request as a function sees it in payload format 2.0 ("Create AWS Lambda proxy integrations for HTTP APIs" in the
 * API Gateway developer guide). The path is decoded, and ends before a `?` that this brings forth; the query string is
 * not decoded, as captured on the real gateway (hotsock/voker#8). On authorised routes the `authorization` header is
 * left out: it holds the stage's token.
 */
export function payloadOf(request: ReceivedRequest, match: RouteMatch, at: RequestCircumstances): object {
  const { message } = request;
  const { cookie, authorization, ...others } = flattened(message);
  const headers = authorization === undefined || match.route.authorised ? others : { ...others, authorization };
  const host = headers.host ?? 'localhost';
  const sourceIp = message.socket.remoteAddress ?? '127.0.0.1';
  const cookies = cookie?.split('; ') ?? [];
  const parameters = queryParameters(request.query);
  const rawPath = decodedPath(request.path);
  const isText = isTextual(headers['content-type'], headers['content-encoding']);
  return {
    version: '2.0',
    routeKey: match.route.key,
    rawPath,
    rawQueryString: request.query,
    ...(cookies.length === 0 ? {} : { cookies }),
    headers: {
      ...headers,
      'x-amzn-trace-id': `Root=1-${Math.floor(at.now / 1000).toString(16)}-${'0'.repeat(24)}`,
      'x-forwarded-for': sourceIp,
      'x-forwarded-port': host.split(':')[1] ?? '80',
      'x-forwarded-proto': 'http',
    },
    ...(Object.keys(parameters).length === 0 ? {} : { queryStringParameters: parameters }),
    requestContext: {
      accountId: at.accountId,
      apiId: 'local',
      ...(at.userArn === undefined ? {} : { authorizer: { iam: signerOf(at.userArn, at.accountId) } }),
      domainName: host.split(':')[0],
      domainPrefix: host.split(/[.:]/)[0],
      http: {
        method: message.method ?? 'GET',
        path: rawPath,
        protocol: `HTTP/${message.httpVersion}`,
        sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: at.requestId,
      routeKey: match.route.key,
      stage: '$default',
      time: gatewayTime(at.now),
      timeEpoch: at.now,
    },
    ...(Object.keys(match.parameters).length === 0 ? {} : { pathParameters: mapValues(match.parameters, decodedPath) }),
    ...(request.body.length === 0 ? {} : { body: request.body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: request.body.length > 0 && !isText,
  };
}

/**
 * What the caller is answered for a function's payload. Undefined when the gateway could not read it and would answer
 * 500. An object with `statusCode` is a whole answer; anything else is itself the body of a 200.
 */
export function answerOf(payload: string): HttpAnswer | undefined {
  const value = JSON.parse(payload) as Json;
  if (!isJsonObject(value) || value.statusCode === undefined) {
    const body = typeof value === 'string' ? value : payload;
    return { status: 200, headers: [['content-type', 'application/json']], body: Buffer.from(body) };
  }
  const status = Number(value.statusCode);
  if (!Number.isInteger(status) || status < 200 || status > 599) return undefined;
  const { body } = value;
  if (body !== undefined && body !== null && typeof body !== 'string') return undefined;
  const given = Object.entries(isJsonObject(value.headers) ? value.headers : {});
  const headers = given.map(([name, header]) => [name.toLowerCase(), String(header)] as const);
  const cookies = Array.isArray(value.cookies) ? value.cookies : [];
  return {
    status,
    headers: [
      ...(headers.some(([name]) => name === 'content-type')
        ? []
        : [['content-type', 'text/plain;charset=UTF-8'] as const]),
      ...headers,
      ...cookies.map((cookie) => ['set-cookie', String(cookie)] as const),
    ],
    body: Buffer.from(body ?? '', value.isBase64Encoded === true ? 'base64' : 'utf8'),
  };
}

/** Header names in lower case; repeated headers joined by a comma, as the gateway joins them. */
function flattened(message: IncomingMessage): Record<string, string> & { cookie?: string; authorization?: string } {
  const headers: Record<string, string> = {};
  for (const [name, values] of Object.entries(message.headersDistinct)) {
    headers[name] = (values ?? []).join(name === 'cookie' ? '; ' : ',');
  }
  return headers;
}

function queryParameters(query: string): Record<string, string> {
  const parameters: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(query)) {
    parameters[name] = parameters[name] === undefined ? value : `${parameters[name]},${value}`;
  }
  return parameters;
}

/** The gateway hands over text for these types and base64 for all others, form posts among them. */
function isTextual(contentType: string | undefined, encoding: string | undefined): boolean {
  if (encoding !== undefined && encoding !== 'identity') return false;
  return /^(text\/|application\/(json|xml|javascript)\b)/i.test(contentType ?? 'text/plain');
}

function decodedPath(text: string): string {
  try {
    return decodeURIComponent(text).replace(/\?.*/s, '');
  } catch {
    // Not percent-encoding at all: the caller meant the characters themselves.
    return text;
  }
}

function signerOf(userArn: string, accountId: string): object {
  return {
    accessKey: 'local',
    accountId,
    callerId: 'local',
    cognitoIdentity: null,
    principalOrgId: null,
    userArn,
    userId: 'local',
  };
}

/** `12/Mar/2020:19:03:58 +0000` */
function gatewayTime(now: Milliseconds): string {
  const [, day, month, year, time] = new Date(now).toUTCString().split(' ');
  return `${day}/${month}/${year}:${time} +0000`;
}

function mapValues(from: Readonly<Record<string, string>>, change: (value: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(from).map(([name, value]) => [name, change(value)]));
}
