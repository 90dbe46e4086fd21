import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import {
  accessKeyIdIn,
  type EngineAnswer,
  type Exchange,
  encode,
  jsonHeaders,
  stageAccessKeyId,
} from '../engines/exchange.ts';
import { listAt, textAt } from '../engines/template.ts';
import { accessDenied, failureAnswer, jsonAnswer, readJson, type Service } from './answers.ts';
import { type BucketRequest, readBucketRequest } from './bucket-request.ts';
import type { BucketService } from './bucket-service.ts';
import { disturb } from './dynamodb-faults.ts';
import type { Faults } from './faults.ts';
import type { Guard, Refusal } from './guard.ts';
import { dynamodbNeeds, type Need, sqsNeeds } from './operations.ts';
import type { QueueService } from './queue-service.ts';
import { type Caller, principalOf } from './roles.ts';
import { openStaleIndexes } from './stale-index.ts';
import { snsNeeds, type TopicService } from './topic-service.ts';

export interface DispatchParts {
  readonly dynamodb: Exchange;
  readonly engine: Exchange;
  readonly queues: QueueService;
  readonly buckets: BucketService;
  readonly topics: TopicService;
  readonly guard: Guard;
  readonly faults: Faults;
  readonly count: (operation: string, sent: Buffer, answer: Buffer) => void;
  readonly around?: Around | undefined;
}

/** Stands around the calls that functions make of DynamoDB: for measuring, which sees what was stored before and after. */
export type Around = (operation: string, body: JsonObject, send: () => Promise<EngineAnswer>) => Promise<EngineAnswer>;

/** A whole request, as a client sent it. */
export interface ProxyRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** True when the client has hung up. */
  readonly gone: () => boolean;
}

/** One call, read as far as it must be. */
interface Call {
  readonly service: Service;
  readonly operation: string;
  /** The body of a JSON service; undefined for S3 and for the stage's own DynamoDB calls, which nobody looks into. */
  readonly body: JsonObject | undefined;
  readonly bucketRequest: BucketRequest | undefined;
  readonly needs: readonly Need[] | undefined;
}

