import { createWriteStream, type WriteStream } from 'node:fs';
import type { OpenFile, RejectedRow } from '../../lib/connectors/row-file.ts';
import { TributaryError } from '../../lib/domain/errors.ts';

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
export function openRejects(path: string | undefined, { rejects }: OpenFile) {
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
    if (rejects.header !== undefined) opened.write(`${rejects.header}\n`);
    return opened;
  }

  return {
    total: () => total,
    async add(row: RejectedRow): Promise<void> {
      const { line, code, reason } = row;
      total += 1;
      const key = `${code}\n${reason}`;
      const count = counts.get(key) ?? { code, reason, rows: 0, lines: [] };
      counts.set(key, count);
      count.rows += 1;
      if (count.lines.length < LINES_NAMED) count.lines.push(line);
      if (path === undefined) return;
      stream ??= begin(path);
      if (failure !== undefined) throw cannotWrite(path, failure);
      if (!stream.write(`${rejects.lineOf(row)}\n`)) await drained(stream);
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

function drained(stream: WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.once('drain', resolve);
    stream.once('error', () => resolve());
  });
}

function cannotWrite(path: string, cause: Error): TributaryError {
  return new TributaryError('config', 'cli/cannot-write', `${path} cannot be written`, { cause });
}
