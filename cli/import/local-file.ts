import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { FileAccess } from '../../lib/connectors/row-file.ts';
import { TributaryError } from '../../lib/domain/errors.ts';

/** A file on this machine. */
export interface LocalFile extends FileAccess {
  /** When it was last written, RFC 3339. */
  readonly writtenAt: string;
  /** Bytes that the latest reading from the beginning has come to. */
  read(): number;
  /** SHA-256 of all of it. */
  hash(): Promise<string>;
  close(): Promise<void>;
}

/** Opens a file; it is read in small parts and never held. Throws `cli/no-such-file`. */
export async function openLocalFile(path: string): Promise<LocalFile> {
  const { handle, size, writtenAt } = await openHandle(path);
  let read = 0;

  async function* bytes(start = 0): AsyncGenerator<Uint8Array> {
    read = start;
    for await (const chunk of createReadStream(path, { start, highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>) {
      read += chunk.length;
      yield chunk;
    }
  }
  return {
    byteLength: size,
    writtenAt,
    bytes,
    read: () => read,
    async slice(start, end = size) {
      const part = new Uint8Array(Math.max(0, Math.min(end, size) - start));
      await handle.read(part, 0, part.length, start);
      return part.buffer;
    },
    async hash() {
      const sum = createHash('sha256');
      for await (const chunk of bytes()) sum.update(chunk);
      return sum.digest('hex');
    },
    close: () => handle.close(),
  };
}

async function openHandle(path: string): Promise<{ handle: FileHandle; size: number; writtenAt: string }> {
  try {
    const handle = await open(path, 'r');
    const stat = await handle.stat();
    if (stat.isFile()) return { handle, size: stat.size, writtenAt: stat.mtime.toISOString() };
    await handle.close();
  } catch (cause) {
    throw new TributaryError('config', 'cli/no-such-file', `there is no file ${path}`, { cause });
  }
  throw new TributaryError('config', 'cli/no-such-file', `${path} is no file`);
}
