import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Milliseconds } from '../../domain/instant.ts';
import type { BucketNotice } from '../engines/bucket-notices.ts';
import type { EngineUrls, QueueSettings } from '../engines/create-resources.ts';
import { type EngineAnswer, openExchange } from '../engines/exchange.ts';
import { stageAccount } from '../engines/resource-names.ts';
import { failureAnswer } from './answers.ts';
import { openBucketService } from './bucket-service.ts';
import { type Counts, openCounter } from './counts.ts';
import { type Around, openDispatch, type Strike } from './dispatch.ts';
import { type FaultOptions, type Faults, openFaults } from './faults.ts';
import { openGuard, type Refusal } from './guard.ts';
import { openLedger } from './message-ledger.ts';
import type { Need } from './operations.ts';
import { openPutNotices } from './put-notices.ts';
import { type DelayedDelivery, openQueueService } from './queue-service.ts';
import type { Policies } from './roles.ts';
import { openTopicService, type Published } from './topic-service.ts';

export interface ProxyOptions {
  readonly engines: EngineUrls;
  /** The stage's time. */
  readonly now: () => Milliseconds;
  readonly faults?: FaultOptions;
  /** Stands around what functions ask of DynamoDB. */
  readonly around?: Around;
  /** Ends the process of a function that a fault befalls; without it the call is only never answered. */
  readonly strike?: Strike;
  /** Folder of the journals of queues and objects; without it both are lost when the process ends. */
  readonly dataDir?: string;
  /** Receives delayed messages to deliver by the stage's clock; without it the machine's clock delays them. */
  readonly onDelayed?: (delivery: DelayedDelivery) => void;
  /** Receives what functions tell topics. */
  readonly onPublished?: (published: Published) => void;
  /** Receives what should not happen; the caller gets an internal error from its service. */
  readonly onFailure?: (failure: unknown) => void;
}

/**
 * One address in the place of DynamoDB, SQS and S3, for functions (known by their access key id, see `accessKeyIdOf`)
 * and for the stage itself (`stageAccessKeyId`, which is never refused or disturbed).
 */
export interface StageProxy {
  /** The endpoint for all three services, and the origin of queue URLs. */
  readonly url: string;
  /**
   * Learns policies, queues and what buckets tell them, and gives the engines what an earlier stage accepted. Call it once, when the
   * resources exist; until then functions are strangers.
   */
  use(policies: Policies, queues: readonly QueueSettings[], notices: readonly BucketNotice[]): Promise<void>;
  readonly faults: Faults;
  /** What functions told topics, the latest thousand. */
  readonly published: readonly Published[];
  readonly refusals: readonly Refusal[];
  /** What each function was allowed, as `action resource`, each once. */
  calls(): Readonly<Record<string, readonly string[]>>;
  counts(): Counts;
  /** Decides a call that does not pass here (a secret), with the same records. False for an unknown key. */
  allows(accessKeyId: string, need: Need): Promise<boolean>;
  /** Ends every connection. What was acknowledged is in the journals. */
  close(): Promise<void>;
}

/** Starts the proxy on a free port of loopback. Throws `stage/journal-damaged`. */
export async function startProxy(options: ProxyOptions): Promise<StageProxy> {
  const folder = (name: string) => (options.dataDir === undefined ? undefined : join(options.dataDir, name));
  const dynamodb = openExchange(options.engines.dynamodb);
  const engine = openExchange(options.engines.queues);
  const ledger = openLedger(folder('messages.ndjson'));
  const topics = openTopicService((one) => options.onPublished?.(one));
  const guard = openGuard();
  const faults = openFaults(options.faults);
  const counter = openCounter();

  const server = createServer({ keepAliveTimeout: 120_000 });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const url = `http://127.0.0.1:${port}`;

  const { now, onDelayed, around, strike = () => {} } = options;
  const queues = openQueueService({ exchange: engine, origin: url, now, ledger, onDelayed });
  const notices = openPutNotices(now, async (queueArn, text) => {
    const name = queueArn.slice(queueArn.lastIndexOf(':') + 1);
    const body = { QueueUrl: `${url}/${stageAccount}/${name}`, MessageBody: text };
    const answer = await queues.handle('SendMessage', body, () => false);
    if (answer.status >= 300) throw new Error(`the engine took no notice of an object: status ${answer.status}`);
  });
  const buckets = openBucketService(engine, folder('objects'), notices);
  const { count } = counter;
  const dispatch = openDispatch({ dynamodb, engine, queues, buckets, topics, guard, faults, count, around, strike });

  server.on('request', (request, response) => {
    serve(request, response, dispatch).catch((failure: unknown) => {
      options.onFailure?.(failure);
      // The SDK treats an internal error as one worth another try, as it would treat AWS's own.
      const message = 'the stage failed';
      write(request, response, failureAnswer('dynamodb', { status: 500, code: 'InternalServerError', message }));
    });
  });
  return {
    url,
    use: async (policies, settings, told) => {
      guard.use(policies);
      await buckets.restore();
      await queues.restore(settings);
      notices.use(told);
    },
    faults,
    published: topics.published,
    refusals: guard.refusals,
    calls: guard.calls,
    counts: counter.counts,
    allows: async (accessKeyId, need) => {
      const caller = guard.callerOf(accessKeyId);
      return caller !== undefined && (await guard.refuses(caller, [need])) === undefined;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      dynamodb.close();
      engine.close();
      buckets.close();
      ledger.close();
    },
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  dispatch: ReturnType<typeof openDispatch>,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const answer = await dispatch({
    method: request.method ?? 'GET',
    path: request.url ?? '/',
    headers: request.headers,
    body: Buffer.concat(chunks),
    gone: () => response.destroyed,
  });
  if (answer === 'silence') return;
  if (answer === 'reset') request.socket.destroy();
  else write(request, response, answer);
}

function write(request: IncomingMessage, response: ServerResponse, answer: EngineAnswer): void {
  if (response.destroyed || response.headersSent) return;
  const headers: OutgoingHttpHeaders = { ...answer.headers };
  delete headers.connection;
  delete headers['keep-alive'];
  delete headers['transfer-encoding'];
  // The length that a HEAD answers is the object's, not its own.
  if (request.method !== 'HEAD') headers['content-length'] = answer.body.byteLength;
  response.writeHead(answer.status, headers);
  response.end(answer.body);
}
