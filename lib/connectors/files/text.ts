import { isUtf8 } from 'node:buffer';
import { TributaryError } from '../../domain/errors.ts';
import type { RowPlace } from '../row-file.ts';

/** Lines that were read together, without their ends. */
export interface TextLines {
  /** The number of the first, counted from 1. */
  readonly first: number;
  readonly texts: readonly string[];
  /** The byte of the text at which each of them begins. */
  readonly starts: readonly number[];
}

export const BEGINNING: RowPlace = { at: 0, line: 1 };

const NEWLINE = 0x0a;
/** Of a line that is being read: longer ones are no line of a file that anybody wrote. */
const MOST_BYTES_IN_LINE = 8_000_000;

/**
 * Decodes UTF-8, a byte order mark taken off, and cuts it into lines; `from` = where the bytes begin. Throws
 * `import/not-utf8` with the number of the first line that is none, and `import/line-too-long`.
 */
export async function* linesOf(bytes: AsyncIterable<Uint8Array>, from = BEGINNING): AsyncGenerator<TextLines> {
  let { at, line } = from;
  let held: Buffer[] = [];
  let length = 0;
  for await (const chunk of bytes) {
    const part = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const end = part.lastIndexOf(NEWLINE) + 1;
    if (end === 0) {
      held.push(part);
      length += part.length;
      if (length > MOST_BYTES_IN_LINE) throw tooLong(line);
      continue;
    }
    const whole = Buffer.concat([...held, part.subarray(0, end)]);
    const lines = cut(whole, { at, line });
    yield lines;
    at += whole.length;
    line += lines.texts.length;
    held = [part.subarray(end)];
    length = part.length - end;
  }
  const rest = Buffer.concat(held);
  if (rest.length > 0) yield cut(rest, { at, line });
}

/** Bytes as lines. No character of UTF-8 has the byte of a newline in it. */
function cut(bytes: Buffer, { at, line }: RowPlace): TextLines {
  if (line === 1) refuseUtf16(bytes);
  if (!isUtf8(bytes)) throw notUtf8(bytes, line);
  const starts: number[] = [];
  for (let start = 0; start < bytes.length; ) {
    starts.push(at + start);
    const end = bytes.indexOf(NEWLINE, start);
    start = end === -1 ? bytes.length : end + 1;
  }
  const text = bytes.toString('utf8');
  const clean = line === 1 && text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  const texts = clean.split('\n', starts.length);
  return { first: line, starts, texts: texts.map((one) => (one.endsWith('\r') ? one.slice(0, -1) : one)) };
}

function notUtf8(bytes: Buffer, first: number): TributaryError {
  let line = first;
  for (let from = 0; from < bytes.length; line += 1) {
    const end = bytes.indexOf(NEWLINE, from);
    const to = end === -1 ? bytes.length : end;
    if (!isUtf8(bytes.subarray(from, to))) break;
    from = to + 1;
  }
  const message = `line ${line} is not UTF-8; save the file as UTF-8 (in a spreadsheet: "CSV UTF-8")`;
  return new TributaryError('rejected', 'import/not-utf8', message);
}

function refuseUtf16(bytes: Buffer): void {
  const mark = bytes.subarray(0, 2).toString('hex');
  if (mark !== 'fffe' && mark !== 'feff') return;
  const message = 'line 1 is UTF-16, not UTF-8; save the file as UTF-8 (in a spreadsheet: "CSV UTF-8")';
  throw new TributaryError('rejected', 'import/not-utf8', message);
}

function tooLong(line: number): TributaryError {
  const message = `line ${line} has over ${MOST_BYTES_IN_LINE} bytes; expected a record on each line`;
  return new TributaryError('rejected', 'import/line-too-long', message);
}
