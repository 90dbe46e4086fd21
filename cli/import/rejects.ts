import type { WriteStream } from 'node:fs';
import type { OpenFile, RejectedRow } from '../../lib/connectors/row-file.ts';
import { cannotWrite, type OutputFile, openOutput } from '../output-file.ts';

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
export async function openRejects(path: string | undefined, { rejects }: OpenFile) {
  // Rows of people: for the eyes of whoever imports.
  const output = path === undefined ? undefined : await openOutput(path, { forOwner: true });
  const counts = new Map<string, { code: string; reason: string; rows: number; lines: number[] }>();
  let stream: WriteStream | undefined;
  let failure: Error | undefined;
  let total = 0;

  async function begin(file: OutputFile): Promise<WriteStream> {
    const opened = await file.begin();
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
      if (path === undefined || output === undefined) return;
      stream ??= await begin(output);
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

export type Rejects = Awaited<ReturnType<typeof openRejects>>;

function drained(stream: WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.once('drain', resolve);
    stream.once('error', () => resolve());
  });
}
