import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { TributaryError } from '../../domain/errors.ts';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';

/** A file of JSON lines that only grows, written before anything is acknowledged. */
export interface Journal {
  /** The entries that were there when the journal was opened. */
  readonly entries: readonly JsonObject[];
  /** Writes one entry; when it returns, the entry survives the end of this process. */
  append(entry: JsonObject): void;
  /** Replaces everything by these entries at once: the file is the old one or the new one, never a mixture. */
  rewrite(entries: readonly JsonObject[]): void;
  close(): void;
}

/**
 * Opens a journal, making the file if there is none. A last line that a kill has cut short was never acknowledged and
 * is dropped. Throws `stage/journal-damaged` when another line cannot be read.
 */
export function openJournal(file: string): Journal {
  mkdirSync(dirname(file), { recursive: true });
  const entries = existsSync(file) ? readEntries(file) : [];
  let descriptor = replace(file, entries);
  return {
    entries,
    append: (entry) => {
      writeSync(descriptor, `${JSON.stringify(entry)}\n`);
    },
    rewrite: (replacement) => {
      closeSync(descriptor);
      descriptor = replace(file, replacement);
    },
    close: () => closeSync(descriptor),
  };
}

function replace(file: string, entries: readonly JsonObject[]): number {
  const next = openSync(`${file}.next`, 'w');
  for (const entry of entries) writeSync(next, `${JSON.stringify(entry)}\n`);
  renameSync(`${file}.next`, file);
  return next;
}

function readEntries(file: string): JsonObject[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  // What follows the last line break is empty, or was being written when the process ended.
  lines.pop();
  return lines.map((line, index) => {
    const entry = parse(line);
    if (isJsonObject(entry)) return entry;
    throw new TributaryError(
      'config',
      'stage/journal-damaged',
      `line ${index + 1} of ${file} is no entry: start with a new --data folder, or remove the line`,
    );
  });
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
