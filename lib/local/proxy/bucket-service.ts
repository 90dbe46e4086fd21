import type { OutgoingHttpHeaders } from 'node:http';
import type { JsonObject } from '../../domain/json.ts';
import type { EngineAnswer, EngineRequest, Exchange } from '../engines/exchange.ts';
import { failureAnswer } from './answers.ts';
import { type BucketRequest, keysToDelete } from './bucket-request.ts';
import { openObjectFiles } from './object-files.ts';
import type { PutNotices } from './put-notices.ts';

/** S3 as functions see it: the engine's buckets, with conditional puts, and kept on disk when there is a folder. */
export interface BucketService {
  /** Gives the engine what an earlier stage accepted. Buckets must exist. */
  restore(): Promise<void>;
  handle(request: BucketRequest, sent: EngineRequest): Promise<EngineAnswer>;
  close(): void;
}

/** The headers that make the object what it is; the rest belongs to the request. */
const objectHeaders = /^(?:content-type|content-encoding|x-amz-decoded-content-length|x-amz-meta-.*)$/;

/** Opens the service; `folder` keeps a journal and a file for each object. Throws `stage/journal-damaged`. */
export function openBucketService(exchange: Exchange, folder: string | undefined, notices: PutNotices): BucketService {
  const store = folder === undefined ? undefined : openObjectFiles(folder);
  const turns = new Map<string, Promise<unknown>>();

  /** A condition and the write after it must not be parted by another write of the same object. */
  const inTurn = <Result>(object: string, work: () => Promise<Result>): Promise<Result> => {
    const before = turns.get(object) ?? Promise.resolve();
    const result = before.then(work, work);
    const done = result.then(noop, noop).then(() => {
      if (turns.get(object) === done) turns.delete(object);
    });
    turns.set(object, done);
    return result;
  };

  const put = async (request: BucketRequest, sent: EngineRequest): Promise<EngineAnswer> => {
    const failure = await failedCondition(exchange, sent);
    if (failure !== undefined) return failure;
    const answer = await exchange.send(sent);
    if (answer.status >= 300) return answer;
    const { bucket, key, operation } = request;
    if (store !== undefined && operation === 'PutObject') {
      store.put(bucket, key, pathOf(sent), keptHeaders(sent.headers), sent.body);
    } else if (store !== undefined) {
      const copy = await exchange.send(bare('GET', pathOf(sent)));
      store.put(bucket, key, pathOf(sent), keptHeaders(copy.headers), copy.body);
    }
    if (!notices.concerns(bucket, key)) return answer;
    // What was sent may be in chunks, with sums between them: the engine knows what came of it.
    const { headers } = await exchange.send(bare('HEAD', pathOf(sent)));
    const bytes = Number(headers['content-length']);
    const how = operation === 'CopyObject' ? operation : 'PutObject';
    await notices.tell({ bucket, key, bytes, tag: unquoted(headers.etag), operation: how });
    return answer;
  };

  return {
    restore: async () => {
      for (const object of store?.objects() ?? []) {
        const body = await object.read();
        await exchange.send({ method: 'PUT', path: object.path, headers: object.headers, body });
      }
    },
    handle: (request, sent) => {
      const { bucket, key } = request;
      switch (request.operation) {
        case 'PutObject':
        case 'CopyObject':
          return inTurn(`${bucket}/${key}`, () => put(request, sent));
        case 'DeleteObject':
        case 'DeleteObjects':
          return inTurn(`${bucket}/${key}`, async () => {
            const answer = await exchange.send(sent);
            const keys = request.operation === 'DeleteObject' ? [key] : keysToDelete(sent.body);
            if (answer.status < 300) for (const each of keys) store?.remove(bucket, each);
            return answer;
          });
        default:
          return exchange.send(sent);
      }
    },
    close: () => store?.close(),
  };
}

/** Conditional writes (S3 user guide, "Conditional requests"), which the engine ignores. */
async function failedCondition(exchange: Exchange, sent: EngineRequest): Promise<EngineAnswer | undefined> {
  const absent = sent.headers['if-none-match'] !== undefined;
  const match = sent.headers['if-match'];
  if (!absent && match === undefined) return undefined;
  const found = await exchange.send(bare('HEAD', pathOf(sent)));
  const exists = found.status < 300;
  if (absent ? !exists : exists && unquoted(match) === unquoted(found.headers.etag)) return undefined;
  if (!absent && !exists) {
    return failureAnswer('s3', { status: 404, code: 'NoSuchKey', message: 'The specified key does not exist.' });
  }
  return failureAnswer('s3', {
    status: 412,
    code: 'PreconditionFailed',
    message: 'At least one of the pre-conditions you specified did not hold',
  });
}

function keptHeaders(headers: OutgoingHttpHeaders): JsonObject {
  const kept = Object.entries(headers).filter(([name, value]) => objectHeaders.test(name) && value !== undefined);
  return Object.fromEntries(kept.map(([name, value]) => [name, String(value)]));
}

function pathOf(sent: EngineRequest): string {
  return sent.path.split('?')[0] ?? sent.path;
}

function bare(method: string, path: string): EngineRequest {
  return { method, path, headers: {}, body: Buffer.alloc(0) };
}

function unquoted(tag: unknown): string {
  return String(tag).replaceAll('"', '');
}

function noop(): void {}