/** Carries one request to its engine and back: role, faults, engine, count. `reset` = break the connection. */
export function openDispatch(parts: DispatchParts): (request: ProxyRequest) => Promise<EngineAnswer | 'reset'> {
  const { guard, faults, count } = parts;
  const staleIndexes = openStaleIndexes(faults);

  const dynamodb = async (call: Call, request: ProxyRequest, caller: Caller | undefined): Promise<EngineAnswer> => {
    const headers = jsonHeaders(`DynamoDB_20120810.${call.operation}`);
    const forward = (body: Buffer) => parts.dynamodb.send({ method: 'POST', path: '/', headers, body });
    if (caller === undefined || call.body === undefined) return await forward(request.body);
    const disturbance = disturb(call.operation, call.body, faults);
    if (disturbance === undefined) {
      const answer = await forward(request.body);
      if (call.operation !== 'Query' || !faults.possible('staleIndex') || answer.status >= 300) return answer;
      if (textAt(call.body, 'IndexName') === undefined) return answer;
      return jsonAnswer(staleIndexes.answer(call.body, readJson(answer)));
    }
    if ('failure' in disturbance) {
      const { more, ...failure } = disturbance.failure;
      const answer = failureAnswer('dynamodb', failure);
      return more === undefined ? answer : jsonAnswer({ ...readJson(answer), ...more }, failure.status);
    }
    if (disturbance.body === undefined) return jsonAnswer(disturbance.complete({}));
    const answer = await forward(encode(disturbance.body));
    return answer.status >= 300 ? answer : jsonAnswer(disturbance.complete(readJson(answer)));
  };

  const sqs = async (call: Call, request: ProxyRequest, caller: Caller | undefined): Promise<EngineAnswer> => {
    const body = call.body ?? {};
    if (caller === undefined) return await parts.queues.handle(call.operation, body, request.gone);
    if (faults.happens('queueError')) {
      const message = 'We encountered an internal error. Please try again.';
      return failureAnswer('sqs', { status: 500, code: 'InternalError', message });
    }
    const entries = listAt(body, 'Entries');
    if (call.operation !== 'SendMessageBatch' || !faults.happens('partialSend')) {
      return await parts.queues.handle(call.operation, body, request.gone);
    }
    const taken = entries.slice(0, Math.floor(entries.length / 2));
    const failed = entries.slice(taken.length).map((entry) => ({
      Id: isJsonObject(entry) ? (entry.Id ?? '') : '',
      SenderFault: false,
      Code: 'InternalError',
      Message: 'We encountered an internal error. Please try again.',
    }));
    if (taken.length === 0) return jsonAnswer({ Successful: [], Failed: failed });
    const answer = await parts.queues.handle(call.operation, { ...body, Entries: taken }, request.gone);
    if (answer.status >= 300) return answer;
    const said = readJson(answer);
    return jsonAnswer({ ...said, Failed: [...listAt(said, 'Failed'), ...failed] });
  };

  const s3 = async (call: Call, request: ProxyRequest, caller: Caller | undefined): Promise<EngineAnswer> => {
    if (caller !== undefined && faults.happens('slowDown')) {
      return failureAnswer('s3', { status: 503, code: 'SlowDown', message: 'Please reduce your request rate.' });
    }
    const { method, path, body } = request;
    const sent = { method, path, headers: forwardable(request.headers), body };
    if (call.bucketRequest === undefined) return await parts.engine.send(sent);
    const answer = await parts.buckets.handle(call.bucketRequest, sent);
    const { bucket, key, operation } = call.bucketRequest;
    if (answer.status !== 404 || caller === undefined || !['GetObject', 'HeadObject'].includes(operation))
      return answer;
    // Who may not list the bucket is not told whether an object exists (S3 API reference, GetObject).
    const listing = { action: 's3:ListBucket', resource: `arn:aws:s3:::${bucket}` };
    const refusal = key === '' ? undefined : await guard.refuses(caller, [listing]);
    return refusal === undefined ? answer : denied('s3', caller, refusal);
  };

  const sns = async (_call: Call, request: ProxyRequest): Promise<EngineAnswer> =>
    parts.topics.handle(new URLSearchParams(request.body.toString()));

  const services = { dynamodb, sqs, s3, sns };

  return async (request) => {
    const accessKeyId = accessKeyIdIn(request.headers.authorization) ?? '';
    const isStage = accessKeyId === stageAccessKeyId;
    const call = readCall(request, isStage);
    const caller = guard.callerOf(accessKeyId);
    if (!isStage) {
      if (caller === undefined) return failureAnswer(call.service, stranger);
      const unknown = { action: `${call.service}:${call.operation}`, resource: '*' };
      const refusal =
        call.needs === undefined ? guard.record(caller, unknown) : await guard.refuses(caller, call.needs);
      if (refusal !== undefined) return denied(call.service, caller, refusal);
      const delay = faults.delayMs();
      if (delay > 0) await sleep(delay);
      if (faults.happens('resetBefore')) return 'reset';
    }
    const send = () => services[call.service](call, request, caller);
    const isMeasured = parts.around !== undefined && call.service === 'dynamodb' && !isStage;
    const answer = isMeasured ? await parts.around(call.operation, call.body ?? {}, send) : await send();
    count(`${call.service}:${call.operation}`, request.body, answer.body);
    return !isStage && faults.happens('resetAfter') ? 'reset' : answer;
  };
}

const stranger = {
  status: 403,
  code: 'UnrecognizedClientException',
  message: 'The security token included in the request is invalid.',
};

function readCall(request: ProxyRequest, isStage: boolean): Call {
  const [api, operation = ''] = String(request.headers['x-amz-target'] ?? '').split('.');
  if (api === 'DynamoDB_20120810') {
    const body = isStage ? undefined : readBody(request.body);
    const needs = body === undefined ? [] : dynamodbNeeds(operation, body);
    return { service: 'dynamodb', operation, body, needs, bucketRequest: undefined };
  }
  if (api === 'AmazonSQS') {
    const body = readBody(request.body);
    return { service: 'sqs', operation, body, needs: sqsNeeds(operation, body), bucketRequest: undefined };
  }
  if (String(request.headers['content-type']).startsWith('application/x-www-form-urlencoded')) {
    const form = new URLSearchParams(request.body.toString());
    const operation = form.get('Action') ?? '';
    return { service: 'sns', operation, body: undefined, needs: snsNeeds(form), bucketRequest: undefined };
  }
  const copySource = request.headers['x-amz-copy-source'];
  const bucketRequest = readBucketRequest({
    method: request.method,
    path: request.path,
    copySource: typeof copySource === 'string' ? copySource : undefined,
    body: request.body,
  });
  const name = bucketRequest?.operation ?? `${request.method} with ${new URL(request.path, 'http://stage').search}`;
  return { service: 's3', operation: name, body: undefined, needs: bucketRequest?.needs, bucketRequest };
}

function readBody(body: Buffer): JsonObject {
  const value: unknown = JSON.parse(body.toString());
  return isJsonObject(value) ? value : {};
}

function denied(service: Service, caller: Caller, refusal: Refusal): EngineAnswer {
  return failureAnswer(service, accessDenied(service, principalOf(caller), refusal.action, refusal.resource));
}

function forwardable(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const { host: _host, connection: _connection, expect: _expect, 'transfer-encoding': _coding, ...rest } = headers;
  return rest;
}
