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
import { textAt } from '../engines/template.ts';
import { accessDenied, failureAnswer, jsonAnswer, readJson, type Service } from './answers.ts';
import { type BucketRequest, readBucketRequest } from './bucket-request.ts';
import type { BucketService } from './bucket-service.ts';
import { processIn } from './callers.ts';
import { disturb } from './dynamodb-faults.ts';
import { calm, type Death, deaths, type Fate, type Faults } from './faults.ts';
import type { Guard, Refusal } from './guard.ts';
import { dynamodbNeeds, type Need, sqsNeeds } from './operations.ts';
import { disturbedCall } from './queue-faults.ts';
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
  /** Ends the process of a function in the middle of its call. */
  readonly strike: Strike;
}

/** Ends a process of a function; `process` as `processIn` tells it. */
export type Strike = (functionId: string, process: string | undefined, how: Death) => void;

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

/**
 * Carries one request to its engine and back: role, faults, engine, count. `reset` = break the connection, `silence` = it is
 * never answered.
 */
export function openDispatch(
  parts: DispatchParts,
): (request: ProxyRequest) => Promise<EngineAnswer | 'reset' | 'silence'> {
  const { guard, faults, count } = parts;
  const staleIndexes = openStaleIndexes(faults);

  const dynamodb = async (
    call: Call,
    request: ProxyRequest,
    caller: Caller | undefined,
    fate: Fate,
  ): Promise<EngineAnswer> => {
    const headers = jsonHeaders(`DynamoDB_20120810.${call.operation}`);
    const forward = (body: Buffer) => parts.dynamodb.send({ method: 'POST', path: '/', headers, body });
    if (caller === undefined || call.body === undefined) return await forward(request.body);
    const disturbance = disturb(call.operation, call.body, fate);
    if (disturbance === undefined) {
      const answer = await forward(request.body);
      if (call.operation !== 'Query' || !fate.possible('staleIndex') || answer.status >= 300) return answer;
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

  const sqs = async (call: Call, request: ProxyRequest, _caller: Caller | undefined, fate: Fate) =>
    disturbedCall(call.operation, call.body ?? {}, fate, (operation, body) =>
      parts.queues.handle(operation, body, request.gone),
    );

  const s3 = async (
    call: Call,
    request: ProxyRequest,
    caller: Caller | undefined,
    fate: Fate,
  ): Promise<EngineAnswer> => {
    if (fate.happens('slowDown')) {
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

  const strike = ({ functionLogicalId }: Caller, { headers }: ProxyRequest, how: Death): 'silence' => {
    parts.strike(functionLogicalId, processIn(headers.authorization), how);
    return 'silence';
  };

  return async (request) => {
    const accessKeyId = accessKeyIdIn(request.headers.authorization) ?? '';
    const isStage = accessKeyId === stageAccessKeyId;
    const call = readCall(request, isStage);
    const caller = guard.callerOf(accessKeyId);
    const fate = caller === undefined ? calm : faults.of(caller.functionLogicalId);
    let death: Death | undefined;
    if (!isStage) {
      if (caller === undefined) return failureAnswer(call.service, stranger);
      const unknown = { action: `${call.service}:${call.operation}`, resource: '*' };
      const refusal =
        call.needs === undefined ? guard.record(caller, unknown) : await guard.refuses(caller, call.needs);
      if (refusal !== undefined) return denied(call.service, caller, refusal);
      const delay = fate.delayMs();
      if (delay > 0) await sleep(delay);
      if (fate.happens('resetBefore')) return 'reset';
      death = deaths.find((kind) => fate.happens(kind));
      if (death !== undefined && fate.chance() < 0.5) return strike(caller, request, death);
    }
    const send = () => services[call.service](call, request, caller, fate);
    const isMeasured = parts.around !== undefined && call.service === 'dynamodb' && !isStage;
    const answer = isMeasured ? await parts.around(call.operation, call.body ?? {}, send) : await send();
    count(`${call.service}:${call.operation}`, request.body, answer.body);
    if (caller !== undefined && death !== undefined) return strike(caller, request, death);
    return fate.happens('resetAfter') ? 'reset' : answer;
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
