import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { TributaryError } from '../lib/domain/errors.ts';
import { wrongUsage } from './failure.ts';

/** Lines of a file that were read together; `first` is the number of the first of them, counted from 1. */
export interface Lines {
  readonly first: number;
  readonly texts: readonly string[];
  /** Bytes read so far. */
  readonly read: number;
}

/** A file of lines, or the standard input. */
export interface LineSource {
  /** Bytes of the whole file; undefined for the standard input. */
  readonly size: number | undefined;
  batches(): AsyncIterable<Lines>;
}

const CHUNK = 256 * 1024;
/** Large enough that handing it to another thread costs nothing beside the work on it. */
const PIECE = 1024 * 1024;
const NEWLINE = 0x0a;

/** Opens a file, or `-`. Throws TributaryError `cli/no-such-file`. A byte order mark is taken off. */
export async function openLines(path: string): Promise<LineSource> {
  if (path === '-') return { size: undefined, batches: () => readLines(process.stdin) };
  const size = await sizeOf(path);
  return { size, batches: () => readLines(createReadStream(path, { highWaterMark: CHUNK })) };
}

/** A file in pieces of whole lines, or the standard input. */
export interface PieceSource {
  /** Bytes of the whole file; undefined for the standard input. */
  readonly size: number | undefined;
  /** Bytes read so far. */
  read(): number;
  /** Pieces that end with their last line, each in memory of its own. */
  pieces(): AsyncIterable<Uint8Array>;
}

/** Opens a file, or `-`. Throws TributaryError `cli/no-such-file`. A byte order mark is taken off. */
export async function openPieces(path: string): Promise<PieceSource> {
  const size = path === '-' ? undefined : await sizeOf(path);
  const stream = size === undefined ? process.stdin : createReadStream(path, { highWaterMark: CHUNK });
  let read = 0;

  async function* pieces(): AsyncGenerator<Uint8Array> {
    let held: Buffer[] = [];
    let length = 0;
    let from = 0;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (read < 3 && chunk.indexOf('\ufeff') === 0) from = 3;
      read += chunk.length;
      const end = chunk.lastIndexOf(NEWLINE) + 1;
      if (end === 0 || length + end < PIECE) {
        held.push(from > 0 ? chunk.subarray(from) : chunk);
        length += chunk.length - from;
      } else {
        held.push(chunk.subarray(from, end));
        yield gather(held);
        held = [chunk.subarray(end)];
        length = chunk.length - end;
      }
      from = 0;
    }
    if (length > 0) yield gather(held);
  }

  return { size, read: () => read, pieces };
}

/** One piece of memory that can be given away. */
function gather(parts: readonly Buffer[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

async function* readLines(source: Readable): AsyncGenerator<Lines> {
  let first = 1;
  let rest = '';
  let read = 0;
  source.on('data', (chunk: Buffer | string) => {
    read += chunk.length;
  });
  source.setEncoding('utf8');
  for await (const chunk of source as AsyncIterable<string>) {
    const texts = (rest + chunk).split('\n');
    if (first === 1 && texts[0]?.charCodeAt(0) === 0xfeff) texts[0] = texts[0].slice(1);
    rest = texts.pop() ?? '';
    if (texts.length === 0) continue;
    yield { first, texts, read };
    first += texts.length;
  }
  if (rest !== '') yield { first, texts: [first === 1 && rest.charCodeAt(0) === 0xfeff ? rest.slice(1) : rest], read };
}

/** Size of a readable file. Throws TributaryError `cli/no-such-file`, also for a folder. */
export async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new TributaryError('config', 'cli/no-such-file', `there is no file ${path}`, { cause });
  });
  if (!found.isDirectory()) return found.size;
  throw new TributaryError('config', 'cli/no-such-file', `${path} is a folder, expected a file`);
}

/** Throws `cli/bad-usage` for what is no folder. */
export async function expectFolder(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw wrongUsage(`there is no folder ${path}`);
  if (!found.isDirectory()) throw wrongUsage(`${path} is a file, expected a folder`);
}

/** Writes lines in large pieces and waits while the reader is slow. */
export function openLineWriter(stream: NodeJS.WritableStream) {
  let held: string[] = [];
  let length = 0;

  async function flush(): Promise<void> {
    if (held.length === 0) return;
    const text = `${held.join('\n')}\n`;
    held = [];
    length = 0;
    if (!stream.write(text)) await new Promise((resolve) => stream.once('drain', resolve));
  }

  return {
    flush,
    /** Resolves at once unless a piece is full. */
    write(line: string): Promise<void> | undefined {
      held.push(line);
      length += line.length;
      return length < CHUNK ? undefined : flush();
    },
  };
}

/** A line as JSON; undefined is never a result of JSON, so it stands for a line that is none. */
export function parseLine(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // The caller names the line and goes on with the next one.
  }
}

/** Tells about a line that cannot be used. */
export function reportLine(err: NodeJS.WritableStream, line: number, code: string, reason: string): void {
  err.write(`${JSON.stringify({ line, code, reason })}\n`);
}
