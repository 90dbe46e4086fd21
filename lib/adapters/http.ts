import type { RawRequest, WebhookAnswer } from '../connectors/contract-deliveries.ts';

/** The part of API Gateway's HTTP event (payload format 2.0) that is used. */
export interface HttpEvent {
  readonly rawPath: string;
  readonly rawQueryString: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body?: string;
  readonly isBase64Encoded: boolean;
  readonly pathParameters?: Readonly<Record<string, string | undefined>>;
  readonly requestContext: { readonly http: { readonly method: string } };
}

export interface HttpAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly isBase64Encoded?: boolean;
}

/** An answer with headers of its own; a body that is no text is in base64. */
export interface HttpReply extends Omit<HttpAnswer, 'statusCode'> {
  readonly status: number;
}

/** The request exactly as it arrived, raw bytes included: proofs are computed over them. */
export function readRequest(event: HttpEvent): RawRequest {
  const headers = Object.entries(event.headers).map(([name, value]) => [name.toLowerCase(), value ?? ''] as const);
  return {
    method: event.requestContext.http.method,
    path: event.rawPath,
    query: Object.fromEntries(new URLSearchParams(event.rawQueryString)),
    headers: Object.fromEntries(headers),
    body: Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8'),
  };
}

export function answerHttp(answer: WebhookAnswer): HttpAnswer {
  const headers = { 'content-type': answer.contentType ?? 'text/plain; charset=utf-8' };
  return { statusCode: answer.status, headers, body: answer.body };
}

export function replyHttp({ status, ...rest }: HttpReply): HttpAnswer {
  return { statusCode: status, ...rest };
}
