import { randomUUID } from 'node:crypto';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import type { EngineAnswer } from '../engines/exchange.ts';

/** The services that the proxy stands in for. */
export type Service = 'dynamodb' | 'sqs' | 's3' | 'sns';

/** A failure in the words of a service, before it is given that service's form. */
export interface ServiceFailure {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

// The namespaces that the two JSON services put before their error names.
const namespaces = { dynamodb: 'com.amazonaws.dynamodb.v20120810', sqs: 'com.amazonaws.sqs' } as const;

/** A JSON answer with status 200, or another. */
export function jsonAnswer(body: unknown, status = 200): EngineAnswer {
  return {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': randomUUID() },
    body: Buffer.from(JSON.stringify(body)),
  };
}

/** The JSON object in an answer; empty when there is none. */
export function readJson(answer: EngineAnswer): JsonObject {
  const value: unknown = answer.body.byteLength === 0 ? {} : JSON.parse(answer.body.toString());
  return isJsonObject(value) ? value : {};
}

/** The failure as the service itself would word it: JSON with `__type` for DynamoDB and SQS, XML for S3. */
export function failureAnswer(service: Service, failure: ServiceFailure): EngineAnswer {
  if (service === 's3' || service === 'sns') return xmlFailure(service, failure);
  const namespace = failure.code === 'AccessDeniedException' ? 'com.amazon.coral.service' : namespaces[service];
  const answer = jsonAnswer({ __type: `${namespace}#${failure.code}`, message: failure.message }, failure.status);
  if (service === 'dynamodb') return answer;
  const fault = failure.status < 500 ? 'Sender' : 'Receiver';
  // The SQS client takes its error name from this header (AWS JSON protocol with query compatibility).
  return { ...answer, headers: { ...answer.headers, 'x-amzn-query-error': `${failure.code};${fault}` } };
}

/** A refusal as IAM words it. */
export function accessDenied(service: Service, principal: string, action: string, resource: string): ServiceFailure {
  const quoted = service === 's3' ? `"${resource}"` : resource;
  return {
    status: service === 'dynamodb' ? 400 : 403,
    code: service === 's3' ? 'AccessDenied' : service === 'sns' ? 'AuthorizationError' : 'AccessDeniedException',
    message: `User: ${principal} is not authorized to perform: ${action} on resource: ${quoted} because no identity-based policy allows the ${action} action`,
  };
}

function xmlFailure(service: 's3' | 'sns', failure: ServiceFailure): EngineAnswer {
  const requestId = randomUUID();
  const error = `<Code>${failure.code}</Code><Message>${escapeXml(failure.message)}</Message>`;
  const form =
    service === 's3'
      ? `<Error>${error}<RequestId>${requestId}</RequestId></Error>`
      : `<ErrorResponse><Error><Type>${failure.status < 500 ? 'Sender' : 'Receiver'}</Type>${error}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
  const xml = `<?xml version="1.0" encoding="UTF-8"?>\n${form}`;
  return {
    status: failure.status,
    headers: { 'content-type': 'application/xml', 'x-amz-request-id': requestId },
    body: Buffer.from(xml),
  };
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
