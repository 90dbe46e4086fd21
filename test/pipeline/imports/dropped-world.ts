import { createHash } from 'node:crypto';
import { openFile } from '../../../lib/connectors/files/open-file.ts';
import { connectors } from '../../../lib/connectors/registry.ts';
import type { Definitions } from '../../../lib/domain/definitions.ts';
import { TributaryError } from '../../../lib/domain/errors.ts';
import type { Json, JsonObject } from '../../../lib/domain/json.ts';
import type { ImportRun } from '../../../lib/pipeline/imports/drop-run.ts';
import { takeDropped } from '../../../lib/pipeline/imports/take-dropped.ts';
import type { PlainObjects, QueueMessage } from '../../../lib/pipeline/ports.ts';
import { openHandClock, openMemoryArchive, openMemoryQueue, openMemoryState } from '../memory-state.ts';
import { NOW, definitions as world } from '../world.ts';

export const BUCKET = 'archive';
export const AT = '2026-11-20T00:00:00.000Z';

const connection = { streams: {}, webhook: false, quotaShare: 0.3 };

/** A bucket that files are dropped in, and everything that takes them, in memory. `fate` may end the worker anywhere. */
export function openDroppedWorld(mapping: JsonObject, fate: () => void = () => {}) {
  const settings: { mapping: JsonObject } = { mapping };
  const objects = new Map<string, Buffer>();
  const alive = <T>(work: () => Promise<T>): Promise<T> => {
    fate();
    return work();
  };
  const known = ({ key, tag }: { readonly key: string; readonly tag: string }): Buffer => {
    const bytes = objects.get(key);
    if (bytes === undefined) throw new TributaryError('rejected', 'import/file-gone', 'gone');
    if (tagOf(bytes) !== tag) throw new TributaryError('rejected', 'import/file-replaced', 'replaced');
    return bytes;
  };
  const files: PlainObjects = {
    async *bytes(object, from = 0) {
      fate();
      const bytes = known(object);
      for (let at = from; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
    },
    slice: (object, start, end) => alive(async () => new Uint8Array(known(object).subarray(start, end)).buffer),
    whole: async (key) => objects.get(key),
    put: (key, bytes) => alive(async () => void objects.set(key, Buffer.from(bytes))),
  };
  const state = openMemoryState();
  const archive = openMemoryArchive();
  const [changes, imports] = [openMemoryQueue(), openMemoryQueue()];
  const clock = openHandClock(NOW);
  const told: string[] = [];
  const logs: string[] = [];
  const deps = {
    state: { ...state, put: (...write: Parameters<typeof state.put>) => alive(() => state.put(...write)) },
    archive: { ...archive, put: (key: string, lines: readonly unknown[]) => alive(() => archive.put(key, lines)) },
    changes: { ...changes, send: (...sent: Parameters<typeof changes.send>) => alive(() => changes.send(...sent)) },
    imports,
    files,
    openFile,
    clock,
    connectors,
    bucket: BUCKET,
    workspace: 'acme',
    notify: async ({ subject, text }: { readonly subject: string; readonly text: string }) =>
      void told.push(`${subject}\n${text}`),
    log: (message: string, fields?: object) => void logs.push(JSON.stringify({ message, ...fields })),
    definitions: async (): Promise<Definitions> => ({
      ...world,
      connections: {
        fair: { ...connection, name: 'fair', connector: 'files', config: settings },
        analytics: { ...connection, name: 'analytics', connector: 'google-analytics', config: {} },
      },
    }),
  };
  const take = takeDropped(deps);
  let puts = 0;
  return {
    ...deps,
    settings,
    objects,
    told,
    logs,
    take,
    /** What the queue of files holds, for a worker of the test's own. */
    taken: () => imports.take(),
    sent: () => changes.take().map(({ body }) => body as JsonObject),
    /** Puts an object and returns what S3 tells of it. */
    drop(key: string, content: string | Buffer): Json {
      const bytes = Buffer.from(content);
      objects.set(key, bytes);
      puts += 1;
      return { Records: [noticeOf(key, bytes, puts)] };
    },
    /** Works as Lambda does, until nothing is left to do: one message at a time, each with its time. */
    async finish(message: Json, signal = new AbortController().signal): Promise<number> {
      let rounds = 0;
      let waiting: QueueMessage[] = [{ body: message }];
      for (; waiting.length > 0; waiting = imports.take()) {
        for (const { body, delaySeconds = 0 } of waiting) {
          rounds += 1;
          clock.pass(delaySeconds * 1_000);
          await take(body, signal);
        }
      }
      return rounds;
    },
    async runs(): Promise<ImportRun[]> {
      return (await state.list('run', { most: 100 })).map(({ body }) => body as unknown as ImportRun);
    },
    /** Without when: a worker that died and began again says another instant. */
    async quarantined(): Promise<JsonObject[]> {
      const found: JsonObject[] = [];
      for await (const page of state.all('quarantine#fair')) {
        for (const { body } of page) {
          const { at: _, ...rest } = body;
          found.push(rest);
        }
      }
      return found;
    },
  };
}

export function noticeOf(key: string, bytes: Buffer, order: number, bucket = BUCKET): JsonObject {
  return {
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    awsRegion: 'eu-central-1',
    eventTime: AT,
    eventName: 'ObjectCreated:Put',
    s3: {
      bucket: { name: bucket, arn: `arn:aws:s3:::${bucket}` },
      object: {
        key: encodeURIComponent(key).replaceAll('%2F', '/').replaceAll('%20', '+'),
        size: bytes.length,
        eTag: tagOf(bytes),
        sequencer: order.toString(16).padStart(18, '0'),
      },
    },
  };
}

function tagOf(bytes: Buffer): string {
  return createHash('md5').update(bytes).digest('hex');
}
