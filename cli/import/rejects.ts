import { createWriteStream, type WriteStream } from 'node:fs';
import type { OpenedFile } from '../../lib/connectors/files/open-file.ts';
import { TributaryError } from '../../lib/domain/errors.ts';

/** A row that was not taken, as it was. */
export interface RejectedRow {
  readonly line: number;
  readonly raw: string;
  readonly code: string;
  readonly reason: string;
}

/** Rows that were not taken for one reason. */
export interface ReasonCount {
  readonly code: string;
  readonly reason: string;
  readonly rows: number;
  /** The first of them. */
  readonly lines: readonly number[];
}

const LINES_NAMED = 5;

/** Counts rows that are not taken by reason and, where a file is named for them, writes each down as it was. */
export function openRejects(path: string | undefined, from: OpenedFile) {
  const counts = new Map<string, { code: string; reason: string; rows: number; lines: number[] }>();
  let stream: WriteStream | undefined;
  let failure: Error | undefined;
  let total = 0;

  function begin(file: string): WriteStream {
    // Rows of people: for the eyes of whoever imports.
    const opened = createWriteStream(file, { mode: 0o600 });
    opened.on('error', (error) => {
      failure = error;
    });
    const { csv, header } = from;
    if (csv !== undefined) {
      opened.write(`${['rejected_line', 'rejected_code', 'rejected_reason', header].join(csv.delimiter)}\n`);
    }
    return opened;
  }

  return {
    total: () => total,
    async add({ line, raw, code, reason }: RejectedRow): Promise<void> {
      total += 1;
      const key = `${code}\n${reason}`;
      const count = counts.get(key) ?? { code, reason, rows: 0, lines: [] };
      counts.set(key, count);
      count.rows += 1;
      if (count.lines.length < LINES_NAMED) count.lines.push(line);
      if (path === undefined) return;
      stream ??= begin(path);
      if (failure !== undefined) throw cannotWrite(path, failure);
      if (!stream.write(`${lineOf(from, { line, raw, code, reason })}\n`)) await drained(stream);
    },
    /** What was not taken, by reason, the most frequent first. */
    async end(): Promise<readonly ReasonCount[]> {
      const opened = stream;
      if (opened !== undefined && path !== undefined) {
        await new Promise<void>((resolve) => opened.once('close', resolve).end());
        if (failure !== undefined) throw cannotWrite(path, failure);
      }
      return [...counts.values()].sort((a, b) => b.rows - a.rows);
    },
  };
}

export type Rejects = ReturnType<typeof openRejects>;

/** The row as it was behind why it was not taken: put right, the file can be imported as it stands. */
function lineOf({ form, csv }: OpenedFile, { line, raw, code, reason }: RejectedRow): string {
  if (csv === undefined) {
    const row: unknown = form === 'ndjson' && code === 'import/not-an-object' ? raw : JSON.parse(raw);
    return JSON.stringify({ line, code, reason, row });
  }
  const { delimiter, quote } = csv;
  const quoted = `${quote}${reason.replaceAll(quote, quote + quote)}${quote}`;
  return [line, code, quoted, raw].join(delimiter);
}

function drained(stream: WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.once('drain', resolve);
    stream.once('error', () => resolve());
  });
}

function cannotWrite(path: string, cause: Error): TributaryError {
  return new TributaryError('config', 'cli/cannot-write', `${path} cannot be written`, { cause });
}
