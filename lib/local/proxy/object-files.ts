import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { OutgoingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import type { JsonObject } from '../../domain/json.ts';
import { objectAt, textAt } from '../engines/template.ts';
import { openJournal } from './journal.ts';

/** An object as it was put. */
export interface KeptObject {
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly read: () => Promise<Buffer>;
}

/** Objects on disk. */
export interface ObjectFiles {
  readonly objects: () => readonly KeptObject[];
  put(bucket: string, key: string, path: string, headers: JsonObject, body: Buffer): void;
  remove(bucket: string, key: string): void;
  close(): void;
}

/**
 * Opens a folder that keeps every object in a file of its own, and in a journal which file that is.
 * A put or removal survives the end of this process when its call has returned. Throws `stage/journal-damaged`.
 */
export function openObjectFiles(folder: string): ObjectFiles {
  const bodies = join(folder, 'bodies');
  mkdirSync(bodies, { recursive: true });
  const journal = openJournal(join(folder, 'objects.ndjson'));
  const entries = new Map<string, JsonObject>();
  for (const entry of journal.entries) {
    const object = `${textAt(entry, 'bucket')}/${textAt(entry, 'key')}`;
    if (entry.op === 'put') entries.set(object, entry);
    else entries.delete(object);
  }
  journal.rewrite([...entries.values()]);
  const named = new Set([...entries.values()].map((entry) => textAt(entry, 'file')));
  for (const file of readdirSync(bodies)) if (!named.has(file)) unlinkSync(join(bodies, file));

  const replace = (object: string, entry: JsonObject | undefined) => {
    const before = entries.get(object);
    if (entry === undefined) entries.delete(object);
    else entries.set(object, entry);
    if (before !== undefined) unlinkSync(join(bodies, textAt(before, 'file') ?? ''));
  };
  return {
    objects: () =>
      [...entries.values()].map((entry) => ({
        path: textAt(entry, 'path') ?? '',
        headers: objectAt(entry, 'headers') as OutgoingHttpHeaders,
        read: () => readFile(join(bodies, textAt(entry, 'file') ?? '')),
      })),
    put: (bucket, key, path, headers, body) => {
      const file = randomUUID();
      writeFileSync(join(bodies, `${file}.part`), body);
      renameSync(join(bodies, `${file}.part`), join(bodies, file));
      const entry = { op: 'put', bucket, key, path, file, headers };
      journal.append(entry);
      replace(`${bucket}/${key}`, entry);
    },
    remove: (bucket, key) => {
      if (!entries.has(`${bucket}/${key}`)) return;
      journal.append({ op: 'removed', bucket, key });
      replace(`${bucket}/${key}`, undefined);
    },
    close: () => journal.close(),
  };
}
