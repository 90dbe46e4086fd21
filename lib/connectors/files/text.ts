import { isUtf8 } from 'node:buffer';
import { TributaryError } from '../../domain/errors.ts';

/** Lines that were read together, without their ends; `first` is the number of the first, counted from 1. */
export interface TextLines {
  readonly first: number;
  readonly texts: readonly string[];
}

const NEWLINE = 0x0a;
/** Of a line that is being read: longer ones are no line of a file that anybody wrote. */
const MOST_BYTES_IN_LINE = 8_000_000;

/**
 * Decodes UTF-8, a byte order mark taken off, and cuts it into lines. Throws `import/not-utf8` with the number of the
 * first line that is none, and `import/line-too-long`.
 */
export async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<TextLines> {
  let first = 1;
  let held: Buffer[] = [];
  let length = 0;
  for await (const chunk of bytes) {
    const part = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const end = part.lastIndexOf(NEWLINE) + 1;
    if (end === 0) {
      held.push(part);
      length += part.length;
      if (length > MOST_BYTES_IN_LINE) throw tooLong(first);
      continue;
    }
    const texts = cut(Buffer.concat([...held, part.subarray(0, end)]), first);
    texts.pop();
    yield { first, texts };
    first += texts.length;
    held = [part.subarray(end)];
    length = part.length - end;
  }
  const rest = Buffer.concat(held);
  if (rest.length > 0) yield { first, texts: cut(rest, first) };
}

/** Whole lines of bytes as texts. No character of UTF-8 has the byte of a newline in it. */
function cut(bytes: Buffer, first: number): string[] {
  if (first === 1) refuseUtf16(bytes);
  if (!isUtf8(bytes)) throw notUtf8(bytes, first);
  const text = bytes.toString('utf8');
  const clean = first === 1 && text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  return clean.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
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
